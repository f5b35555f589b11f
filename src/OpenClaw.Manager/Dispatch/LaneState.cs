using OpenClaw.Store;

namespace OpenClaw.Manager.Dispatch;

/// <summary>What the dispatcher knows of a lane. Owned by the <see cref="Dispatcher"/>.</summary>
public sealed class LaneState(LaneKey key)
{
    public LaneKey Key { get; } = key;

    /// <summary>The store's number of the lane; null until a task of it was stored.</summary>
    public Lane? Lane { get; internal set; }

    /// <summary>
    /// Tasks that wait and are due. Counts a submission from the moment it is posted to the store: a claim that is posted later runs
    /// later, in the same transaction or a following one, and sees it.
    /// </summary>
    public long Ready { get; private set; }

    /// <summary>Everything that was ever added; tells a claim that came back short how much arrived behind it.</summary>
    public long Added { get; private set; }

    /// <summary>
    /// Tells the number of the lane that the store has drawn. Another than before: that one had no tasks and was removed. Numbers
    /// only rise, so an answer that comes late changes nothing.
    /// </summary>
    internal void Know(Lane lane)
    {
        if (Lane is null || Lane.Id < lane.Id)
        {
            Lane = lane;
        }
    }

    /// <summary>Whether the dispatcher has it in its list of lanes with waiting tasks.</summary>
    internal bool Listed { get; set; }

    /// <summary>Counts up with every plan that took from the lane.</summary>
    internal long LastPlanned { get; set; }

    internal void Add(long count)
    {
        Ready += count;
        Added += count;
    }

    internal void Remove(long count) => Ready = Math.Max(0, Ready - count);

    /// <summary>A claim found the lane empty: what is left is what came after it was posted.</summary>
    internal void Emptied(long addedBefore) => Ready = Added - addedBefore;
}
