using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits;

/// <summary>The limit on the memory of the worker with everything it runs.</summary>
/// <param name="Bytes">The most.</param>
/// <param name="Shorten">Told when memory gets short and when it is no longer: nothing new is begun in between.</param>
internal sealed record WorkerBound(long Bytes, Action<bool> Shorten)
{
    /// <summary>From here on nothing new is begun.</summary>
    public long Short => Bytes / 100 * 90;

    /// <summary>From here on the largest attempt is ended: what is left is for what it still takes until it is gone.</summary>
    public long Full => Bytes / 100 * 96;
}

internal sealed partial class TreeWatch
{
    private bool isShort;
    private long treeBefore;
    private long treeAt;
    private long endedAt;

    /// <summary>One at a time: what the one that was ended held is free a moment later.</summary>
    private static readonly TimeSpan BetweenEnds = TimeSpan.FromMilliseconds(300);

    private TimeSpan LookAtBound(
        WorkerBound limit,
        List<(int Runner, Watched Watched, TaskGuard? Guard, Action<Excess>? Exceeded)> all,
        IReadOnlyDictionary<int, List<ProcessStat>> families
    )
    {
        var now = time.GetTimestamp();
        var rough = Environment.WorkingSet + all.Sum(r => r.Watched.Used);
        var seconds = time.GetElapsedTime(treeAt, now).TotalSeconds;
        var pace = treeAt == 0 || seconds <= 0 ? 0 : Math.Max(0, (rough - treeBefore) / seconds);
        treeBefore = rough;
        treeAt = now;
        var used = rough;
        if (rough > limit.Short)
        {
            // Only now exactly: programs share pages of files, forks share memory.
            used = ProcessStat.HeldBy(Environment.ProcessId) + all.Sum(r => families.TryGetValue(r.Runner, out var f) ? Exact(f) : 0);
        }

        if (used > limit.Short != isShort)
        {
            isShort = !isShort;
            limit.Shorten(isShort);
        }

        if (used > limit.Full && (endedAt == 0 || time.GetElapsedTime(endedAt, now) >= BetweenEnds))
        {
            var largest = all.Where(r => r.Guard is { Handle: > 0 } && r.Exceeded is not null && families.ContainsKey(r.Runner))
                .Select(r => (r.Guard, r.Exceeded, Held: Exact(families[r.Runner])))
                .OrderByDescending(r => r.Held)
                .FirstOrDefault();
            if (largest.Exceeded is { } exceeded)
            {
                endedAt = now;
                exceeded(new Excess(ExcessKind.WorkerMemory, largest.Guard!.Handle, used, limit.Bytes) { Share = largest.Held });
            }
        }

        return Watched.HalfWay(limit.Full - used, pace, all.Any(r => r.Guard is not null) ? WithMemory : AtRest);
    }

    private static long Exact(List<ProcessStat> family) => family.Count == 0 ? 0 : ProcessStat.HeldBy(family);
}
