using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public abstract partial class TaskStoreContract
{
    private async Task<(WorkerRef Worker, ClaimedTask Task)> HeldTaskAsync(int retries = 3, string worker = "w")
    {
        var w = await Store.LeaseAsync(worker);
        var s = await Store.SubmitAsync(StoreActions.Task(retries: retries));
        return (w, Assert.Single(await Store.ClaimAsync(w, 1, s.Lanes[0])));
    }

    [Fact]
    public async Task A_success_ends_the_task_with_its_result()
    {
        var (w, task) = await HeldTaskAsync();
        Clock.Advance(TimeSpan.FromSeconds(2));
        var operation = await Store.RunAsync(
            new OutcomeOperation([task.Success(w, "{\"n\":1}") with { StartedAt = 99, PluginVersion = "v8" }])
        );
        Assert.Equal(
            (OutcomeVerdict.Recorded, TaskState.Succeeded, 0L),
            (operation.Verdicts[0], operation.States[0], operation.RetryAt[0])
        );
        var record = await Store.RecordAsync(task.Number);
        Assert.Equal(
            (TaskState.Succeeded, "{\"n\":1}", Clock.Now, 99L, 1500L, "v8"),
            (record.State, record.Result!.Value.Text(), record.FinishedAt, record.StartedAt, record.RunMicros, record.PluginVersion)
        );
        Assert.Null(record.Failure);
    }

    [Fact]
    public async Task A_started_attempt_runs_and_stale_reports_are_ignored()
    {
        var (w, task) = await HeldTaskAsync();
        var attempt = new AttemptRef(task.Number, 1);
        await Store.RunAsync(new StartedOperation(w, [(attempt with { Attempt = 2 }, 5)]));
        await Store.RunAsync(new StartedOperation(w with { Incarnation = 2 }, [(attempt, 5)]));
        Assert.Equal(TaskState.Assigned, await Store.StateAsync(task.Number));
        await Store.RunAsync(new StartedOperation(w, [(attempt, 6), (new AttemptRef(999, 1), 6)]));
        Assert.Equal(
            (TaskState.Running, 6L),
            ((await Store.RecordAsync(task.Number)).State, (await Store.RecordAsync(task.Number)).StartedAt)
        );
        Assert.Equal(OutcomeVerdict.Recorded, await Store.FinishAsync(task.Success(w)));
        await Store.RunAsync(new StartedOperation(w, [(attempt, 7)]));
        Assert.Equal(
            (TaskState.Succeeded, 6L),
            ((await Store.RecordAsync(task.Number)).State, (await Store.RecordAsync(task.Number)).StartedAt)
        );
    }

    [Fact]
    public async Task A_retryable_failure_waits_its_delay_and_goes_on_with_the_next_attempt()
    {
        var (w, task) = await HeldTaskAsync(retries: 1);
        var operation = await Store.RunAsync(new OutcomeOperation([task.Failure(w)]));
        var due = Clock.Now + (long)RetryPolicy.Delay(new TaskId(task.Number), 1).TotalMilliseconds;
        Assert.Equal((OutcomeVerdict.Recorded, TaskState.Pending, due), (operation.Verdicts[0], operation.States[0], operation.RetryAt[0]));
        var record = await Store.RecordAsync(task.Number);
        Assert.Equal(
            (TaskState.Pending, 1, 1, due, "w", 0L),
            (record.State, record.Attempt, record.Retries, record.DueAt, record.Worker, record.FinishedAt)
        );
        Assert.Equal(Catalogue.TaskFailed.Code, TaskFailure.FromJson(record.Failure!.Value.Span)!.Code);

        Clock.Now = due;
        await Store.RunAsync(new PromoteOperation());
        var again = Assert.Single(await Store.ClaimAsync(w, 1, task.Lane));
        Assert.Equal((2, 1), (again.Attempt, again.Retries));
        var last = await Store.RunAsync(new OutcomeOperation([again.Failure(w)]));
        Assert.Equal((TaskState.Dead, 0L), (last.States[0], last.RetryAt[0]));
        Assert.Equal((1, Clock.Now), ((await Store.RecordAsync(task.Number)).Retries, (await Store.RecordAsync(task.Number)).FinishedAt));
    }

    [Fact]
    public async Task A_success_after_a_failure_leaves_no_failure()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.FinishAsync(task.Failure(w));
        Clock.Advance(TimeSpan.FromHours(1));
        await Store.RunAsync(new PromoteOperation());
        var again = Assert.Single(await Store.ClaimAsync(w, 1, task.Lane));
        await Store.FinishAsync(again.Success(w));
        var record = await Store.RecordAsync(task.Number);
        Assert.Null(record.Failure);
        Assert.Equal("1", record.Result!.Value.Text());
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 0)]
    public async Task A_failure_without_hope_or_without_retries_is_final(bool retryable, int retries)
    {
        var (w, task) = await HeldTaskAsync(retries);
        var operation = await Store.RunAsync(new OutcomeOperation([task.Failure(w, retryable)]));
        Assert.Equal(TaskState.Failed, operation.States[0]);
        Assert.Equal(0, (await Store.RecordAsync(task.Number)).Retries);
    }

    [Fact]
    public async Task The_same_outcome_again_is_a_harmless_repetition()
    {
        var (w, task) = await HeldTaskAsync();
        Assert.Equal(OutcomeVerdict.Recorded, await Store.FinishAsync(task.Success(w)));
        Assert.Equal(OutcomeVerdict.Repeated, await Store.FinishAsync(task.Success(w, "2")));
        Assert.Equal("1", (await Store.RecordAsync(task.Number)).Result!.Value.Text());

        var (_, failed) = await HeldTaskAsync();
        Assert.Equal(OutcomeVerdict.Recorded, await Store.FinishAsync(failed.Failure(w)));
        Assert.Equal(OutcomeVerdict.Repeated, await Store.FinishAsync(failed.Failure(w)));
        Assert.Equal(1, (await Store.RecordAsync(failed.Number)).Retries);

        // Also when the next attempt has begun since: its first answer was lost, and it is told once more.
        Clock.Advance(TimeSpan.FromHours(1));
        await Store.RunAsync(new PromoteOperation());
        var next = Assert.Single(await Store.ClaimAsync(w, 1, failed.Lane));
        Assert.Equal((failed.Number, 2), (next.Number, next.Attempt));
        Assert.Equal(OutcomeVerdict.Repeated, await Store.FinishAsync(failed.Failure(w)));
        Assert.Equal(
            (TaskState.Assigned, 1),
            ((await Store.RecordAsync(failed.Number)).State, (await Store.RecordAsync(failed.Number)).Retries)
        );
    }

    [Fact]
    public async Task An_outcome_of_an_older_attempt_is_refused()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.RunAsync(new ReturnOperation(w, [new(task.Number, 1)], ReturnReason.HandedBack));
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(w)));
        var again = Assert.Single(await Store.ClaimAsync(w, 1, task.Lane));
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(w)));
        Assert.Equal(
            (TaskState.Assigned, 2),
            ((await Store.RecordAsync(task.Number)).State, (await Store.RecordAsync(task.Number)).Attempt)
        );
        Assert.Equal(OutcomeVerdict.Recorded, await Store.FinishAsync(again.Success(w)));
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(w)));
    }

    [Fact]
    public async Task An_outcome_of_another_incarnation_or_worker_is_refused()
    {
        var (w, task) = await HeldTaskAsync();
        var other = await Store.LeaseAsync("w", 2);
        var stranger = await Store.LeaseAsync("x");
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(other)));
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(stranger)));
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(new WorkerRef("never", 1))));
        Assert.Equal(OutcomeVerdict.Recorded, await Store.FinishAsync(task.Success(w)));
        Assert.Equal(OutcomeVerdict.Unknown, await Store.FinishAsync(new AttemptRef(12345, 1).Success(w)));
    }

    [Fact]
    public async Task A_result_that_comes_after_the_cancel_is_kept_and_changes_no_state()
    {
        var (w, task) = await HeldTaskAsync();
        var cancel = await Store.RunAsync(new CancelOperation(task.Number, "enough", "anna") { Force = true });
        Assert.Equal((TaskState.Assigned, "w"), (cancel.Before!.State, cancel.Before.Worker));
        Assert.Equal(OutcomeVerdict.KeptAsLate, await Store.FinishAsync(task.Success(w, "\"late\"")));
        var record = await Store.RecordAsync(task.Number);
        Assert.Equal(
            (TaskState.Cancelled, "\"late\"", "enough", "anna"),
            (record.State, record.LateResult!.Value.Text(), record.Reason, record.CancelledBy)
        );
        Assert.Null(record.Result);
        Assert.Equal(OutcomeVerdict.Repeated, await Store.FinishAsync(task.Success(w, "\"later\"")));
        Assert.Equal("\"late\"", (await Store.RecordAsync(task.Number)).LateResult!.Value.Text());
        Assert.Equal(OutcomeVerdict.Superseded, await Store.FinishAsync(task.Success(w with { Incarnation = 9 })));
    }

    [Fact]
    public async Task An_outcome_recorded_before_the_cancel_is_no_late_result()
    {
        var (w, task) = await HeldTaskAsync();
        await Store.FinishAsync(task.Failure(w));
        await Store.RunAsync(new CancelOperation(task.Number, "enough", "anna"));
        Assert.Equal(OutcomeVerdict.Repeated, await Store.FinishAsync(task.Failure(w)));
        Assert.Null((await Store.RecordAsync(task.Number)).LateResult);
    }

    [Fact]
    public async Task A_held_task_is_cancelled_by_force_alone_and_an_ended_one_not_at_all()
    {
        var (w, task) = await HeldTaskAsync();
        var gentle = await Store.RunAsync(new CancelOperation(task.Number, "r", "anna"));
        Assert.Equal(Catalogue.TaskWrongState, gentle.Refused?.Entry);
        Assert.Equal(TaskState.Assigned, gentle.Before!.State);
        Assert.Equal(TaskState.Assigned, await Store.StateAsync(task.Number));
        await Store.FinishAsync(task.Success(w));
        var late = await Store.RunAsync(new CancelOperation(task.Number, "r", "anna") { Force = true });
        Assert.Equal(Catalogue.TaskWrongState, late.Refused?.Entry);
        var missing = await Store.RunAsync(new CancelOperation(77, "r", "anna"));
        Assert.Equal(Catalogue.TaskNotFound, missing.Refused?.Entry);
        Assert.Null(missing.Before);
    }

    [Fact]
    public async Task An_operator_may_retry_what_ended_badly_with_fresh_retries_and_losses()
    {
        var (w, task) = await HeldTaskAsync(retries: 0);
        Assert.Equal(Catalogue.TaskWrongState, (await Store.RunAsync(new RetryOperation(task.Number))).Refused?.Entry);
        await Store.FinishAsync(task.Failure(w));
        var retry = await Store.RunAsync(new RetryOperation(task.Number));
        Assert.Null(retry.Refused);
        Assert.Equal(task.Lane, retry.Lane);
        var record = await Store.RecordAsync(task.Number);
        Assert.Equal(
            (TaskState.Pending, 1, 0, 0, 0L, 0L),
            (record.State, record.Attempt, record.Retries, record.Losses, record.FinishedAt, record.DueAt)
        );
        var again = Assert.Single(await Store.ClaimAsync(w, 1, task.Lane));
        Assert.Equal(2, again.Attempt);
        await Store.FinishAsync(again.Success(w));
        Assert.Equal(Catalogue.TaskWrongState, (await Store.RunAsync(new RetryOperation(task.Number))).Refused?.Entry);
        Assert.Equal(Catalogue.TaskNotFound, (await Store.RunAsync(new RetryOperation(77))).Refused?.Entry);
    }

    [Fact]
    public async Task A_cancelled_task_that_is_retried_has_no_reason_left()
    {
        await Store.SubmitAsync(StoreActions.Task());
        await Store.RunAsync(new CancelOperation(1, "enough", "anna"));
        Assert.Equal((TaskState.Cancelled, Clock.Now), ((await Store.RecordAsync(1)).State, (await Store.RecordAsync(1)).FinishedAt));
        await Store.RunAsync(new RetryOperation(1));
        var record = await Store.RecordAsync(1);
        Assert.Null(record.Reason);
        Assert.Null(record.CancelledBy);
    }
}
