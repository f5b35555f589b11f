using System.Runtime.InteropServices;
using OpenClaw.Store;

namespace OpenClaw.Manager.Dispatch;

/// <summary>
/// Who gets what. Pure: it knows lanes, seats and credits, is told what happened, and answers with decisions; it does no I/O and
/// reads no clock. Owned by one caller; not thread-safe.
/// </summary>
/// <remarks>
/// Fairness: within the lanes that a worker serves, higher priority first, then older (the store's claim does that). A submission
/// takes a free credit directly only when no eligible task waits that it would overtake.
/// </remarks>
public sealed class Dispatcher(DispatchLimits limits)
{
    private readonly Dictionary<LaneKey, LaneState> lanes = [];
    private readonly List<LaneState> waiting = [];
    private readonly List<WorkerSeat> seats = [];
    private readonly Dictionary<string, TypeTimes> times = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> heldByQueue = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> heldByType = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> damped = new(StringComparer.Ordinal);
    private long plansMade;

    public IReadOnlyList<WorkerSeat> Seats => seats;

    /// <summary>Names that are remembered: lanes, times of types, what is held by queue and by type.</summary>
    internal int Remembered => lanes.Count + times.Count + heldByQueue.Count + heldByType.Count;

    /// <summary>Lanes in which tasks wait that are due.</summary>
    public IEnumerable<LaneState> Waiting => waiting.Where(l => l.Ready > 0);

    /// <summary>Everything that waits and is due.</summary>
    public long Ready => waiting.Sum(l => l.Ready);

    public void AddSeat(WorkerSeat seat) => seats.Add(seat);

    /// <summary>The worker's connection is gone. What it holds is not moved: that is for leases and proofs of death.</summary>
    public void CloseSeat(WorkerSeat seat)
    {
        seat.Closed = true;
        seats.Remove(seat);
    }

    /// <summary>True when a connected worker that takes work serves the type.</summary>
    public bool IsServed(string type)
    {
        foreach (var seat in seats)
        {
            if (seat.IsOpen && seat.Types.Contains(type))
            {
                return true;
            }
        }

        return false;
    }

