using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>
/// A log file bounded in size: before it would grow beyond its limit it becomes <c>name.1</c>, the older ones move on,
/// the oldest is removed. A line is never split over two files. A file that somebody removed or moved is made anew.
/// A crash loses at most the lines that were not flushed; a line cut short by a full disk is ended before the next.
/// </summary>
public sealed class RotatingFileSink(string path, string component, long maxBytes, int keepFiles) : ILogSink
{
    private readonly MemoryStream pending = new();
    private FileStream? file;
    private bool torn;

    public string Name => Path.GetFileName(path);

    public string Place => path;

    /// <summary>Why a log file could not be written; null when it can. Makes the directory and the file, as the first line would.</summary>
    public static Failure? Check(string path)
    {
        try
        {
            using var probe = new RotatingFileSink(path, component: "", long.MaxValue, keepFiles: 1);
            _ = probe.Open();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Catalogue.LogUnwritable, $"{path} cannot be written: {e.Message}");
        }
    }

    public void Append(LogLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var bytes = Encoding.UTF8.GetBytes(line.ForFile(component) + "\n");
        // The whole batch goes to one file; a batch is bounded so that the limit holds.
        if (pending.Length > 0 && (file?.Length ?? 0) + pending.Length + bytes.Length > maxBytes)
        {
            Flush();
        }
        pending.Write(bytes);
    }

    public void Flush()
    {
        try
        {
            if (pending.Length == 0)
            {
                return;
            }
            var open = Open();
            if (open.Length > 0 && open.Length + pending.Length > maxBytes)
            {
                open = Rotate();
            }
            if (torn)
            {
                open.WriteByte((byte)'\n');
            }
            // Until the whole batch is down, the last line may be cut.
            torn = true;
            open.Write(pending.GetBuffer(), 0, (int)pending.Length);
            open.Flush();
            torn = false;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            pending.SetLength(0);
        }
    }

    public void Dispose() => file?.Dispose();

    private FileStream Open()
    {
        if (file is not null && File.Exists(path))
        {
            return file;
        }
        file?.Dispose();
        file = null;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }
        file = new(path, options);
        return file;
    }

    private FileStream Rotate()
    {
        file?.Dispose();
        file = null;
        // A crash between two renames leaves a gap in the numbers, which the next rotation closes.
        File.Delete($"{path}.{keepFiles}");
        for (var i = keepFiles - 1; i >= 1; i--)
        {
            if (File.Exists($"{path}.{i}"))
            {
                File.Move($"{path}.{i}", $"{path}.{i + 1}", overwrite: true);
            }
        }
        File.Move(path, $"{path}.1", overwrite: true);
        torn = false;
        return Open();
    }
}
