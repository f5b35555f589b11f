using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;

namespace OpenClaw.Tests.Manager;

/// <summary>Random days of a dispatcher: each number is one thing that happens, and the rules of <see cref="DispatcherRig"/> hold after each.</summary>
public sealed class DispatcherPropertyTests
{
    private static readonly string[][] TypeSets =
    [
        ["a"],
        ["b"],
        ["a", "b"],
        ["a", "b", "c"],
    ];

    private static DispatchLimits LimitsOf(int pick) =>
        new()
        {
            ByQueue = pick % 3 == 0 ? [] : new Dictionary<string, int> { ["limited"] = 1 + (pick % 4) },
            ByType = pick % 2 == 0 ? [] : new Dictionary<string, int> { ["b"] = 1 + (pick % 3) },
        };

    private static int Live(int pick, int[] happenings)
    {
        var rig = new DispatcherRig(LimitsOf(Math.Abs(pick % 1000)));
        rig.Open(6, 3, "a", "b");
        foreach (var happening in happenings)
        {
            // Small numbers spread wide, so that every number means something else and shrinking still works.
            Happen(rig, (int)(unchecked((uint)happening * 2_654_435_761u) >> 8));
            rig.Check();
        }

        rig.Drain();
        return rig.DirectCredits;
    }

    private static void Happen(DispatcherRig rig, int happening)
    {
        var detail = happening / 16;
        var lane = DispatcherRig.Lanes[detail % DispatcherRig.Lanes.Length];
        switch (happening % 16)
        {
            case <= 2:
                rig.Submit(lane, detail % 3);
                break;
            case <= 4:
                rig.Plan();
                break;
            case <= 7:
                rig.Commit(1 + (detail % 5));
                break;
            case 8:
                rig.Commit(1 + (detail % 3), ok: false);
                break;
            case <= 12 when rig.Running.Count > 0:
                rig.End(rig.Running.Keys.Order().ElementAt(detail % rig.Running.Count), handBack: detail % 5 == 0);
                break;
            case 13 when rig.Dispatcher.Seats.Count < 4:
                rig.Open(1 + (detail % 3), detail % 7, TypeSets[detail % TypeSets.Length]);
                break;
            case 14 when detail % 4 == 0 && rig.Dispatcher.Seats.Count > 0:
                rig.Close(rig.Dispatcher.Seats[detail % rig.Dispatcher.Seats.Count]);
                break;
            case 14:
                rig.Cancel(lane);
                break;
            case 15 when detail % 2 == 0:
                rig.Dispatcher.TimesOf(lane.Type).Observe(detail % 100_000);
                break;
            case 15 when rig.Dispatcher.Seats.Count > 0 && detail % 5 == 0:
                rig.Dispatcher.Seats[0].Draining = true;
                break;
            default:
                break;
        }
    }

    [Fact]
    public void TheRulesHoldWhateverHappens()
    {
        var credits = 0;
        var gate = new Lock();
        Prop.ForAll<int, int[]>(
                (pick, happenings) =>
                {
                    var direct = Live(pick, happenings);
                    lock (gate)
                    {
                        credits += direct;
                    }
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1500).WithEndSize(250));

        // A property that never reached the fast path would prove nothing about it.
        Assert.True(credits > 500, $"only {credits} direct credits");
    }

    [Fact]
    public void LanesUnderOneLimitTakeTurns()
    {
        var rig = new DispatcherRig(new DispatchLimits { ByQueue = new Dictionary<string, int> { ["limited"] = 1 } });
        rig.Open(4, 0, "a", "b", "c");
        rig.Open(4, 0, "a", "b", "c");
        var limited = DispatcherRig.Lanes.Where(l => l.Queue == "limited").ToList();
        var served = new HashSet<LaneKey>();
        for (var round = 0; round < 12; round++)
        {
            limited.ForEach(l => rig.Submit(l));
            rig.Plan();
            rig.Commit(int.MaxValue);
            var (number, held) = Assert.Single(rig.Running);
            served.Add(held.Lane);
            rig.End(number, handBack: false);
        }

        Assert.Equal(limited.ToHashSet(), served);
    }

