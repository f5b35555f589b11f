using System.Globalization;

namespace OpenClaw.Worker.Runners;

/// <summary>What a process and all below it use.</summary>
/// <param name="ResidentBytes">Memory, what several share counted for each.</param>
/// <param name="CpuTime">CPU time, of those that have ended and were waited for too.</param>
internal readonly record struct TreeFigures(long ResidentBytes, TimeSpan CpuTime);

/// <summary>
/// The figures of this process and all below it: its descendants, and whatever else is in a session that one of them leads, for what a
/// task has started stays there when its parent is gone. Looked up when it is asked for and beside who asks: the answer is that of the
/// time before. One file is read for each process of the machine. Linux; elsewhere nothing is known. Thread-safe.
/// </summary>
internal sealed class ProcessTree
{
    /// <summary>The kernel tells CPU time in hundredths of a second on every machine (USER_HZ).</summary>
    private const double TicksPerSecond = 100;

    private readonly Lock gate = new();
    private TreeFigures? latest;
    private TimeSpan mostCpu;
    private bool looking;

    /// <summary>The figures of the last look, and lets the next one begin.</summary>
    public TreeFigures? LatestAndLook()
    {
        lock (gate)
        {
            if (!looking && OperatingSystem.IsLinux())
            {
                looking = true;
                ThreadPool.UnsafeQueueUserWorkItem(static tree => tree.Look(), this, preferLocal: false);
            }

            return latest;
        }
    }

    internal void Look()
    {
        TreeFigures? found = null;
        try
        {
            found = FiguresOf(Environment.ProcessId);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Out of descriptors: not known this time. Who looks after limits runs into the same, and says so.
        }

        lock (gate)
        {
            looking = false;

            // What an orphan used is nobody's when another has waited for it: a counter does not fall for that.
            mostCpu = found is { } now && now.CpuTime > mostCpu ? now.CpuTime : mostCpu;
            latest = found is { } figures ? figures with { CpuTime = mostCpu } : null;
        }
    }

    internal static TreeFigures FiguresOf(int root)
    {
        var rows = new Dictionary<int, Row>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && Parse(ProcessTable.Read(process, "stat")) is { } row
            )
            {
                rows[process] = row;
            }
        }

        var family = new HashSet<int> { root };
        for (var before = 0; before != family.Count; )
        {
            before = family.Count;
            foreach (var (process, row) in rows)
            {
                // The root's own session may be a shell's, with much else in it.
                if (family.Contains(row.Parent) || (row.Session != rows.GetValueOrDefault(root).Session && family.Contains(row.Session)))
                {
                    family.Add(process);
                }
            }
        }

        var own = family.Where(rows.ContainsKey).Select(p => rows[p]).ToList();
        return new(own.Sum(r => r.Pages) * Environment.SystemPageSize, TimeSpan.FromSeconds(own.Sum(r => r.Ticks) / TicksPerSecond));
    }

    private readonly record struct Row(int Parent, int Session, long Ticks, long Pages);

    // proc(5): behind the name in parentheses state, parent, group, session; then utime 14, stime 15, cutime 16, cstime 17, rss 24 of all.
    private static Row? Parse(string stat)
    {
        const int Behind = 3;
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= 24 - Behind)
        {
            return null;
        }

        long Field(int number) => long.TryParse(fields[number - Behind], CultureInfo.InvariantCulture, out var value) ? value : 0;
        return new((int)Field(4), (int)Field(6), Field(14) + Field(15) + Field(16) + Field(17), Field(24));
    }
}
