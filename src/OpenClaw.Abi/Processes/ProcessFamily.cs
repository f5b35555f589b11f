namespace OpenClaw.Abi.Processes;

/// <summary>Processes with all that descends from them, as they were when they were looked up.</summary>
public static class ProcessFamily
{
    /// <summary>Every process that the kernel shows us; who ends meanwhile is left out.</summary>
    public static IEnumerable<ProcessStat> Everybody() => ProcessStat.All().Select(ProcessStat.Of).OfType<ProcessStat>();

    /// <summary>Some processes and all that descends from them. Each once: where a number was given anew while we looked there may be a circle.</summary>
    /// <param name="roots">Those that the families begin with.</param>
    /// <param name="all">Among whom descendants are looked for.</param>
    public static IReadOnlyList<ProcessStat> With(IEnumerable<ProcessStat> roots, IEnumerable<ProcessStat> all)
    {
        ArgumentNullException.ThrowIfNull(roots);
        var children = all.ToLookup(process => process.Parent);
        var found = new List<ProcessStat>();
        var seen = new HashSet<int>();
        var open = new Stack<ProcessStat>(roots);
        while (open.TryPop(out var process))
        {
            if (!seen.Add(process.Id))
            {
                continue;
            }
            found.Add(process);
            foreach (var child in children[process.Id])
            {
                open.Push(child);
            }
        }
        return found;
    }

    /// <summary>
    /// Ends a process that was looked up, unless its number is nobody's or somebody else's since then: orphans are reaped by any thread of
    /// ours, and others by their own parents.
    /// </summary>
    /// <returns>It was still there.</returns>
    public static bool Kill(in ProcessStat process)
    {
        if (ProcessStat.Of(process.Id) is not { } now || now.Started != process.Started)
        {
            return false;
        }
        Family.Kill(process.Id);
        return true;
    }
}
