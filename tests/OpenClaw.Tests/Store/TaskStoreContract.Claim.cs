using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public abstract partial class TaskStoreContract
{
    [Fact]
    public async Task Claims_take_the_highest_priority_then_the_oldest_over_all_lanes_named()
    {
        var worker = await Store.LeaseAsync("w");
        var s = await Store.SubmitAsync(
            StoreActions.Task("a"),
            StoreActions.Task("b", priority: 5),
            StoreActions.Task("a", priority: 5),
            StoreActions.Task("c", priority: 9),
            StoreActions.Task("b"),
            StoreActions.Task("a", priority: -1)
        );
        var claimed = await Store.ClaimAsync(worker, 10, s.Lanes[0], s.Lanes[1]);
        Assert.Equal([2L, 3L, 1L, 5L, 6L], claimed.Select(c => c.Number));
        Assert.Equal([5, 5, 0, 0, -1], claimed.Select(c => c.Priority));
        Assert.Equal(s.Lanes[1], claimed[0].Lane);
        Assert.Equal([4L], (await Store.ClaimAsync(worker, 10, s.Lanes[3])).Select(c => c.Number));
    }

    [Fact]
    public async Task No_task_jumps_the_queue_however_many_lanes_and_chunks_there_are()
    {
        var random = new Random(4711);
        var worker = await Store.LeaseAsync("w");
        var tasks = Enumerable.Range(0, 600).Select(_ => StoreActions.Task("t" + random.Next(5), priority: random.Next(-1, 2))).ToArray();
        var submitted = await Store.SubmitAsync(tasks);
        var lanes = submitted.Lanes.Distinct().ToArray();
        var expected = Enumerable
            .Range(0, 600)
            .OrderByDescending(i => tasks[i].Priority)
            .ThenBy(i => i)
            .Select(i => submitted.Numbers[i])
            .ToList();
        var got = new List<long>();
        while (got.Count < 600)
        {
            var claimed = await Store.ClaimAsync(worker, random.Next(1, 90), lanes);
            Assert.NotEmpty(claimed);
            got.AddRange(claimed.Select(c => c.Number));
        }

        Assert.Equal(expected, got);
    }

    [Fact]
    public async Task A_claim_keeps_the_bounds_of_lanes_and_of_itself_and_takes_a_lane_once()
    {
        var worker = await Store.LeaseAsync("w");
        var s = await Store.SubmitAsync([.. Enumerable.Range(0, 10).Select(i => StoreActions.Task(i < 5 ? "a" : "b"))]);
        var (a, b) = (s.Lanes[0], s.Lanes[9]);
        var claim = await Store.RunAsync(new ClaimOperation(worker, [new(a, 2), new(b, 10), new(a, 2)], 6));
        Assert.Equal([1L, 2L, 6L, 7L, 8L, 9L], claim.Claimed.Select(c => c.Number));
    }

    [Fact]
    public async Task A_claim_hands_over_what_a_worker_needs_and_marks_the_task()
    {
        var worker = await Store.LeaseAsync("w", 42);
        var s = await Store.SubmitAsync(StoreActions.Task(payload: "[1]") with { TimeoutMs = 77, PluginVersion = "v1" });
        Clock.Advance(TimeSpan.FromSeconds(3));
        var claimed = Assert.Single(await Store.ClaimAsync(worker, 5, s.Lanes[0]));
        Assert.Equal(
            ("[1]", 77L, "v1", 1, 0),
            (claimed.Payload.Text(), claimed.TimeoutMs, claimed.PluginVersion, claimed.Attempt, claimed.Retries)
        );
        var record = await Store.RecordAsync(1);
        Assert.Equal(
            (TaskState.Assigned, 1, "w", 42L, Clock.Now),
            (record.State, record.Attempt, record.Worker, record.Incarnation, record.AssignedAt)
        );
        Assert.Empty(await Store.ClaimAsync(worker, 5, s.Lanes[0]));
    }

    [Fact]
    public async Task Interleaved_claims_of_two_managers_never_get_the_same_task()
    {
        var (w1, w2) = (await Store.LeaseAsync("w1"), await Store.LeaseAsync("w2"));
        var s = await Store.SubmitAsync([.. Enumerable.Range(0, 50).Select(_ => StoreActions.Task())]);
        var claims = Enumerable.Range(0, 12).Select(i => new ClaimOperation(i % 2 == 0 ? w1 : w2, [new(s.Lanes[0], 5)], 5)).ToList();
        await Store.ExecuteAsync(claims[..4], TestContext.Current.CancellationToken);
        await Store.ExecuteAsync(claims[4..], TestContext.Current.CancellationToken);
        var all = claims.SelectMany(c => c.Claimed).Select(c => c.Number).ToList();
        Assert.Equal(50, all.Count);
        Assert.Equal(50, all.Distinct().Count());
        Assert.Empty(claims[^1].Claimed);
    }

    [Fact]
    public async Task An_incarnation_without_a_lease_claims_nothing()
    {
        var s = await Store.SubmitAsync(StoreActions.Task());
        var claim = await Store.RunAsync(new ClaimOperation(new WorkerRef("w", 1), [new(s.Lanes[0], 1)], 1));
        Assert.Equal(Catalogue.LeaseLost, claim.Refused?.Entry);
        Assert.Empty(claim.Claimed);
    }

    [Fact]
    public async Task Each_operation_of_a_batch_sees_those_before_it()
    {
        var w = new WorkerRef("w", 1);
        var lane = (await Store.SubmitAsync(StoreActions.Task())).Lanes[0];
        var lease = new LeaseOperation([
            new Lease
            {
                Worker = w,
                Manager = "m",
                Until = long.MaxValue,
            },
        ]);
        var submit = new SubmitOperation([StoreActions.Task()]);
        var claim = new ClaimOperation(w, [new(lane, 9)], 9);
        var outcome = new OutcomeOperation([new AttemptRef(1, 1).Success(w), new AttemptRef(1, 1).Success(w)]);
        await Store.ExecuteAsync([lease, submit, claim, outcome], TestContext.Current.CancellationToken);
        Assert.Equal([1L, 2L], claim.Claimed.Select(c => c.Number));
        Assert.Equal([OutcomeVerdict.Recorded, OutcomeVerdict.Repeated], outcome.Verdicts);
    }

    [Fact]
    public async Task Delayed_tasks_are_claimed_once_they_were_promoted()
    {
        var worker = await Store.LeaseAsync("w");
        var s = await Store.SubmitAsync(
            StoreActions.Task() with
            {
                DueAt = Clock.Now + 1000,
            },
            StoreActions.Task() with
            {
                DueAt = Clock.Now + 5000,
            }
        );
        var lane = s.Lanes[0];
        Assert.Equal(new LaneCount(lane, 0, 2), Assert.Single(await Store.CountLanesAsync(default)));
        Assert.Equal((lane.Queue, 2), Delayed());
        Assert.Empty(await Store.ClaimAsync(worker, 5, lane));
        var early = await Store.RunAsync(new PromoteOperation());
        Assert.Equal(((long?)Clock.Now + 1000, 0), (early.NextDue, early.Promoted.Count));

        Clock.Advance(TimeSpan.FromSeconds(1));
        var promoted = await Store.RunAsync(new PromoteOperation());
        Assert.Equal(1, promoted.Promoted[lane]);
        Assert.Equal((long?)Clock.Now + 4000, promoted.NextDue);
        Assert.Equal(new LaneCount(lane, 1, 1), Assert.Single(await Store.CountLanesAsync(default)));
        Assert.Equal((lane.Queue, 1), Delayed());
        Assert.Equal([1L], (await Store.ClaimAsync(worker, 5, lane)).Select(c => c.Number));

        Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Null((await Store.RunAsync(new PromoteOperation())).NextDue);
        Assert.Equal(0, (await Store.RecordAsync(2)).DueAt);
        Assert.Empty(Store.DelayedByQueue);

        (string, long) Delayed()
        {
            var (queue, tasks) = Assert.Single(Store.DelayedByQueue);
            return (queue, tasks);
        }
    }

    [Fact]
    public async Task Promotion_keeps_its_bound_and_the_order_of_time()
    {
        await Store.SubmitAsync([.. Enumerable.Range(0, 5).Select(i => StoreActions.Task() with { DueAt = Clock.Now + 1000 - i })]);
        Clock.Advance(TimeSpan.FromSeconds(2));
        var first = await Store.RunAsync(new PromoteOperation(2));
        Assert.Equal(2, first.Promoted.Values.Sum());
        Assert.Equal((0L, 0L), ((await Store.RecordAsync(5)).DueAt, (await Store.RecordAsync(4)).DueAt));
        Assert.NotNull(first.NextDue);
        Assert.Equal(3, (await Store.RunAsync(new PromoteOperation(9))).Promoted.Values.Sum());
    }
}
