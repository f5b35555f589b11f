using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Hosting.Logs;

/// <summary>
/// Writes to a file and tells readers; what the file does not take is kept in memory. One thread at a time, as every sink.
/// </summary>
/// <param name="file">Null: there is no directory, so that memory is all there is.</param>
/// <param name="memory">For lines that the file did not take.</param>
/// <param name="news">Told when lines are in the file.</param>
/// <param name="redactor">Cleans lines here, on the writer's thread; null: they come clean.</param>
public sealed class KeptSink(ILogSink? file, LogMemory memory, LogNews news, Redactor? redactor = null) : ILogSink
{
    private readonly List<LogLine> batch = [];

    public string Name => file?.Name ?? memory.Name;

    public string Place => file?.Place ?? "memory";

    public void Append(LogLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var clean = redactor is null ? line : line with { Text = redactor.Clean(line.Text) };
        batch.Add(clean);
        if (file is not null)
        {
            Guard(() => file.Append(clean));
        }
    }

    public void Flush()
    {
        if (file is null)
        {
            Keep();
            return;
        }

        Guard(file.Flush);
        batch.Clear();
        news.Tell();
    }

    public void Dispose() => file?.Dispose();

    private void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Keep();
            throw;
        }
    }

    private void Keep()
    {
        batch.ForEach(memory.Add);
        batch.Clear();
    }
}
