using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public abstract partial class TaskStoreContract
{
    private async Task<List<long>> ListAsync(TaskFilter filter) => [.. (await Store.ListAsync(filter, default)).Select(r => r.Number)];

    [Fact]
    public async Task Lists_filter_combine_and_page_newest_first()
    {
        var (w1, w2) = (await Store.LeaseAsync("w1"), await Store.LeaseAsync("w2"));
        var s = await Store.SubmitAsync(
            StoreActions.Task("a"),
            StoreActions.Task("b"),
            StoreActions.Task("a") with
            {
                Queue = "q2",
            },
            StoreActions.Task("a") with
            {
                Project = "p2",
            },
            StoreActions.Task("a") with
            {
                DueAt = Clock.Now + 1000,
            },
            StoreActions.Task("a")
        );
        await Store.FinishAsync((await Store.ClaimAsync(w1, 1, s.Lanes[0]))[0].Success(w1));
        await Store.ClaimAsync(w2, 1, s.Lanes[1]);
        await Store.RunAsync(new CancelOperation(6, "r", "x"));

        Assert.Equal([6, 5, 4, 3, 2, 1], await ListAsync(new()));
        Assert.Equal([5, 4, 3], await ListAsync(new() { States = [TaskState.Pending] }));
        Assert.Equal([6, 2], await ListAsync(new() { States = [TaskState.Assigned, TaskState.Cancelled] }));
        Assert.Equal([6, 1], await ListAsync(new() { States = [TaskState.Succeeded, TaskState.Cancelled] }));
        Assert.Equal([6, 5, 4, 3, 1], await ListAsync(new() { Type = "a" }));
        Assert.Equal(
            [5],
            await ListAsync(
                new()
                {
                    Type = "a",
                    Queue = "default",
                    Project = "default",
                    States = [TaskState.Pending],
                }
            )
        );
        Assert.Equal([3], await ListAsync(new() { Queue = "q2" }));
        Assert.Equal([4], await ListAsync(new() { Project = "p2" }));
        Assert.Equal([2], await ListAsync(new() { Worker = "w2" }));
        Assert.Empty(await ListAsync(new() { Worker = "w1", States = [TaskState.Pending] }));
        Assert.Empty(await ListAsync(new() { Type = "none" }));
        Assert.Equal([6, 5], await ListAsync(new() { Limit = 2 }));
        Assert.Equal([4, 3], await ListAsync(new() { Limit = 2, Before = 5 }));
    }

    [Fact]
    public async Task Lists_filter_by_key_and_by_labels()
    {
        await Store.SubmitAsync(
            StoreActions.Task("a") with
            {
                Key = "k",
                Labels = """{"zone":"a","n":"1"}""",
            },
            StoreActions.Task("a") with
            {
                Key = "k",
                Project = "p2",
                Labels = """{"zone":"a"}""",
            },
            StoreActions.Task("b") with
            {
                Key = "other",
            },
            StoreActions.Task("b") with
            {
                Labels = """{"a":"zone","it's":"% \"x\""}""",
            }
        );

        Assert.Equal([2, 1], await ListAsync(new() { Key = "k" }));
        Assert.Equal([1], await ListAsync(new() { Key = "k", Project = "default" }));
        Assert.Empty(await ListAsync(new() { Key = "none" }));
        Assert.Equal([2, 1], await LabelledAsync(("zone", "a")));
        Assert.Equal([1], await LabelledAsync(("zone", "a"), ("n", "1")));
        Assert.Empty(await LabelledAsync(("zone", "a"), ("n", "2")));
        Assert.Equal([4], await LabelledAsync(("it's", "% \"x\"")));
        Assert.Empty(await LabelledAsync(("zone", "")));
    }

    private Task<List<long>> LabelledAsync(params (string Name, string Value)[] labels) =>
        ListAsync(new() { Labels = labels.ToDictionary(l => l.Name, l => l.Value, StringComparer.Ordinal) });

    [Fact]
    public async Task Lists_without_bodies_leave_them_empty()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.FinishAsync(task.Success(w));
        var record = Assert.Single(await Store.ListAsync(new() { WithoutBodies = true }, default));
        Assert.Equal((true, false), (record.Payload.IsEmpty, record.Result.HasValue));
        Assert.Equal(TaskState.Succeeded, record.State);
        Assert.Equal("{}", Assert.Single(await Store.ListAsync(new(), default)).Payload.Text());
    }

    [Fact]
    public async Task Lists_without_bodies_still_say_why_a_task_failed()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.FinishAsync(task.Failure(w));
        var record = Assert.Single(await Store.ListAsync(new() { WithoutBodies = true }, default));
        Assert.Equal((true, true), (record.Payload.IsEmpty, record.Failure.HasValue));
    }

    [Fact]
    public async Task The_last_dead_are_those_that_died_last_whatever_their_numbers()
    {
        var worker = await Store.LeaseAsync("w");
        var lane = (await Store.SubmitAsync([.. Enumerable.Range(0, 5).Select(_ => StoreActions.Task("a"))])).Lanes[0];
        var claimed = await Store.ClaimAsync(worker, 5, lane);
        var died = new Dictionary<long, long>();
        foreach (var i in new[] { 4, 1, 3, 0 })
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            if (i == 3)
            {
                await Store.FinishAsync(claimed[i].Failure(worker, retryable: false));
                continue;
            }

            var lost = new AttemptRef(claimed[i].Number, claimed[i].Attempt);
            await Store.RunAsync(new ReturnOperation(worker, [lost], ReturnReason.WorkerLost) { MaxLosses = 0 });
            died[claimed[i].Number] = Clock.Now;
        }

        // The first of all died last; the fourth is FAILED, not DEAD, and the third runs.
        Assert.Equal([1, 2, 5], (await Store.LastDeadAsync(0, 10, default)).Select(t => t.Number));
        Assert.Equal([1, 2], (await Store.LastDeadAsync(0, 2, default)).Select(t => t.Number));
        Assert.Equal([1, 2], (await Store.LastDeadAsync(died[2], 10, default)).Select(t => t.Number));
        Assert.Empty(await Store.LastDeadAsync(died[1] + 1, 10, default));
        var last = (await Store.LastDeadAsync(0, 1, default))[0];
        Assert.Equal((TaskState.Dead, died[1], true, true), (last.State, last.FinishedAt, last.Failure.HasValue, last.Payload.IsEmpty));
    }

    [Fact]
    public async Task Tasks_are_got_by_number_and_those_not_here_left_out()
    {
        await Store.SubmitAsync(StoreActions.Task("a"), StoreActions.Task("b"));
        Assert.Null(await Store.GetAsync(3, default));
        Assert.Null(await Store.GetAsync(-1, default));
        Assert.Equal(["b", "a"], (await Store.GetManyAsync([2, 77, 1], 1000, default)).Tasks.Select(r => r.Type));
        Assert.Empty((await Store.GetManyAsync([], 1000, default)).Tasks);
    }

    [Fact]
    public async Task Counts_of_states_and_lanes_follow_every_change()
    {
        var w = await Store.LeaseAsync("w");
        var s = await Store.SubmitAsync(
            StoreActions.Task("a"),
            StoreActions.Task("a"),
            StoreActions.Task("b"),
            StoreActions.Task("b") with
            {
                DueAt = Clock.Now + 5,
            }
        );
        await CountsAreAsync(4, 0, 0, 0, 0, 0, 0);
        var claimed = await Store.ClaimAsync(w, 2, s.Lanes[0]);
        await Store.RunAsync(new StartedOperation(w, [(new(claimed[0].Number, 1), 1)]));
        await CountsAreAsync(2, 1, 1, 0, 0, 0, 0);
        Assert.Equal([new LaneCount(s.Lanes[2], 1, 1)], await Store.CountLanesAsync(default));
        await Store.FinishAsync(claimed[0].Success(w));
        await Store.FinishAsync(claimed[1].Failure(w));
        await CountsAreAsync(3, 0, 0, 1, 0, 0, 0);
        Assert.Equal([new LaneCount(s.Lanes[0], 0, 1), new LaneCount(s.Lanes[2], 1, 1)], await Store.CountLanesAsync(default));
        await Store.RunAsync(new CancelOperation(2, "r", "x"));
        await Store.RunAsync(new CancelOperation(4, "r", "x"));
        await CountsAreAsync(1, 0, 0, 1, 0, 2, 0);
        Assert.Equal([new LaneCount(s.Lanes[2], 1, 0)], await Store.CountLanesAsync(default));
        await ReopenAsync();
        await CountsAreAsync(1, 0, 0, 1, 0, 2, 0);
        Assert.Equal([new LaneCount(s.Lanes[2], 1, 0)], await Store.CountLanesAsync(default));
    }

    [Fact]
    public async Task Retention_removes_what_ended_before_a_time_oldest_first_and_nothing_else()
    {
        var w = await Store.LeaseAsync("w");
        var lane = (await Store.SubmitAsync([.. Enumerable.Range(0, 6).Select(_ => StoreActions.Task())])).Lanes[0];
        var claimed = await Store.ClaimAsync(w, 5, lane);
        Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var i in new[] { 0, 1, 3 })
        {
            await Store.FinishAsync(claimed[i].Success(w));
        }

        Clock.Advance(TimeSpan.FromSeconds(1));
        var before = Clock.Now;
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.FinishAsync(claimed[2].Success(w));
        Assert.Equal(2, (await Store.RunAsync(new PruneOperation(before, 2))).Removed);
        Assert.Equal([6, 5, 4, 3], await ListAsync(new()));
        Assert.Equal(1, (await Store.RunAsync(new PruneOperation(before, 2))).Removed);
        Assert.Equal(0, (await Store.RunAsync(new PruneOperation(before, 2))).Removed);
        Assert.Equal([6, 5, 3], await ListAsync(new()));
        await CountsAreAsync(1, 1, 0, 1, 0, 0, 0);

        Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.FinishAsync(claimed[4].Success(w));
        Assert.Equal(1, (await Store.RunAsync(new PruneOperation(Clock.Now, 9))).Removed);
        Assert.Equal([6, 5], await ListAsync(new()));
        Assert.Equal(OutcomeVerdict.Unknown, await Store.FinishAsync(claimed[0].Success(w)));
    }

    [Fact]
    public async Task A_page_of_tasks_ends_when_it_has_its_bytes()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.FinishAsync(task.Success(w, '"' + new string('r', 5000) + '"'));
        await Store.SubmitAsync([.. Enumerable.Range(0, 4).Select(_ => StoreActions.Task(payload: '"' + new string('p', 1000) + '"'))]);
        long[] all = [task.Number, 77, 2, 3, 4, 5];

        // The first alone has more than was asked for.
        var page = await Store.GetManyAsync(all, 2000, default);
        Assert.Equal([1L], page.Tasks.Select(t => t.Number));
        Assert.Equal(1, page.Read);
        page = await Store.GetManyAsync(all[1..], 2000, default);
        Assert.Equal([2L, 3L], page.Tasks.Select(t => t.Number));
        Assert.Equal(3, page.Read);
        page = await Store.GetManyAsync(all[4..], 2005, default);
        Assert.Equal([4L, 5L], page.Tasks.Select(t => t.Number));
        Assert.Equal(2, page.Read);
    }

    [Fact]
    public async Task States_are_read_by_number()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.SubmitAsync(StoreActions.Task());
        await Store.FinishAsync(task.Success(w));
        Assert.Equal([(2L, TaskState.Pending), (1L, TaskState.Succeeded)], await Store.StatesAsync([2, 77, 1], default));
        Assert.Empty(await Store.StatesAsync([], default));
    }
}
