using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;

namespace OpenClaw.Tests.Manager;

/// <summary>
/// A dispatcher with a store as plain as can be behind it: operations wait until the test commits them, and settle in order. It knows
/// who runs what, and checks the rules whenever something has happened.
/// </summary>
internal sealed class DispatcherRig(DispatchLimits limits)
{
    public static readonly LaneKey[] Lanes =
    [
        .. from queue in new[] { "q", "limited" } from type in new[] { "a", "b", "c" } select new LaneKey("p", queue, type),
    ];

    private sealed record Operation(Action Execute, Action<bool> Settle);

    private readonly Queue<Operation> posted = new();
    private readonly Dictionary<LaneKey, Lane> numbers = [];
    private readonly Dictionary<LaneKey, List<(int Priority, long Number)>> stored = Lanes.ToDictionary(
        l => l,
        _ => new List<(int, long)>()
    );
    private readonly Dictionary<LaneKey, long> told = Lanes.ToDictionary(l => l, _ => 0L);
    private readonly List<ClaimPlan> underWay = [];
    private long next = 1;

    public Dispatcher Dispatcher { get; } = new(limits);

    /// <summary>What each task that somebody holds occupies.</summary>
    public Dictionary<long, (WorkerSeat Seat, LaneKey Lane)> Running { get; } = [];

    /// <summary>Credits given to submissions that are not committed yet.</summary>
    public List<(WorkerSeat Seat, LaneKey Lane)> Credited { get; } = [];
    public List<WorkerSeat> Seats { get; } = [];
    public int Posted => posted.Count;
    public long Waiting => stored.Values.Sum(l => l.Count);
    public int DirectCredits { get; private set; }

    public WorkerSeat Open(int slots, int prefetch, params string[] types)
    {
        var seat = new WorkerSeat(new WorkerRef("w" + Seats.Count, 1), slots, prefetch);
        seat.Types.UnionWith(types);
        Seats.Add(seat);
        Dispatcher.AddSeat(seat);
        return seat;
    }

    /// <summary>The worker's connection closes; what it holds stays with it, and comes with its next seat.</summary>
    public void Close(WorkerSeat seat) => Dispatcher.CloseSeat(seat);

    public void Submit(LaneKey lane, int priority = 0)
    {
        var eligible = Lanes.Where(l => told[l] > 0 && Room(l) > 0).ToList();
        var seat = Dispatcher.TakeCredit(lane);
        if (seat is null)
        {
            Dispatcher.AddReady(lane, null, 1);
            told[lane]++;
        }
        else
        {
            DirectCredits++;
            Assert.True(seat.IsOpen && seat.Types.Contains(lane.Type), "A credit of a seat that does not serve the type.");
            Assert.DoesNotContain(eligible, l => seat.Types.Contains(l.Type));
            Credited.Add((seat, lane));
        }

        var number = next++;
        Post(
            () =>
            {
                numbers.TryAdd(lane, new Lane(numbers.Count + 1, lane.Project, lane.Queue, lane.Type));
                if (seat is null)
                {
                    stored[lane].Add((priority, number));
                }
                else
                {
                    Running[number] = (seat, lane);
                    Credited.Remove((seat, lane));
                }
            },
            ok =>
            {
                if (ok)
                {
                    Dispatcher.Know(numbers[lane]);
                }
                else if (seat is not null)
                {
                    Dispatcher.Free(seat, lane);
                    Credited.Remove((seat, lane));
                }
                else
                {
                    Dispatcher.RemoveReady(lane, 1);
                    told[lane]--;
                }
            }
        );
    }

    public void Plan()
    {
        foreach (var plan in Dispatcher.Plan())
        {
            Assert.All(plan.Lanes, l => Assert.Contains(l.State.Key.Type, plan.Seat.Types));
            underWay.Add(plan);
            var claimed = new List<ClaimedTask>();
            Post(() => claimed.AddRange(Claim(plan)), ok => Claimed(plan, claimed, ok));
        }

        Check();
    }

    private IEnumerable<ClaimedTask> Claim(ClaimPlan plan)
    {
        var left = plan.Lanes.ToDictionary(l => l.State.Key, l => l.Most);
        for (var i = 0; i < plan.Count; i++)
        {
            var lane = left.Keys.Where(l => left[l] > 0 && stored[l].Count > 0).OrderBy(l => Head(l)).Cast<LaneKey?>().FirstOrDefault();
            if (lane is not { } from)
            {
                yield break;
            }

            var (_, number) = Head(from);
            stored[from].RemoveAll(t => t.Number == number);
            left[from]--;
            Running[number] = (plan.Seat, from);
            yield return Task(number, from);
        }
    }

    private (int, long Number) Head(LaneKey lane) => stored[lane].Select(t => (-t.Priority, t.Number)).Min();

    private ClaimedTask Task(long number, LaneKey lane) =>
        new()
        {
            Number = number,
            Attempt = 1,
            Lane = numbers[lane],
            Payload = default,
            Priority = 0,
            TimeoutMs = 0,
            Retries = 0,
            PluginVersion = null,
        };

