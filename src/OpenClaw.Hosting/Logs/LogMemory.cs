using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Logs;

/// <summary>
/// The last lines that no file took (the directory cannot be written, the disk is full), bounded in bytes: the oldest give way, and
/// whoever had not read them yet is told how many. Lost with the process. Thread-safe.
/// </summary>
public sealed class LogMemory : ILogSource
{
    /// <summary>What an entry costs beside its text, about.</summary>
    private const int EntryBytes = 96;

    private readonly Lock gate = new();
    private readonly Queue<LogRecord> lines = new();
    private readonly LogNews news = new();
    private readonly string segment;
    private readonly long maxBytes;
    private long bytes;
    private long added;

    /// <param name="name">Of the log that it stands in for.</param>
    /// <param name="component">Of the same.</param>
    /// <param name="maxBytes">Bytes of memory.</param>
    /// <param name="epoch">Different in each run of the program, so that a place of an earlier run is known as such.</param>
    public LogMemory(string name, string component, long maxBytes, string epoch)
    {
        Name = name;
        Component = component;
        this.maxBytes = maxBytes;
        segment = "m" + epoch;
    }

    public string Name { get; }

    public string Component { get; }

    public Task News => news.Next;

    /// <summary>Lines that were dropped for want of room, ever.</summary>
    public long Dropped
    {
        get
        {
            lock (gate)
            {
                return added - lines.Count;
            }
        }
    }

    public void Add(LogLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var text = line.Program is null ? LogText.SingleLine(line.Text) : line.ForConsole(Component);
        lock (gate)
        {
            lines.Enqueue(new(line.Severity, line.Time ?? default, line.Component ?? Component, text, new(segment, ++added)));
            bytes += BytesOf(text);
            while (bytes > maxBytes && lines.TryDequeue(out var oldest))
            {
                bytes -= BytesOf(oldest.Text);
            }
        }

        news.Tell();
    }

    public LogPage Read(LogRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        LogRecord[] kept;
        long total;
        lock (gate)
        {
            kept = [.. lines];
            total = added;
        }

        var first = total - kept.Length;
        var begin = request.From switch
        {
            null => 0,
            { } from when from.Segment == segment => Math.Max(0, from.Offset - first),
            _ => 0,
        };
        var missed = request.From is { } place && place.Segment == segment && place.Offset < first ? first - place.Offset : 0;
        var wanted = kept.Skip((int)begin).Where(l => request.Filter.Takes(l.Component, l.At, l.Text, Raw(l))).ToList();
        if (request is { From: null, Last: > 0 })
        {
            var enough = Math.Max(0, wanted.Count - request.Last);
            var since = request.Began is { } began ? wanted.FindIndex(l => l.At >= began) : -1;
            wanted.RemoveRange(0, since >= 0 ? Math.Min(enough, since) : enough);
        }

        var page = LogPages.Cut(wanted, request.MostChars);
        var all = page.Count == wanted.Count;
        return new(
            page,
            all ? new(segment, total) : page[^1].Behind,
            all,
            missed == 0 ? null : $"{Counted.Of(missed, "line")} skipped: the memory that keeps them was full"
        );
    }

    private static long BytesOf(string text) => EntryBytes + (2L * text.Length);

    private static string Raw(LogRecord line) => $"[{line.Severity.Name()}] [{LogLine.FormatTime(line.At)}] {line.Text}";
}

/// <summary>The bounds of a page.</summary>
internal static class LogPages
{
    /// <summary>As many lines as a page takes, at least one if there is one.</summary>
    public static List<LogRecord> Cut(List<LogRecord> lines, int mostChars)
    {
        var chars = 0;
        for (var i = 0; i < lines.Count; i++)
        {
            chars += lines[i].Text.Length;
            if (i == LogPage.LinesOf(mostChars) || (i > 0 && chars > mostChars))
            {
                return lines.GetRange(0, i);
            }
        }

        return lines;
    }
}
