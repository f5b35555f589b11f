using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Client;

/// <summary>A wait survives the manager: it asks again for what is left, and tells each task once.</summary>
public sealed class WaitingTests
{
    /// <summary>Milliseconds after which a test that waits for ever has failed.</summary>
    private const int Limit = 30_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task After_a_crash_only_those_that_are_left_are_asked_for_and_each_is_told_once()
    {
        await using var manager = await FakeManager.StartAsync();
        var asked = new List<IReadOnlyList<string>>();
        var firstSent = new TaskCompletionSource();
        manager.OnWait = async (ids, responses, context) =>
        {
            asked.Add(ids);
            if (asked.Count == 1)
            {
                await responses.WriteAsync(Ended("task-a"));
                firstSent.SetResult();
                await Task.Delay(Timeout.Infinite, context.Cancellation);
            }

            // Told twice on purpose: the answer to a wait that is made again may begin with what is known.
            await responses.WriteAsync(Ended("task-a", "task-b"));
            await responses.WriteAsync(Ended("task-c"));
            return null;
        };
        using var client = SubmissionTests.Connect(manager);
        var ended = new List<string>();
        await foreach (var task in client.WaitAsync(["task-a", "task-b", "task-c", "task-a"], Cancellation))
        {
            ended.Add(task.Id);
            if (ended.Count == 1)
            {
                await firstSent.Task;
                await manager.CrashAsync();
                await manager.ComeBackAsync();
            }
        }

        Assert.Equal(["task-a", "task-b", "task-c"], ended);
        Assert.Equal(["task-a", "task-b", "task-c"], asked[0]);
        Assert.Equal(["task-b", "task-c"], asked[^1]);
    }

    [Fact(Timeout = Limit)]
    public async Task Ids_are_asked_for_as_the_manager_writes_them()
    {
        await using var manager = await FakeManager.StartAsync();
        manager.OnWait = async (ids, responses, _) =>
        {
            // Answers name a task in the one way that there is; a client that compares with what was typed would ask for ever.
            await responses.WriteAsync(Ended([.. ids.Select(id => id.Trim().ToLowerInvariant())]));
            return null;
        };
        using var client = SubmissionTests.Connect(manager);
        var ended = new List<string>();
        await foreach (var task in client.WaitAsync(["TASK-FRDDNY", " task-0d3v5g ", "task-frddny"], Cancellation))
        {
            ended.Add(task.Id);
        }

        Assert.Equal(["task-frddny", "task-0d3v5g"], ended);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_that_ends_too_early_is_asked_for_again()
    {
        await using var manager = await FakeManager.StartAsync();
        var calls = 0;
        manager.OnWait = async (ids, responses, _) =>
        {
            await responses.WriteAsync(calls++ == 0 ? new WaitResponse() : Ended([.. ids]));
            return null;
        };
        var troubles = 0;
        using var client = SubmissionTests.Connect(manager, (_, _) => troubles++);
        var ended = await client.WaitAsync(["task-a"], Cancellation).ToListAsync(Cancellation);
        Assert.Equal("task-a", Assert.Single(ended).Id);
        Assert.Equal((2, 1), (calls, troubles));
    }

    [Fact(Timeout = Limit)]
    public async Task A_task_that_is_not_kept_is_said_and_not_waited_for()
    {
        await using var manager = await FakeManager.StartAsync();
        manager.OnWait = (_, _, _) => new(new Failure(Catalogue.TaskNotFound, "There is no task task-x"));
        using var client = SubmissionTests.Connect(manager);
        var e = await Assert.ThrowsAsync<FailureException>(async () =>
            await client.WaitAsync(["task-x"], Cancellation).ToListAsync(Cancellation)
        );
        Assert.Equal(Catalogue.TaskNotFound, e.Failure.Entry);
    }

    [Fact(Timeout = Limit)]
    public async Task Nobody_there_is_said_at_once()
    {
        await using var manager = await FakeManager.StartAsync();
        await manager.CrashAsync();
        using var client = SubmissionTests.Connect(manager);
        var e = await Assert.ThrowsAsync<FailureException>(async () =>
            await client.WaitAsync(["task-x"], Cancellation).ToListAsync(Cancellation)
        );
        Assert.Equal(Catalogue.ConnectionRefused, e.Failure.Entry);
    }

    [Fact(Timeout = Limit)]
    public async Task Whoever_gives_up_gets_out()
    {
        await using var manager = await FakeManager.StartAsync();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        manager.OnWait = async (_, _, context) =>
        {
            await patience.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.Cancellation);
            return null;
        };
        using var client = SubmissionTests.Connect(manager);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await client.WaitAsync(["task-x"], patience.Token).ToListAsync(Cancellation)
        );
    }

    private static WaitResponse Ended(params string[] ids)
    {
        var response = new WaitResponse();
        response.Ended.AddRange(ids.Select(id => new V1.Task { Id = id, State = TaskState.Succeeded }));
        return response;
    }
}
