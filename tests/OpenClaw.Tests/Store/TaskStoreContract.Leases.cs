using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public abstract partial class TaskStoreContract
{
    [Fact]
    public async Task A_lease_is_one_row_for_an_incarnation_and_is_renewed_in_place()
    {
        await Store.LeaseAsync("w", 1, until: 100);
        await Store.LeaseAsync("w", 2, until: 200);
        await Store.RunAsync(
            new LeaseOperation([
                new Lease
                {
                    Worker = new("w", 1),
                    Manager = "m2",
                    Identity = "mark",
                    Until = 300,
                },
            ])
        );
        await Store.RunAsync(new ExtendLeasesOperation(200));
        await AssertLeasesAsync();
        await ReopenAsync();
        await AssertLeasesAsync();

        async Task AssertLeasesAsync() =>
            Assert.Equal(
                [(1, "m2", 300, "mark"), (2, "m1", 200, "")],
                (await Store.LeasesAsync(default))
                    .OrderBy(l => l.Worker.Incarnation)
                    .Select(l => (l.Worker.Incarnation, l.Manager, l.Until, l.Identity))
            );
    }

    [Fact]
    public async Task A_manager_that_starts_extends_every_lease_and_shortens_none()
    {
        await Store.LeaseAsync("a", 1, until: 100);
        await Store.LeaseAsync("b", 1, until: 900);
        await Store.RunAsync(new ExtendLeasesOperation(500));
        Assert.Equal([500L, 900L], (await Store.LeasesAsync(default)).OrderBy(l => l.Worker.Worker).Select(l => l.Until));
        await ReopenAsync();
        Assert.Equal([500L, 900L], (await Store.LeasesAsync(default)).OrderBy(l => l.Worker.Worker).Select(l => l.Until));
    }

    [Fact]
    public async Task A_lease_from_before_the_clock_was_set_back_is_cut_at_the_start()
    {
        await Store.LeaseAsync("early", 1, until: 100);
        await Store.LeaseAsync("fine", 1, until: 900);
        await Store.LeaseAsync("far", 1, until: 90_000);
        await Store.RunAsync(new ExtendLeasesOperation(500) { Latest = 1000 });
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                [("early", 500L), ("far", 1000L), ("fine", 900L)],
                (await Store.LeasesAsync(default)).OrderBy(l => l.Worker.Worker).Select(l => (l.Worker.Worker, l.Until))
            );
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task A_lease_that_was_promised_for_longer_is_cut_to_its_promise_alone()
    {
        await Store.RunAsync(
            new LeaseOperation([
                new Lease
                {
                    Worker = new("long", 1),
                    Manager = "m1",
                    Until = 5_100,
                    Length = 5_000,
                },
            ])
        );
        await Store.LeaseAsync("old", 1, until: 90_000);
        await Store.RunAsync(new ExtendLeasesOperation(500) { Latest = 1000, Now = 50 });
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                [("long", 5_050L), ("old", 1000L)],
                (await Store.LeasesAsync(default)).OrderBy(l => l.Worker.Worker).Select(l => (l.Worker.Worker, l.Until))
            );
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task A_drain_is_kept_until_it_is_taken_back()
    {
        var (a, b) = (Drained("a", 5, ""), Drained("b", 7, "a new disk"));
        await Store.RunAsync(new DrainOperation([b, a], ["never"]));
        Assert.Equal([a, b], await Store.DrainsAsync(default));
        await ReopenAsync();
        Assert.Equal([a, b], await Store.DrainsAsync(default));
        await Store.RunAsync(new DrainOperation([Drained("a", 9, "again")], ["b"]));
        await ReopenAsync();
        Assert.Equal([Drained("a", 9, "again")], await Store.DrainsAsync(default));

        static Drain Drained(string worker, long since, string reason) =>
            new()
            {
                Worker = worker,
                Since = since,
                By = "anna",
                Reason = reason,
            };
    }

    [Fact]
    public async Task What_an_incarnation_holds_is_its_own()
    {
        var (a, b) = (await Store.LeaseAsync("w", 1), await Store.LeaseAsync("w", 2));
        var lane = (await Store.SubmitAsync([.. Enumerable.Range(0, 4).Select(_ => StoreActions.Task())])).Lanes[0];
        var first = await Store.ClaimAsync(a, 2, lane);
        await Store.ClaimAsync(b, 2, lane);
        await Store.RunAsync(new StartedOperation(a, [(new(first[0].Number, 1), 5)]));
        Assert.Equal([(new AttemptRef(1, 1), lane), (new AttemptRef(2, 1), lane)], await Store.HeldByAsync(a, default));
        Assert.Equal([(new AttemptRef(3, 1), lane), (new AttemptRef(4, 1), lane)], await Store.HeldByAsync(b, default));
        await Store.FinishAsync(first[0].Success(a));
        Assert.Equal([(new AttemptRef(2, 1), lane)], await Store.HeldByAsync(a, default));
        Assert.Empty(await Store.HeldByAsync(new WorkerRef("none", 1), default));
    }

    [Fact]
    public async Task A_release_puts_back_all_that_one_incarnation_holds_and_ends_its_lease()
    {
        var (a, b) = (await Store.LeaseAsync("w", 1), await Store.LeaseAsync("w", 2));
        var lane = (await Store.SubmitAsync([.. Enumerable.Range(0, 4).Select(_ => StoreActions.Task())])).Lanes[0];
        var claimed = await Store.ClaimAsync(a, 3, lane);
        await Store.ClaimAsync(b, 1, lane);
        await Store.RunAsync(new StartedOperation(a, [(new(claimed[1].Number, 1), 5)]));
        await Store.FinishAsync(claimed[2].Success(a));

        var release = await Store.RunAsync(new ReleaseOperation(a, ReturnReason.WorkerLost));
        Assert.True(release.Released);
        Assert.Equal([new ReturnedTask(1, lane, TaskState.Pending), new ReturnedTask(2, lane, TaskState.Pending)], release.Returned);
        Assert.Equal(b, Assert.Single(await Store.LeasesAsync(default)).Worker);
        Assert.Equal((1, 0), ((await Store.RecordAsync(1)).Losses, (await Store.RecordAsync(1)).Retries));
        Assert.Equal(TaskState.Assigned, await Store.StateAsync(4));
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(claimed[0].Success(a)));
        Assert.Equal([1L, 2L], (await Store.ClaimAsync(b, 9, lane)).Select(c => c.Number));
    }

    [Fact]
    public async Task A_release_of_ended_leases_loses_against_a_heartbeat_that_came_first()
    {
        var w = await Store.LeaseAsync("w", 1, until: Clock.Now + 1000);
        var lane = (await Store.SubmitAsync(StoreActions.Task())).Lanes[0];
        await Store.ClaimAsync(w, 1, lane);
        Clock.Advance(TimeSpan.FromSeconds(2));

        var renew = new LeaseOperation([
            new Lease
            {
                Worker = w,
                Manager = "m1",
                Until = Clock.Now + 1000,
            },
        ]);
        var release = new ReleaseOperation(w, ReturnReason.WorkerLost) { OnlyIfExpired = true };
        await Store.ExecuteAsync([renew, release], TestContext.Current.CancellationToken);
        Assert.False(release.Released);
        Assert.Empty(release.Returned);
        Assert.Equal(TaskState.Assigned, await Store.StateAsync(1));

        Clock.Advance(TimeSpan.FromSeconds(2));
        var second = await Store.RunAsync(new ReleaseOperation(w, ReturnReason.WorkerLost) { OnlyIfExpired = true });
        Assert.True(second.Released);
        Assert.Equal(TaskState.Pending, await Store.StateAsync(1));
        Assert.Empty(await Store.LeasesAsync(default));
    }

    [Fact]
    public async Task Losing_its_workers_too_often_ends_a_task_with_the_reason()
    {
        var lane = (await Store.SubmitAsync(StoreActions.Task(retries: 0))).Lanes[0];
        for (var i = 1; i <= 3; i++)
        {
            var w = await Store.LeaseAsync("w", i);
            await Store.ClaimAsync(w, 1, lane);
            var release = await Store.RunAsync(new ReleaseOperation(w, ReturnReason.WorkerLost) { MaxLosses = 2 });
            var back = Assert.Single(release.Returned);
            Assert.Equal(i <= 2 ? TaskState.Pending : TaskState.Dead, back.State);

            // Nobody waits for the loss of one worker. A task that has lost several waits, so that it cannot use up their restarts.
            Assert.Equal(i == 2 ? Clock.Now + (long)RetryPolicy.Delay(new TaskId(1), 2).TotalMilliseconds : 0, back.DueAt);
            Assert.Equal(i == 2, (await Store.RecordAsync(1)).DueAt > 0);
            if (back.DueAt > 0)
            {
                Assert.Empty(await Store.ClaimAsync(await Store.LeaseAsync("w", i + 10), 1, lane));
                Clock.Advance(TimeSpan.FromMilliseconds(back.DueAt - Clock.Now));
                await Store.RunAsync(new PromoteOperation());
            }
        }

        var record = await Store.RecordAsync(1);
        Assert.Equal((TaskState.Dead, 3, 0, Clock.Now), (record.State, record.Losses, record.Retries, record.FinishedAt));
        Assert.Equal(Catalogue.WorkerLost.Code, TaskFailure.FromJson(record.Failure!.Value.Span)!.Code);
        await Store.RunAsync(new RetryOperation(1));
        Assert.Equal((TaskState.Pending, 0), ((await Store.RecordAsync(1)).State, (await Store.RecordAsync(1)).Losses));
    }

    [Fact]
    public async Task Handing_back_blames_nobody_and_raises_nothing()
    {
        var (w, task) = await HeldTaskAsync();
        for (var attempt = 1; attempt < 10; attempt++)
        {
            var back = await Store.RunAsync(new ReturnOperation(w, [new(task.Number, attempt)], ReturnReason.HandedBack) { MaxLosses = 0 });
            Assert.Equal(new ReturnedTask(task.Number, task.Lane, TaskState.Pending), Assert.Single(back.Returned));
            var record = await Store.RecordAsync(task.Number);
            Assert.Equal((0, 0, attempt), (record.Retries, record.Losses, record.Attempt));
            Assert.Equal(attempt + 1, Assert.Single(await Store.ClaimAsync(w, 1, task.Lane)).Attempt);
        }
    }

    [Fact]
    public async Task Only_current_attempts_of_the_incarnation_go_back()
    {
        var (w, task) = await HeldTaskAsync();
        var attempt = new AttemptRef(task.Number, 1);
        var other = await Store.LeaseAsync("w", 2);
        Assert.Empty((await Store.RunAsync(new ReturnOperation(other, [attempt], ReturnReason.HandedBack))).Returned);
        Assert.Empty(
            (await Store.RunAsync(new ReturnOperation(w, [attempt with { Attempt = 2 }, new(99, 1)], ReturnReason.HandedBack))).Returned
        );
        Assert.Single((await Store.RunAsync(new ReturnOperation(w, [attempt, attempt], ReturnReason.WorkerLost))).Returned);
        Assert.Empty((await Store.RunAsync(new ReturnOperation(w, [attempt], ReturnReason.WorkerLost))).Returned);
        Assert.Equal(1, (await Store.RecordAsync(task.Number)).Losses);
    }
}
