using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Runners;

/// <summary>What a process and all below it use.</summary>
/// <param name="ResidentBytes">Memory, what several share counted for each.</param>
/// <param name="CpuTime">CPU time, of those that have ended and were waited for too.</param>
internal readonly record struct TreeFigures(long ResidentBytes, TimeSpan CpuTime);

/// <summary>
/// The figures of this process and all below it: its descendants, and whatever else is in a session that one of them leads, for what a
/// task has started stays there when its parent is gone. Looked up when it is asked for and beside who asks: the answer is that of the
/// time before. Every process of the machine is asked once. Thread-safe.
/// </summary>
internal sealed class ProcessTree
{
    private readonly Lock gate = new();
    private TreeFigures? latest;
    private TimeSpan mostCpu;
    private bool looking;

    /// <summary>The figures of the last look, and lets the next one begin.</summary>
    public TreeFigures? LatestAndLook()
    {
        lock (gate)
        {
            if (!looking)
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
        var rows = ProcessFamily.Everybody().ToDictionary(p => p.Id);
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
        return new(own.Sum(p => p.ResidentBytes), TimeSpan.FromSeconds((double)own.Sum(p => p.CpuTicks) / ProcessStat.TicksPerSecond));
    }
}
