using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Shell;

/// <summary>
/// Standard output or error. What cannot be written (a full disk, a closed descriptor) is a failure with a code where it loses
/// results, and is let go where it loses words about them: then only the exit code is left to tell. After the first failure nothing
/// more is tried, so that the end of the program does not fail a second time.
/// </summary>
/// <param name="inner">The descriptor; null when it was closed before we began.</param>
/// <param name="losesResults">True for standard output.</param>
internal sealed class OutputStream(Stream? inner, bool losesResults) : Stream
{
    private const int BrokenPipe = 32;
    private bool failed;

    /// <summary>One that may not be there at all: the system refuses to give it.</summary>
    public static OutputStream Open(Func<Stream> open, bool losesResults)
    {
        try
        {
            return new(open(), losesResults);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(null, losesResults);
        }
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (failed || buffer.IsEmpty)
        {
            return;
        }

        try
        {
            if (inner is null)
            {
                throw new IOException("it is closed");
            }

            inner.Write(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && losesResults && (e.HResult & 0xFFFF) != BrokenPipe)
        {
            failed = true;
            // A descriptor that is closed, or open for reading alone, is reported as one without rights.
            var why = e is UnauthorizedAccessException ? "it is closed" : e.Message.TrimEnd('.');
            throw new Failure(Catalogue.OutputFailed, $"Standard output cannot be written: {why}").AsException(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !losesResults)
        {
            failed = true;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner?.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner?.Dispose();
        }

        base.Dispose(disposing);
    }
}
