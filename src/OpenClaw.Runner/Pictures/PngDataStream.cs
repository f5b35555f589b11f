namespace OpenClaw.Runner.Pictures;

/// <summary>The data of consecutive IDAT chunks as one stream. At its end the reader stands on the chunk behind them.</summary>
internal sealed class PngDataStream(PngChunks chunks) : Stream
{
    private bool ended;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        while (!ended && chunks.Left == 0)
        {
            chunks.Next();
            ended = chunks.Type != PngFormat.Idat;
        }
        return ended ? 0 : chunks.Read(buffer);
    }

    /// <summary>Reads what the decompressor left, so that the reader stands behind the data whatever it needed of it.</summary>
    public void ToEnd()
    {
        Span<byte> rest = stackalloc byte[4096];
        while (Read(rest) > 0) { }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
