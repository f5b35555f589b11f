using System.Text;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Logs;

/// <summary>
/// A log in its files, rotated ones included: what <see cref="Telemetry.RotatingFileSink"/> writes, in this process or another. Keeps
/// nothing in memory, so that a reader costs what it reads. Thread-safe.
/// </summary>
/// <remarks>
/// A place is a file's mark and an offset. Rotation moves a file and leaves its mark, so a reader goes on in it and then with the next
/// newer one; a program that starts again appends to the same file. A file that is gone is said to be.
/// </remarks>
public sealed class LogFiles : ILogSource
{
    /// <summary>Bytes that one reading looks at: a page may come back without a line, and the next goes on.</summary>
    private const long ForwardBudget = 4 << 20;

    /// <summary>Bytes that are looked at for the last wanted lines; older ones are not searched.</summary>
    private const long BackwardBudget = 64 << 20;

    /// <summary>Closer than this, a time in a file is found by reading.</summary>
    private const long SearchGrain = 64 << 10;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly string path;
    private readonly LogNews? own;
    private readonly TimeProvider time;

    /// <param name="name">Unique in this program.</param>
    /// <param name="component">What lines are about that do not say.</param>
    /// <param name="path">The current file.</param>
    /// <param name="own">Told when this process has written; null: another process writes, and is looked at once a second while somebody waits.</param>
    /// <param name="time">For looking again.</param>
    public LogFiles(string name, string component, string path, LogNews? own, TimeProvider time)
    {
        Name = name;
        Component = component;
        this.path = path;
        this.own = own;
        this.time = time;
    }

    public string Name { get; }

    public string Component { get; }

    public Task News => own?.Next ?? Task.Delay(LookAgain, time);

