using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public abstract partial class TaskStoreContract
{
    [Fact]
    public async Task A_task_is_kept_as_it_was_submitted()
    {
        var task = new NewTask
        {
            Project = "p",
            Queue = "q",
            Type = "typ\u00e9",
            Payload = "{\"a\":[1,\"ü\"]}"u8.ToArray(),
            Priority = -7,
            TimeoutMs = 1234,
            MaxRetries = 9,
            Key = "k",
            Labels = "{\"l\":\"1\"}",
            SubmittedBy = "anna",
            PluginVersion = "v3",
        };
        var submitted = await Store.SubmitAsync(task);
        var record = await Store.RecordAsync(submitted.Numbers[0]);

        Assert.True(submitted.Created[0]);
        Assert.Equal(submitted.Lanes[0], submitted.Lanes[0] with { Project = "p", Queue = "q", Type = "typ\u00e9" });
        Assert.Equal(task.Payload.Text(), record.Payload.Text());
        Assert.Equal(
            ("p", "q", "typ\u00e9", -7, 1234L, 9, "k", "{\"l\":\"1\"}", "anna", "v3"),
            (
                record.Project,
                record.Queue,
                record.Type,
                record.Priority,
                record.TimeoutMs,
                record.MaxRetries,
                record.Key,
                record.Labels,
                record.SubmittedBy,
                record.PluginVersion
            )
        );
        Assert.Equal((TaskState.Pending, 0, 0, 0), (record.State, record.Attempt, record.Retries, record.Losses));
        Assert.Equal((Clock.Now, 0L, 0L, 0L, 0L), (record.CreatedAt, record.DueAt, record.AssignedAt, record.StartedAt, record.FinishedAt));
        Assert.Null(record.Worker);
        Assert.Null(record.Result);
        Assert.Null(record.Failure);
        Assert.Null(record.LateResult);
        Assert.Null(record.Reason);
    }

    [Fact]
    public async Task Payloads_of_every_size_come_back_whole()
    {
        foreach (var size in new[] { 1, 1000, 4000, 5000, 100_000, TaskLimits.MaxPayloadBytes })
        {
            var payload = new byte[size];
            new Random(size).NextBytes(payload);
            var number = (await Store.SubmitAsync(StoreActions.Task() with { Payload = payload })).Numbers[0];
            Assert.Equal(payload, (await Store.RecordAsync(number)).Payload.ToArray());
        }
    }

    [Fact]
    public async Task Numbers_start_at_one_rise_and_are_not_reused_after_pruning_and_reopening()
    {
        var first = await Store.SubmitAsync(StoreActions.Task(), StoreActions.Task());
        Assert.Equal([1L, 2L], first.Numbers);
        await Store.RunAsync(new CancelOperation(2, "no", "anna"));
        Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, (await Store.RunAsync(new PruneOperation(Clock.Now, 100))).Removed);
        await ReopenAsync();
        Assert.Equal(3L, (await Store.SubmitAsync(StoreActions.Task())).Numbers[0]);
    }

    [Fact]
    public async Task The_same_key_again_gives_the_task_that_is_there()
    {
        var first = await Store.SubmitAsync(StoreActions.Task(payload: "1", key: "k"));
        var again = await Store.SubmitAsync(
            StoreActions.Task(payload: "1", key: "k") with
            {
                Queue = "other",
            },
            StoreActions.Task(payload: "2")
        );
        Assert.Equal(first.Numbers[0], again.Numbers[0]);
        Assert.Equal([false, true], again.Created);
        Assert.Equal(first.Lanes[0], again.Lanes[0]);
        Assert.NotEqual(again.Numbers[0], again.Numbers[1]);
    }

    [Fact]
    public async Task A_key_is_unique_within_its_project_alone()
    {
        var a = await Store.SubmitAsync(StoreActions.Task(payload: "1", key: "k"));
        var b = await Store.SubmitAsync(StoreActions.Task(payload: "2", key: "k") with { Project = "p2" });
        Assert.True(b.Created[0]);
        Assert.NotEqual(a.Numbers[0], b.Numbers[0]);
    }

    [Theory]
    [InlineData("noop", "2")]
    [InlineData("other", "1")]
    public async Task A_key_of_another_piece_of_work_is_refused_naming_its_task_and_stores_nothing(string type, string payload)
    {
        var first = await Store.SubmitAsync(StoreActions.Task(payload: "1", key: "k"));
        var refused = await Store.SubmitAsync(StoreActions.Task(), StoreActions.Task(type, payload, key: "k"));
        Assert.Equal(Catalogue.KeyConflict, refused.Refused?.Entry);
        Assert.Contains(new TaskId(first.Numbers[0]).ToString(), refused.Refused!.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await CountsAsync()).Sum());
    }

    [Fact]
    public async Task Keys_are_compared_within_one_submission_and_within_one_batch()
    {
        var twins = await Store.SubmitAsync(StoreActions.Task(key: "k"), StoreActions.Task(), StoreActions.Task(key: "k"));
        Assert.Equal([true, true, false], twins.Created);
        Assert.Equal(twins.Numbers[0], twins.Numbers[2]);

        var different = await Store.SubmitAsync(StoreActions.Task(key: "x", payload: "1"), StoreActions.Task(key: "x", payload: "2"));
        Assert.Equal(Catalogue.KeyConflict, different.Refused?.Entry);

        var (a, b, c) = (
            new SubmitOperation([StoreActions.Task(key: "y", payload: "1")]),
            new SubmitOperation([StoreActions.Task(key: "y", payload: "1")]),
            new SubmitOperation([StoreActions.Task(key: "y", payload: "2")])
        );
        await Store.ExecuteAsync([a, b, c], TestContext.Current.CancellationToken);
        Assert.Equal((a.Numbers[0], false), (b.Numbers[0], b.Created[0]));
        Assert.Equal(Catalogue.KeyConflict, c.Refused?.Entry);
        Assert.Equal(3, (await CountsAsync()).Sum());
    }

    [Fact]
    public async Task A_key_is_free_again_once_its_task_is_removed()
    {
        var first = await Store.SubmitAsync(StoreActions.Task(payload: "1", key: "k"));
        await Store.RunAsync(new CancelOperation(first.Numbers[0], "no", "anna"));
        Clock.Advance(TimeSpan.FromDays(1));
        await Store.RunAsync(new PruneOperation(Clock.Now, 100));
        Assert.True((await Store.SubmitAsync(StoreActions.Task(payload: "2", key: "k"))).Created[0]);
    }

    [Fact]
    public async Task Capacity_counts_what_waits_exactly_also_within_a_batch()
    {
        SubmitOperation Submit(params NewTask[] tasks) => new(tasks) { Capacity = 3 };
        var delayed = StoreActions.Task() with { DueAt = Clock.Now + 60_000 };
        var operations = new[]
        {
            Submit(StoreActions.Task(), delayed),
            Submit(StoreActions.Task(), StoreActions.Task()),
            Submit(StoreActions.Task()),
            Submit(StoreActions.Task(key: "k")),
        };
        await Store.ExecuteAsync(operations, TestContext.Current.CancellationToken);
        Assert.Null(operations[0].Refused);
        Assert.Equal(Catalogue.TaskQueueFull, operations[1].Refused?.Entry);
        Assert.Null(operations[2].Refused);
        Assert.Equal(Catalogue.TaskQueueFull, operations[3].Refused?.Entry);
        Assert.Equal(3, (await CountsAsync())[(int)TaskState.Pending]);

        // What a worker holds does not wait: there is room again.
        var worker = await Store.LeaseAsync("w");
        await Store.ClaimAsync(worker, 1, operations[0].Lanes[0]);
        Assert.Null((await Store.RunAsync(Submit(StoreActions.Task()))).Refused);
    }

    [Fact]
    public async Task A_full_queue_still_takes_what_need_not_wait()
    {
        var worker = await Store.LeaseAsync("w");
        await Store.SubmitAsync(StoreActions.Task(key: "k"));
        var known = await Store.RunAsync(new SubmitOperation([StoreActions.Task(key: "k")]) { Capacity = 1 });
        Assert.Null(known.Refused);
        var taken = await Store.RunAsync(new SubmitOperation([StoreActions.Task()]) { Capacity = 1, Credits = [worker] });
        Assert.Null(taken.Refused);
        Assert.True(taken.Assigned[0]);
    }

    [Fact]
    public async Task A_credit_takes_the_task_in_the_same_transaction()
    {
        var worker = await Store.LeaseAsync("w", 7);
        var later = StoreActions.Task() with { DueAt = Clock.Now + 1 };
        var submitted = await Store.RunAsync(
            new SubmitOperation([StoreActions.Task(), StoreActions.Task(), later]) { Credits = [worker, null, worker] }
        );
        Assert.Equal([true, false, false], submitted.Assigned);
        var record = await Store.RecordAsync(submitted.Numbers[0]);
        Assert.Equal(
            (TaskState.Assigned, 1, "w", 7L, Clock.Now),
            (record.State, record.Attempt, record.Worker, record.Incarnation, record.AssignedAt)
        );
        Assert.Equal(TaskState.Pending, await Store.StateAsync(submitted.Numbers[1]));
        Assert.Equal(TaskState.Pending, await Store.StateAsync(submitted.Numbers[2]));
        Assert.Equal(OutcomeVerdict.Recorded, await Store.FinishAsync(new AttemptRef(submitted.Numbers[0], 1).Success(worker)));
    }

    [Fact]
    public async Task A_credit_of_an_incarnation_without_a_lease_takes_nothing()
    {
        var submitted = await Store.RunAsync(new SubmitOperation([StoreActions.Task()]) { Credits = [new WorkerRef("w", 1)] });
        Assert.False(submitted.Assigned[0]);
        Assert.Equal(TaskState.Pending, await Store.StateAsync(submitted.Numbers[0]));
    }

    private async Task CountsAreAsync(params long[] expected) => Assert.Equal(expected, await CountsAsync());

    private async Task<long[]> CountsAsync() => await Store.CountStatesAsync(TestContext.Current.CancellationToken);

    [Fact]
    public async Task Lanes_are_bounded_and_a_further_one_is_refused_whole()
    {
        NewTask In(int queue) => StoreActions.Task() with { Queue = "q" + queue };
        await Store.SubmitAsync([.. Enumerable.Range(0, TaskLimits.MaxLanes - 1).Select(In)]);
        var refused = new SubmitOperation([In(0), In(-1), In(-2)]);
        await Store.ExecuteAsync([refused], default);
        Assert.Equal(Catalogue.LaneLimit, refused.Refused!.Entry);
        Assert.Equal(TaskLimits.MaxLanes - 1, (await Store.CountStatesAsync(default))[0]);

        // One more there is room for, and known ones always.
        await Store.SubmitAsync(In(-1), In(-1), In(5));
        refused = new SubmitOperation([In(-2)]);
        await Store.ExecuteAsync([refused], default);
        Assert.Equal(Catalogue.LaneLimit, refused.Refused!.Entry);
        await ReopenAsync();
        Assert.Equal(TaskLimits.MaxLanes, (await Store.CountLanesAsync(default)).Count);
    }
}
