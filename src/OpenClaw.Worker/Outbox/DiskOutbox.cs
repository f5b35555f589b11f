using System.Buffers;
using Microsoft.Extensions.Logging;
using OpenClaw.V1;
using OpenClaw.Worker.Core;

namespace OpenClaw.Worker.Outbox;

/// <summary>
/// The outbox on disk: an outcome is written before it is sent and kept until it is acknowledged. Acknowledgements are not written: an
/// outcome that is delivered again is recognised by the manager. A segment without live records is removed, so the outbox is as large
/// as what waits.
/// </summary>
internal sealed partial class DiskOutbox : IOutbox, IDisposable
{
    private const long SegmentBytes = 8 << 20;
    private const long ClearAbove = 1 << 20;

    /// <summary>Damaged files that are kept beside: the newest.</summary>
    internal const int MostDamagedKept = 4;

    private readonly string directory;
    private readonly long incarnation;
    private readonly long maxBytes;
    private readonly List<OutboxSegment> segments = [];
    private readonly Dictionary<OutboxKey, (OutboxSegment? Segment, AttemptOutcome Outcome)> live = [];
    private readonly List<OutboxKey> unwritten = [];
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);
    private long nextSegment;

    private readonly ILogger logger;

    private DiskOutbox(string directory, long incarnation, long maxBytes, ILogger logger)
    {
        this.logger = logger;
        this.directory = directory;
        this.incarnation = incarnation;
        this.maxBytes = maxBytes;
    }

    public int Count => live.Count;

    public bool IsFull => segments.Sum(s => s.Length) >= maxBytes;

    public IEnumerable<IGrouping<long, AttemptOutcome>> Earlier =>
        live.Where(l => l.Key.Incarnation != incarnation)
            .Select(l => (l.Key.Incarnation, l.Value.Outcome))
            .GroupBy(l => l.Incarnation, l => l.Outcome);

    public IEnumerable<AttemptOutcome> Own => live.Where(l => l.Key.Incarnation == incarnation).Select(l => l.Value.Outcome);

    /// <summary>Opens the outbox and reads what earlier incarnations left.</summary>
    /// <exception cref="IOException">The directory cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static DiskOutbox Open(string directory, long incarnation, long maxBytes, ILogger logger)
    {
        Directory.CreateDirectory(directory);
        var outbox = new DiskOutbox(directory, incarnation, maxBytes, logger);
        foreach (var path in Directory.EnumerateFiles(directory, "*.seg").Order(StringComparer.Ordinal))
        {
            outbox.Load(path);
        }

        return outbox;
    }

    private void Load(string path)
    {
        if (long.TryParse(Path.GetFileNameWithoutExtension(path), out var number))
        {
            nextSegment = Math.Max(nextSegment, number + 1);
        }

        var found = new List<(long Incarnation, AttemptOutcome Outcome)>();
        var damages = new List<(long Position, long Bytes)>();
        var good = OutboxFormat.Read(
            File.ReadAllBytes(path),
            (by, outcome) => found.Add((by, outcome)),
            (position, bytes) => damages.Add((position, bytes))
        );
        if (damages.Count > 0)
        {
            var kept = KeepDamaged(path);
            LogDamaged(logger, path, damages[0].Position, damages.Sum(d => d.Bytes), damages.Count, found.Count, kept);
        }

        if (found.Count == 0)
        {
            File.Delete(path);
            return;
        }

        var segment = OutboxSegment.Open(path, good);
        segments.Add(segment);
        foreach (var (by, outcome) in found)
        {
            if (live.TryAdd(new OutboxKey(by, new AttemptKey(outcome.Task, outcome.Attempt)), (segment, outcome)))
            {
                segment.Live++;
            }
        }
    }

    // As it is, for whoever wants to know what it held; the outbox does not read it again. A crash here leaves it to the next start.
    private string KeepDamaged(string path)
    {
        try
        {
            File.Copy(path, path + ".damaged", overwrite: true);
            var older = Directory.EnumerateFiles(directory, "*.damaged").OrderDescending(StringComparer.Ordinal).Skip(MostDamagedKept);
            foreach (var old in older.ToList())
            {
                File.Delete(old);
            }

            return $"the file as it was is {Path.GetFileName(path)}.damaged";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"it cannot be kept beside: {e.Message}";
        }
    }

    public void Add(AttemptOutcome outcome)
    {
        var key = new OutboxKey(incarnation, new AttemptKey(outcome.Task, outcome.Attempt));
        if (live.TryAdd(key, (null, outcome)))
        {
            unwritten.Add(key);
        }
    }

    public string? Flush()
    {
        if (unwritten.Count == 0)
        {
            return null;
        }

        buffer.ResetWrittenCount();
        foreach (var key in unwritten)
        {
            // Acknowledged before the disk took it: nothing to keep.
            if (live.TryGetValue(key, out var entry))
            {
                OutboxFormat.Write(buffer, incarnation, entry.Outcome);
            }
        }

        try
        {
            var segment = Current();
            segment.Append(buffer.WrittenSpan);
            foreach (var key in unwritten)
            {
                if (live.TryGetValue(key, out var entry))
                {
                    live[key] = (segment, entry.Outcome);
                    segment.Live++;
                }
            }

            unwritten.Clear();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private OutboxSegment Current()
    {
        if (segments.Count > 0 && segments[^1].Length < SegmentBytes)
        {
            return segments[^1];
        }

        var segment = OutboxSegment.Create(Path.Combine(directory, $"{nextSegment++:D12}.seg"));
        segments.Add(segment);
        return segment;
    }

    public void Acknowledge(OutboxKey key)
    {
        if (!live.Remove(key, out var entry) || entry.Segment is not { } segment || --segment.Live > 0)
        {
            return;
        }

        try
        {
            if (segments.Count > 0 && segment == segments[^1])
            {
                if (segment.Length > ClearAbove)
                {
                    segment.Clear();
                }
            }
            else
            {
                segments.Remove(segment);
                segment.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that stays is read at the next start and its outcomes are delivered again, which is harmless.
        }
    }

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "clw-outbox-damaged: {path} cannot be read from byte {position}, for {bytes} bytes in {places} places; {kept} outcomes of the file are delivered, and a task whose outcome is missing runs again; {beside}"
    )]
    private static partial void LogDamaged(ILogger logger, string path, long position, long bytes, int places, int kept, string beside);

    /// <summary>Closes the files. Those without live records are removed.</summary>
    public void Dispose()
    {
        foreach (var segment in segments)
        {
            if (segment.Live == 0)
            {
                segment.Delete();
            }
            else
            {
                segment.Dispose();
            }
        }

        segments.Clear();
    }
}