    public TypeTimes TimesOf(string type)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(times, type, out _);
        return entry ??= new TypeTimes();
    }

    /// <summary>The seat whose credit takes a new task at once, or null: it has to wait (call <see cref="AddReady(LaneKey, Lane?, long)"/>).</summary>
    public WorkerSeat? TakeCredit(LaneKey lane)
    {
        if (AtLimit(lane) || (lanes.TryGetValue(lane, out var state) && state.Ready > 0))
        {
            return null;
        }

        WorkerSeat? best = null;
        var bestLoad = double.MaxValue;
        foreach (var seat in seats)
        {
            if (!seat.IsOpen || !seat.Types.Contains(lane.Type) || seat.Credits(TimesOf(lane.Type)) <= 0)
            {
                continue;
            }

            var load = (double)(seat.Held + seat.Promised) / seat.Slots;
            if (load < bestLoad && !SomethingWaitsFor(seat))
            {
                best = seat;
                bestLoad = load;
            }
        }

        if (best is not null)
        {
            Hold(best, lane);
        }

        return best;
    }

    /// <summary>Tasks of a lane became ready (or are being stored as such).</summary>
    public void AddReady(LaneKey key, Lane? lane, long count)
    {
        var state = StateOf(key);
        if (lane is not null)
        {
            state.Know(lane);
        }

        state.Add(count);
        if (!state.Listed)
        {
            state.Listed = true;
            waiting.Add(state);
        }
    }

    /// <summary>Tells the number of a lane that the store has drawn.</summary>
    public void Know(Lane lane) => StateOf(new LaneKey(lane.Project, lane.Queue, lane.Type)).Know(lane);

    /// <summary>The store has removed the lane, which had no tasks. What is being stored for it now draws another number.</summary>
    public void Forget(Lane lane)
    {
        var key = new LaneKey(lane.Project, lane.Queue, lane.Type);
        if (!lanes.TryGetValue(key, out var state) || state.Lane?.Id != lane.Id)
        {
            return;
        }

        state.Lane = null;
        if (state.Ready == 0)
        {
            lanes.Remove(key);
        }
    }

    /// <summary>Tasks that were counted as ready are not: cancelled, or never stored.</summary>
    public void RemoveReady(LaneKey key, long count)
    {
        var state = StateOf(key);
        state.Remove(count);
        if (state is { Lane: null, Ready: 0 })
        {
            // The store never had it (submissions were refused): names that anybody may send are not kept.
            lanes.Remove(key);
        }
    }

    /// <summary>A worker that resumes after a lost connection, or whose attempts were read at start, holds this attempt.</summary>
    public void Hold(WorkerSeat? seat, LaneKey lane)
    {
        if (seat is not null)
        {
            seat.Held++;
        }

        Reserve(lane, 1);
    }

    /// <summary>An attempt ended, or a credit was not used.</summary>
    public void Free(WorkerSeat? seat, LaneKey lane)
    {
        if (seat is not null)
        {
            seat.Held--;
        }

        Reserve(lane, -1);
    }

    /// <summary>The claims that are worth posting now. Each reserves its credits until <see cref="Claimed"/> or <see cref="ClaimFailed"/>.</summary>
    public List<ClaimPlan> Plan()
    {
        var plans = new List<ClaimPlan>();
        waiting.RemoveAll(static l => !(l.Listed = l.Ready > 0));
        if (waiting.Count == 0)
        {
            return plans;
        }

        if (limits.ByQueue.Count + limits.ByType.Count + damped.Count > 0)
        {
            // Lanes that share a limit take turns: the one that was left out comes first.
            waiting.Sort(static (a, b) => a.LastPlanned.CompareTo(b.LastPlanned));
        }

        // The least loaded first: it has waited longest for work.
        foreach (var seat in seats.Where(s => s.IsOpen && !s.Claiming).OrderBy(s => (double)s.Held / s.Slots))
        {
            if (PlanFor(seat) is { } plan)
            {
                seat.Claiming = true;
                seat.Promised = plan.Count;
                plans.Add(plan);
            }
        }

        return plans;
    }

    /// <summary>A claim was carried out.</summary>
    public void Claimed(ClaimPlan plan, IReadOnlyList<ClaimedTask> claimed)
    {
        Settle(plan);
        var byLane = new Dictionary<LaneKey, int>();
        foreach (var task in claimed)
        {
            var key = new LaneKey(task.Lane.Project, task.Lane.Queue, task.Lane.Type);
            CollectionsMarshal.GetValueRefOrAddDefault(byLane, key, out _)++;
            Hold(plan.Seat, key);
        }

        // Fewer than asked for, though no bound of the lane stopped it: the lane was empty.
        var cameShort = claimed.Count < plan.Count;
        foreach (var lane in plan.Lanes)
        {
            var got = byLane.GetValueOrDefault(lane.State.Key);
            // A lane that was removed meanwhile and drawn anew tells nothing of the tasks that wait under its new number.
            if (cameShort && got < lane.Most && lane.State.Lane?.Id == lane.Lane.Id)
            {
                lane.State.Emptied(lane.AddedBefore);
            }
            else
            {
                lane.State.Remove(got);
            }
        }
    }

    /// <summary>A claim was not carried out: nothing changed.</summary>
    public void ClaimFailed(ClaimPlan plan)
    {
        Settle(plan);
    }

    private void Settle(ClaimPlan plan)
    {
        plan.Seat.Claiming = false;
        plan.Seat.Promised = 0;
        foreach (var lane in plan.Lanes)
        {
            Reserve(lane.State.Key, -lane.Most);
        }
    }

    // A claim under way counts against the limits with all that it may bring.
    private void Reserve(LaneKey lane, int count)
    {
        Count(heldByQueue, lane.Queue, count);
        Count(heldByType, lane.Type, count);
    }

    // A name of which nothing is held is not kept.
    private static void Count(Dictionary<string, int> held, string name, int by)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(held, name, out _);
        count += by;
        if (count == 0)
        {
            held.Remove(name);
        }
    }

    private ClaimPlan? PlanFor(WorkerSeat seat)
    {
        List<PlannedLane>? chosen = null;
        var together = 0L;
        var mostCredits = 0;
        foreach (var lane in waiting)
        {
            if (lane.Ready <= 0 || lane.Lane is null || !seat.Types.Contains(lane.Key.Type))
            {
                continue;
            }

            var credits = seat.Credits(TimesOf(lane.Key.Type));
            var free = Math.Max(0, seat.Slots - seat.Held - seat.Promised);

            // Beyond its free slots a worker takes no more than its share, so that the last tasks spread over all workers.
            var share = (lane.Ready + seats.Count - 1) / seats.Count;
            var most = (int)Math.Min(Math.Min(credits, Math.Max(free, share)), RoomOf(lane.Key));
            if (most > 0 && (free > 0 || seat.IsWorthACommit(most, TimesOf(lane.Key.Type))))
            {
                // Reserved at once: the next lane of this plan may stand under the same limit.
                Reserve(lane.Key, most);
                lane.LastPlanned = ++plansMade;
                (chosen ??= []).Add(new PlannedLane(lane, lane.Lane, most, lane.Added));
                together += most;
                mostCredits = Math.Max(mostCredits, credits);
            }
        }

        return chosen is null ? null : new ClaimPlan(seat, chosen, (int)Math.Min(together, mostCredits));
    }

    private bool SomethingWaitsFor(WorkerSeat seat)
    {
        foreach (var lane in waiting)
        {
            if (lane.Ready > 0 && seat.Types.Contains(lane.Key.Type) && !AtLimit(lane.Key))
            {
                return true;
            }
        }

        return false;
    }

    private bool AtLimit(LaneKey lane) => RoomOf(lane) <= 0;

    private long RoomOf(LaneKey lane)
    {
        long room = int.MaxValue;
        if (limits.ByQueue.TryGetValue(lane.Queue, out var queueLimit))
        {
            room = Math.Min(room, queueLimit - heldByQueue.GetValueOrDefault(lane.Queue));
        }

        if (limits.ByType.TryGetValue(lane.Type, out var typeLimit))
        {
            room = Math.Min(room, typeLimit - heldByType.GetValueOrDefault(lane.Type));
        }

        if (damped.TryGetValue(lane.Type, out var most))
        {
            room = Math.Min(room, most - heldByType.GetValueOrDefault(lane.Type));
        }

        return room;
    }

    /// <summary>A type whose processes crash one after the other: at most so many attempts of it are held at a time; null: no such limit.</summary>
    public void Damp(string type, int? most)
    {
        if (most is { } few)
        {
            damped[type] = few;
        }
        else
        {
            damped.Remove(type);
        }
    }

    private LaneState StateOf(LaneKey key)
    {
        ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(lanes, key, out var known);
        if (!known)
        {
            state = new LaneState(key);
        }

        return state!;
    }
}
