using OpenClaw.Store;

namespace OpenClaw.Manager.Dispatch;

/// <summary>A claim to be posted to the store for a worker. Give it back to <see cref="Dispatcher.Claimed"/> with the result.</summary>
public sealed record ClaimPlan(WorkerSeat Seat, IReadOnlyList<PlannedLane> Lanes, int Count)
{
    public IReadOnlyList<LaneShare> Shares() => [.. Lanes.Select(l => new LaneShare(l.Lane, l.Most))];
}

/// <summary>A lane of a plan.</summary>
/// <param name="State">The lane.</param>
/// <param name="Lane">The store's number of it when the plan was made.</param>
/// <param name="Most">At most this many from it.</param>
/// <param name="AddedBefore"><see cref="LaneState.Added"/> when the plan was made.</param>
public readonly record struct PlannedLane(LaneState State, Lane Lane, int Most, long AddedBefore);