    [Fact]
    public void ALimitHoldsForSeveralLanesOfOneClaim()
    {
        var rig = new DispatcherRig(new DispatchLimits { ByType = new Dictionary<string, int> { ["b"] = 2 } });
        foreach (var lane in DispatcherRig.Lanes)
        {
            Enumerable.Range(0, 5).ToList().ForEach(_ => rig.Submit(lane));
        }

        rig.Commit(int.MaxValue);
        rig.Open(30, 0, "a", "b", "c");
        rig.Plan();
        rig.Commit(int.MaxValue);
        Assert.Equal(2, rig.Running.Values.Count(r => r.Lane.Type == "b"));
        Assert.Equal(22, rig.Running.Count);
    }

    [Fact]
    public void ALaneThatTheStoreRemovedIsForgottenAndFoundAgainUnderItsNewNumber()
    {
        var dispatcher = new Dispatcher(new DispatchLimits());
        var seat = new WorkerSeat(new WorkerRef("w", 1), 4, 0);
        seat.Types.Add("noop");
        dispatcher.AddSeat(seat);
        var (key, old, now) = (new LaneKey("p", "q", "noop"), new Lane(3, "p", "q", "noop"), new Lane(9, "p", "q", "noop"));
        var before = dispatcher.Remembered;
        dispatcher.Know(old);
        dispatcher.Forget(new Lane(2, "p", "q", "noop"));
        Assert.Equal(before + 1, dispatcher.Remembered);
        dispatcher.Forget(old);
        Assert.Equal(before, dispatcher.Remembered);

        // One whose task is on its way to the store: no claim names the old number any more.
        dispatcher.Know(old);
        dispatcher.AddReady(key, null, 1);
        dispatcher.Forget(old);
        Assert.Empty(dispatcher.Plan());
        dispatcher.Know(now);
        var plan = Assert.Single(dispatcher.Plan());
        Assert.Equal(now, Assert.Single(plan.Shares()).Lane);
        dispatcher.ClaimFailed(plan);

        // Another manager was not told of the removal: the newer number counts, whatever comes late.
        dispatcher.Know(old);
        Assert.Equal(now, Assert.Single(Assert.Single(dispatcher.Plan()).Shares()).Lane);
    }

    [Fact]
    public void AClaimOfARemovedLaneLeavesTheTasksOfTheNewOneCounted()
    {
        var dispatcher = new Dispatcher(new DispatchLimits());
        var seat = new WorkerSeat(new WorkerRef("w", 1), 2, 0);
        seat.Types.Add("noop");
        dispatcher.AddSeat(seat);
        var (key, old, now) = (new LaneKey("p", "q", "noop"), new Lane(3, "p", "q", "noop"), new Lane(9, "p", "q", "noop"));
        dispatcher.Know(old);

        // In the store's order: the removal, the submission that draws a new number, the claim that still names the old one.
        dispatcher.AddReady(key, null, 1);
        var plan = Assert.Single(dispatcher.Plan());
        dispatcher.Forget(old);
        dispatcher.Know(now);
        Assert.Equal(old, Assert.Single(plan.Shares()).Lane);
        dispatcher.Claimed(plan, []);
        Assert.Equal(now, Assert.Single(Assert.Single(dispatcher.Plan()).Shares()).Lane);
    }

    [Fact]
    public void CreditsPromisedToAClaimAreNotGivenTwice()
    {
        var rig = new DispatcherRig(new DispatchLimits { ByType = new Dictionary<string, int> { ["b"] = 1 } });
        rig.Submit(new LaneKey("p", "q", "b"));
        rig.Commit(1);
        var seat = rig.Open(1, 0, "a", "b");
        rig.Plan();

        // The claim under way has reached the limit of b, so nothing eligible waits; the one slot is promised all the same.
        Assert.Null(rig.Dispatcher.TakeCredit(new LaneKey("p", "q", "a")));
        rig.Commit(1);
        Assert.Equal(1, seat.Held);
    }

