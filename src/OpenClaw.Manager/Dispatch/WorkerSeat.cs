using OpenClaw.Store;

namespace OpenClaw.Manager.Dispatch;

/// <summary>
/// A connected worker as the dispatcher sees it: what it serves and how many credits it has left. Owned by the <see cref="Dispatcher"/>.
/// </summary>
public sealed class WorkerSeat(WorkerRef worker, int slots, int prefetch)
{
    public WorkerRef Worker { get; } = worker;
    public int Slots { get; } = slots;

    /// <summary>The most short tasks that it is ready to hold beyond its slots.</summary>
    public int Prefetch { get; } = prefetch;

    /// <summary>Types that it serves.</summary>
    public HashSet<string> Types { get; } = new(StringComparer.Ordinal);

    /// <summary>Credits in use: attempts that it holds, and those on their way to it.</summary>
    public int Held { get; internal set; }

    /// <summary>Credits that the claim under way may use: they are not given twice.</summary>
    public int Promised { get; internal set; }

    /// <summary>A claim for it is under way; the next waits for its result.</summary>
    public bool Claiming { get; internal set; }

    /// <summary>When a credit of it was freed last, by the clock of the caller of <see cref="Dispatcher.Free"/>; default = never.</summary>
    public DateTimeOffset LastFreed { get; set; }

    /// <summary>It wants no more.</summary>
    public bool Draining { get; set; }

    /// <summary>Its connection is gone; the seat is kept only by operations still under way.</summary>
    public bool Closed { get; internal set; }

    public bool IsOpen => !Draining && !Closed;

    /// <summary>How many tasks of a type with these times it may take now.</summary>
    public int Credits(TypeTimes times) => (int)Math.Max(0, Slots + Ahead(times) - Held - Promised);

    /// <summary>
    /// Whether so few tasks ahead of time are worth a commit of their own. While it has half of what it may have ahead, less than a
    /// quarter is not: with the next outcomes they will be more, and it will not run dry before.
    /// </summary>
    public bool IsWorthACommit(int tasks, TypeTimes times)
    {
        var ahead = Ahead(times);
        return tasks >= ahead / 4 || Held + Promised < Slots + (ahead / 2);
    }

    private long Ahead(TypeTimes times) => Math.Min(Prefetch, (long)times.AheadPerSlot * Slots);
}
