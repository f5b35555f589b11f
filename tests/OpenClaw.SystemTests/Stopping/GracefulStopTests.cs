using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Stopping;

/// <summary>Proves C19: a worker that gets SIGTERM takes no more, finishes what runs or hands it back unblamed, and exits 0.</summary>
public sealed class GracefulStopTests
{
    [Fact]
    public async Task A_stopping_worker_finishes_what_runs_and_hands_the_rest_back()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "2";
        await cluster.StartAsync();
        using var client = cluster.Client();
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            ids.Add(await client.SubmitAsync("sleep", """{"ms":900}"""));
        }

        await Until.TrueAsync(async () => (await AllAsync(client, ids)).Count(t => t.State == TaskState.Running) == 2, "two tasks run");
        cluster.Worker.Signal(Signals.Term);
        Assert.True(await cluster.Worker.EndAsync() == 0, cluster.Worker.Said);

        var tasks = await AllAsync(client, ids);
        Assert.Equal(2, tasks.Count(t => t is { State: TaskState.Succeeded, Attempt: 1 }));
        Assert.Equal(4, tasks.Count(t => t is { State: TaskState.Pending, Retries: 0, Losses: 0 }));
        await cluster.WorkerIsAsync("stopped");

        // The next one takes them.
        await cluster.StartWorkerAsync();
        foreach (var id in ids)
        {
            await client.UntilAsync(id, TaskState.Succeeded);
        }

        await cluster.StopAsync();
    }

    [Fact]
    public async Task What_does_not_end_within_the_grace_is_handed_back()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        await cluster.StartWorkerAsync(("OPENCLAW_WORKER_SHUTDOWN_GRACE", "300ms"), ("OPENCLAW_TASK_KILL_GRACE", "1s"));
        using var client = cluster.Client();
        var id = await client.SubmitAsync("sleep", """{"ms":60000}""");
        await client.UntilAsync(id, TaskState.Running);
        cluster.Worker.Signal(Signals.Term);
        Assert.True(await cluster.Worker.EndAsync() == 0, cluster.Worker.Said);
        var task = await client.TaskAsync(id);
        Assert.Equal((TaskState.Pending, 0, 0), (task.State, task.Retries, task.Losses));
        await cluster.StopAsync();
    }

    private static async Task<List<V1.Task>> AllAsync(WireClient client, List<string> ids) =>
        [.. await Task.WhenAll(ids.Select(client.TaskAsync))];
}