    private void Claimed(ClaimPlan plan, List<ClaimedTask> claimed, bool ok)
    {
        underWay.Remove(plan);
        if (!ok)
        {
            Dispatcher.ClaimFailed(plan);
            return;
        }

        Dispatcher.Claimed(plan, claimed);
        foreach (var task in claimed)
        {
            told[new LaneKey(task.Lane.Project, task.Lane.Queue, task.Lane.Type)]--;
        }
    }

    /// <summary>An attempt ends, or goes back to the queue unstarted.</summary>
    public void End(long number, bool handBack)
    {
        Running.Remove(number, out var held);
        Dispatcher.Free(held.Seat, held.Lane);
        if (handBack)
        {
            Post(
                () => stored[held.Lane].Add((0, number)),
                ok =>
                {
                    if (ok)
                    {
                        Dispatcher.AddReady(held.Lane, numbers[held.Lane], 1);
                        told[held.Lane]++;
                    }
                }
            );
        }
    }

    /// <summary>Somebody cancels the oldest task that waits in a lane.</summary>
    public void Cancel(LaneKey lane)
    {
        var found = false;
        Post(
            () =>
            {
                found = stored[lane].Count > 0;
                _ = found && stored[lane].Remove(stored[lane][0]);
            },
            ok =>
            {
                if (ok && found)
                {
                    Dispatcher.RemoveReady(lane, 1);
                    told[lane]--;
                }
            }
        );
    }

    private void Post(Action execute, Action<bool> settle) => posted.Enqueue(new Operation(execute, settle));

    /// <summary>One transaction of the oldest operations; a broken one stores nothing of any.</summary>
    public void Commit(int most, bool ok = true)
    {
        var batch = new List<Operation>();
        while (batch.Count < most && posted.TryDequeue(out var operation))
        {
            batch.Add(operation);
        }

        if (ok)
        {
            batch.ForEach(o => o.Execute());
        }

        batch.ForEach(o => o.Settle(ok));
        Check();
    }

    private int Room(LaneKey lane)
    {
        int Used(Func<LaneKey, bool> same) =>
            Running.Values.Count(r => same(r.Lane))
            + Credited.Count(c => same(c.Lane))
            + underWay.Sum(p => p.Lanes.Where(l => same(l.State.Key)).Sum(l => l.Most));
        var byQueue = limits.ByQueue.TryGetValue(lane.Queue, out var queue) ? queue - Used(l => l.Queue == lane.Queue) : int.MaxValue;
        var byType = limits.ByType.TryGetValue(lane.Type, out var type) ? type - Used(l => l.Type == lane.Type) : int.MaxValue;
        return Math.Min(byQueue, byType);
    }

    public void Check()
    {
        foreach (var (queue, limit) in limits.ByQueue)
        {
            var used = Running.Values.Count(r => r.Lane.Queue == queue) + Credited.Count(c => c.Lane.Queue == queue);
            Assert.True(used <= limit, $"{used} of queue {queue} run, {limit} may.");
        }

        foreach (var (type, limit) in limits.ByType)
        {
            var used = Running.Values.Count(r => r.Lane.Type == type) + Credited.Count(c => c.Lane.Type == type);
            Assert.True(used <= limit, $"{used} of type {type} run, {limit} may.");
        }

        foreach (var seat in Seats)
        {
            Assert.Equal(Running.Values.Count(r => r.Seat == seat) + Credited.Count(c => c.Seat == seat), seat.Held);
            var ahead = seat.Types.Max(t => Math.Min(seat.Prefetch, (long)Dispatcher.TimesOf(t).AheadPerSlot * seat.Slots));
            Assert.True(seat.Held <= seat.Slots + ahead, $"{seat.Held} held with {seat.Slots} slots and {ahead} ahead.");
        }

        if (posted.Count == 0)
        {
            // Too many costs one claim that comes back short; too few would leave a task waiting for ever.
            foreach (var lane in Lanes)
            {
                var ready = Dispatcher.Waiting.Where(w => w.Key == lane).Sum(w => w.Ready);
                Assert.True(ready >= stored[lane].Count, $"{stored[lane].Count} wait in {lane}, the dispatcher knows {ready}.");
            }
        }
    }

    /// <summary>With work being done and a seat for everything, nothing waits for ever.</summary>
    public void Drain()
    {
        Open(2, 0, "a", "b", "c");
        Seats.ForEach(s => s.Draining = false);
        var most = 10 + (4 * (int)(Waiting + Running.Count + posted.Count));
        for (var round = 0; round < most && (Waiting > 0 || Running.Count > 0 || posted.Count > 0 || Dispatcher.Ready > 0); round++)
        {
            Plan();
            Commit(int.MaxValue);
            foreach (var number in Running.Keys.ToList())
            {
                End(number, handBack: false);
            }
        }

        Assert.Equal(0, Waiting);
        Assert.Equal(0, Dispatcher.Ready);
        Assert.All(Seats, s => Assert.Equal(0, s.Held));
        Assert.All(Lanes, l => Assert.True(Room(l) > 0));
    }
}
