using System.Collections.Frozen;
using System.Globalization;

namespace OpenClaw.Worker.Runners;

/// <summary>
/// Which processes belong to which session, looked up about once a second and only while somebody asks: a runner leads a session, and
/// what it has started stays in it, also when its parent is gone. Linux; elsewhere nobody is known. Thread-safe, never blocks the caller.
/// </summary>
internal sealed class ProcessTable : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ITimer timer;
    private volatile FrozenDictionary<int, int[]> sessions = FrozenDictionary<int, int[]>.Empty;
    private int asked;

    public ProcessTable(TimeProvider time) => timer = time.CreateTimer(_ => LookIfAsked(), null, Interval, Interval);

    /// <summary>The processes of a session as they were at most a second or two ago; a number may belong to somebody else meanwhile.</summary>
    public IReadOnlyList<int> MembersOf(int session)
    {
        Volatile.Write(ref asked, 1);
        return sessions.GetValueOrDefault(session) ?? [];
    }

    public void Dispose() => timer.Dispose();

    private void LookIfAsked()
    {
        if (Interlocked.Exchange(ref asked, 0) == 1 && OperatingSystem.IsLinux())
        {
            sessions = Look();
        }
    }

    private static FrozenDictionary<int, int[]> Look()
    {
        var found = new Dictionary<int, List<int>>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && SessionOf(process) is { } session
            )
            {
                if (!found.TryGetValue(session, out var members))
                {
                    found[session] = members = [];
                }

                members.Add(process);
            }
        }

        return found.ToFrozenDictionary(s => s.Key, s => s.Value.ToArray());
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

        // It changed its user, or the kernel does not tell.
        return ResidentBytes(process);
    }

    private static string Read(int process, string file)
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