    public LogPage Read(LogRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return ReadFiles(request);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new([], request.From ?? LogPlace.Beginning, IsEnd: true, $"{path} cannot be read: {e.Message}");
        }
    }

    private LogPage ReadFiles(LogRequest request)
    {
        // The common case of a follower: its file is the current one.
        if (request.From is { IsBeginning: false } place && LogSegments.Open(path) is { } current)
        {
            using (current)
            {
                if (LogSegments.MarkOf(current) == place.Segment)
                {
                    return new Reading(this, request).Segment(current, place.Segment, place.Offset, isNewest: true).Page();
                }
            }
        }

        var segments = LogSegments.Of(path);
        if (request.From is { IsBeginning: false } known && !segments.Exists(s => s.Id == known.Segment))
        {
            // Perhaps it is just being moved.
            segments = LogSegments.Of(path);
        }

        var reading = new Reading(this, request);
        var (first, offset) = Begin(request, segments, reading);
        for (var i = first; i < segments.Count && !reading.IsFull; i++)
        {
            using var file = LogSegments.Open(segments[i].Path);
            if (file is null || LogSegments.MarkOf(file) != segments[i].Id)
            {
                // Moved since the look: the next reading looks again, from where this one stands.
                return reading.Page();
            }

            reading.Segment(file, segments[i].Id, i == first ? offset : 0, isNewest: i == segments.Count - 1);
        }

        if (segments.Count == 0)
        {
            reading.Nothing();
        }

        return reading.Page();
    }

    private static (int First, long Offset) Begin(LogRequest request, List<LogSegment> segments, Reading reading)
    {
        if (request.From is { } from)
        {
            var at = segments.FindIndex(s => s.Id == from.Segment);
            if (at < 0 && !from.IsBeginning)
            {
                reading.Note = "some lines skipped: their file was rotated away before they were read";
            }

            return at < 0 ? (0, 0) : (at, from.Offset);
        }

        return request.Last > 0 ? LastLines(request, segments, reading)
            : request.Filter.Since is { } since ? FirstSince(since, segments)
            : (0, 0);
    }

    // Backwards to the n-th wanted line before the end, and further to the first since the call began.
    private static (int, long) LastLines(LogRequest request, List<LogSegment> segments, Reading reading)
    {
        var count = 0;
        var looked = 0L;
        var enough = false;
        (int, long) begin = (segments.Count, 0);
        for (var i = segments.Count - 1; i >= 0 && !enough; i--)
        {
            using var file = LogSegments.Open(segments[i].Path);
            if (file is null)
            {
                continue;
            }

            if (begin.Item1 == segments.Count)
            {
                // Without a wanted line, behind what is there now.
                begin = (i, LineScan.NextLine(file.SafeFileHandle, RandomAccess.GetLength(file.SafeFileHandle)));
            }

            var number = i;
            enough = LineScan.Backward(
                file.SafeFileHandle,
                long.MaxValue,
                line =>
                {
                    looked += line.End - line.Start;
                    var record = reading.Parse(line, out var raw, out var hasTime);
                    var before = hasTime && (count >= request.Last || record.At < request.Filter.Since);
                    if (before && (request.Began is not { } began || record.At < began))
                    {
                        return false;
                    }

                    if (request.Filter.Takes(record.Component, record.At, record.Text, raw))
                    {
                        count++;
                        begin = (number, line.Start);
                    }

                    if (looked < BackwardBudget)
                    {
                        return count < request.Last || request.Began is not null;
                    }

                    reading.Note = $"lines before {LogLine.FormatTime(record.At)} were not searched; --since searches all";
                    return false;
                }
            );
        }

        return begin;
    }

    // Files are in the order of their times, and so are their lines, nearly: what is not is sorted out by the filter.
    private static (int, long) FirstSince(DateTimeOffset since, List<LogSegment> segments)
    {
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            using var file = LogSegments.Open(segments[i].Path);
            if (file is null || (i > 0 && (TimeAt(file, 0) is not { } first || first >= since)))
            {
                continue;
            }

            var (low, high) = (0L, RandomAccess.GetLength(file.SafeFileHandle));
            while (high - low > SearchGrain)
            {
                var middle = low + ((high - low) / 2);
                if (TimeAt(file, middle) is { } at && at < since)
                {
                    low = middle;
                }
                else
                {
                    high = middle;
                }
            }

            return (i, LineScan.NextLine(file.SafeFileHandle, low));
        }

        return (0, 0);
    }

    // The time of the first line that has one at or behind an offset.
    private static DateTimeOffset? TimeAt(FileStream file, long offset)
    {
        DateTimeOffset? found = null;
        LineScan.Forward(
            file.SafeFileHandle,
            LineScan.NextLine(file.SafeFileHandle, offset),
            SearchGrain,
            line =>
            {
                found = LogLine.Parse(Encoding.UTF8.GetString(line.Bytes))?.Time;
                return found is null;
            },
            out _
        );
        return found;
    }

    /// <summary>One reading: gathers lines until the page is full or the files are at their end.</summary>
    private sealed class Reading(LogFiles log, LogRequest request)
    {
        private readonly List<LogRecord> lines = [];
        private int chars;
        private long budget = ForwardBudget;
        private DateTimeOffset lastTime;
        private LogPlace behind = request.From ?? LogPlace.Beginning;
        private bool isEnd;

        public string? Note { get; set; }

        public bool IsFull { get; private set; }

        public void Nothing()
        {
            isEnd = true;
            behind = LogPlace.Beginning;
        }

        public Reading Segment(FileStream file, string id, long offset, bool isNewest)
        {
            if (lastTime == default)
            {
                lastTime = new DateTimeOffset(File.GetLastWriteTimeUtc(file.SafeFileHandle), TimeSpan.Zero);
            }

            var stopped = LineScan.Forward(
                file.SafeFileHandle,
                offset,
                budget,
                line =>
                {
                    var record = Parse(line, out var raw, out _);
                    if (request.Filter.Takes(record.Component, record.At, record.Text, raw))
                    {
                        lines.Add(record with { Behind = new(id, line.End) });
                        chars += record.Text.Length;
                        IsFull = lines.Count >= LogPage.LinesOf(request.MostChars) || chars >= request.MostChars;
                    }

                    return !IsFull;
                },
                out var isOver
            );
            budget -= stopped - offset;
            IsFull |= budget <= 0;
            behind = new(id, stopped);
            isEnd = isOver && isNewest && !IsFull;
            return this;
        }

        public LogPage Page() => new(lines, behind, isEnd, Note);

        public LogRecord Parse(ScannedLine line, out string raw, out bool hasTime)
        {
            raw = Encoding.UTF8.GetString(line.Bytes);
            var parsed = LogLine.Parse(raw);
            hasTime = parsed?.Time is not null;
            lastTime = parsed?.Time ?? lastTime;
            return parsed is null
                ? new(LogSeverity.Info, lastTime, log.Component, LogText.SingleLine(raw), default)
                : new(parsed.Severity, lastTime, parsed.Component ?? log.Component, parsed.Program is null ? parsed.Text : raw, default);
        }
    }
}
