using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;

namespace OpenClaw.Worker.Runners;

/// <summary>
/// Which sessions hold more memory than they may, looked up about once a second and only for those that are asked about: a runner leads
/// a session, and what it has started stays in it, also when its parent is gone. The looking is done here and not by who asks, for it
/// costs what the processes are worth. Linux; elsewhere nobody is known. Thread-safe, never blocks the caller.
/// </summary>
internal sealed class ProcessTable : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, long> asked = [];
    private readonly Action<Exception>? onTrouble;
    private readonly Lock gate = new();
    private readonly ITimer timer;

    /// <summary>Sessions that held more than so many bytes.</summary>
    private volatile FrozenDictionary<int, long> over = FrozenDictionary<int, long>.Empty;
    private bool troubled;
    private bool disposed;

    /// <param name="time">When it looks.</param>
    /// <param name="onTrouble">Told when the processes cannot be looked up (out of descriptors), once until they can.</param>
    public ProcessTable(TimeProvider time, Action<Exception>? onTrouble = null)
    {
        this.onTrouble = onTrouble;
        timer = time.CreateTimer(_ => LookAndGoOn(), null, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the processes of a session held more than so many bytes when they were looked at last, a second or two ago.</summary>
    public bool HoldsMoreThan(int session, long bytes)
    {
        asked[session] = bytes;
        return over.TryGetValue(session, out var exceeded) && bytes <= exceeded;
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            timer.Dispose();
        }
    }

    // One look at a time: the next is due when this one has ended.
    private void LookAndGoOn()
    {
        try
        {
            var limits = asked.ToArray();
            asked.Clear();
            over =
                limits.Length == 0 || !OperatingSystem.IsLinux()
                    ? FrozenDictionary<int, long>.Empty
                    : Look(limits.ToDictionary(l => l.Key, l => l.Value));
            troubled = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without descriptors nobody can be looked at; each runner still looks at its own process.
            over = FrozenDictionary<int, long>.Empty;
            if (!troubled)
            {
                troubled = true;
                onTrouble?.Invoke(e);
            }
        }

        lock (gate)
        {
            if (!disposed)
            {
                timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private static FrozenDictionary<int, long> Look(Dictionary<int, long> limits)
    {
        var members = limits.Keys.ToDictionary(session => session, _ => new List<int>());
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && SessionOf(process) is { } session
                && members.TryGetValue(session, out var family)
            )
            {
                family.Add(process);
            }
        }

        // A fork shares its parent's pages: counted whole they may be over the limit many times. Asked only then, for what it costs.
        return members
            .Where(m =>
                m.Value.Count > 1 && m.Value.Sum(ResidentBytes) > limits[m.Key] && m.Value.Sum(p => ProportionalBytes(p)) > limits[m.Key]
            )
            .ToFrozenDictionary(m => m.Key, m => limits[m.Key]);
    }

    /// <summary>The session of a process; null when it has ended.</summary>
    public static int? SessionOf(int process)
    {
        // The name in parentheses may hold anything, parentheses too: what counts begins behind the last. State, parent, group, session.
        var stat = Read(process, "stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 4 && int.TryParse(fields[3], CultureInfo.InvariantCulture, out var session) ? session : null;
    }

    /// <summary>Bytes in memory, what is shared with others counted whole; 0 when it has ended.</summary>
    public static long ResidentBytes(int process)
    {
        // Pages: the whole, then those in memory.
        var fields = Read(process, "statm").Split(' ', 3);
        return fields.Length > 2 ? long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize : 0;
    }

    /// <summary>Bytes in memory, what is shared with others counted in parts: the kernel walks its pages for that.</summary>
    public static long ProportionalBytes(int process)
    {
        foreach (var line in Read(process, "smaps_rollup").Split('\n'))
        {
            if (
                line.StartsWith("Pss:", StringComparison.Ordinal)
                && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, ..]
            )
            {
                return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
            }
        }

        // It changed its user, or the kernel does not tell: what is not known is not held against anybody.
        return 0;
    }

    /// <summary>A file of a process; empty when it has ended, or is not ours to look at.</summary>
    internal static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or is not ours to look at.
            return "";
        }
    }
}