    [Fact]
    public void TheLeastLoadedSeatIsServedFirst()
    {
        var rig = new DispatcherRig(new DispatchLimits());
        var busy = rig.Open(2, 0, "a");
        Assert.Same(busy, rig.Dispatcher.TakeCredit(DispatcherRig.Lanes[0]));
        var idle = rig.Open(2, 0, "a");
        Assert.Same(idle, rig.Dispatcher.TakeCredit(DispatcherRig.Lanes[0]));
        Assert.False(rig.Dispatcher.IsServed("c"));
    }

    [Fact]
    public void ASeatOfAnySizeCountsItsCreditsRight()
    {
        var times = new TypeTimes();
        times.Observe(1);
        Assert.Equal(int.MaxValue, new WorkerSeat(new("w", 1), int.MaxValue, 0).Credits(times));
        Assert.Equal(2_000_010, new WorkerSeat(new("w", 1), 2_000_000, 10).Credits(times));
        Assert.Equal(2 + 7, new WorkerSeat(new("w", 1), 2, 7).Credits(times));
        Assert.Equal(2, new WorkerSeat(new("w", 1), 2, 7).Credits(new TypeTimes()));
    }

    [Fact]
    public void AWorkerWithEnoughAheadIsToppedUpByNoFewerThanAQuarter()
    {
        var dispatcher = new Dispatcher(new DispatchLimits());
        var lane = new LaneKey("p", "q", "a");
        var seat = new WorkerSeat(new WorkerRef("w", 1), 2, 100);
        seat.Types.Add("a");
        dispatcher.AddSeat(seat);
        dispatcher.TimesOf("a").Observe(1);
        dispatcher.AddReady(lane, new Lane(1, "p", "q", "a"), 10_000);
        Claim(102);
        Free(24);
        Assert.Empty(dispatcher.Plan());
        Free(1);
        Claim(25);
        Free(102);
        dispatcher.RemoveReady(lane, 10_000);
        dispatcher.AddReady(lane, null, 3);
        // Half empty or more: whatever there is.
        Claim(3);

        void Free(int count)
        {
            for (var i = 0; i < count; i++)
            {
                dispatcher.Free(seat, lane);
            }
        }

        void Claim(int expected)
        {
            var plan = Assert.Single(dispatcher.Plan());
            Assert.Equal(expected, plan.Count);
            var claimed = Enumerable
                .Range(0, expected)
                .Select(n => new ClaimedTask
                {
                    Number = n,
                    Lane = new Lane(1, "p", "q", "a"),
                    Attempt = 1,
                    Priority = 0,
                    Retries = 0,
                    TimeoutMs = 0,
                    PluginVersion = null,
                    Payload = default,
                });
            dispatcher.Claimed(plan, [.. claimed]);
        }
    }

    [Fact]
    public void TypeTimesRiseAtOnceFallSlowlyAndStayInBounds() =>
        Prop.ForAll<long[]>(values =>
            {
                var times = new TypeTimes();
                foreach (var value in values)
                {
                    var micros = Math.Abs(value % 10_000_000_000);
                    var before = times.MeanMicros;
                    times.Observe(micros);
                    Assert.InRange(times.AheadPerSlot, 0, TypeTimes.MostAhead);
                    if (!double.IsNaN(before))
                    {
                        var (low, high) = (Math.Min(before, Math.Max(1, micros)), Math.Max(before, Math.Max(1, micros)));
                        Assert.InRange(times.MeanMicros, low - 1e-6, high + 1e-6);
                        Assert.True(times.MeanMicros >= before * 0.94, "fell faster than its weight");
                        Assert.True(micros <= before * 8 || times.MeanMicros >= micros * 0.3, "did not follow a rise");
                    }
                }
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
}
