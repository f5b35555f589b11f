using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Death;

/// <summary>
/// Proves: a closed connection is no death. What a worker holds stays with it, its tasks go on, and what they gave meanwhile is
/// recorded when it is back, with the first attempt.
/// </summary>
public sealed class CutConnectionTests
{
    [Fact]
    public async Task A_cut_connection_moves_nothing()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "2";
        await cluster.StartManagerAsync();
        await using var cable = new Cable(cluster.Address);
        await cluster.StartWorkerAsync(("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        using var client = cluster.Client();
        var ends = await client.SubmitAsync("sleep", """{"ms":700}""");
        var runs = await client.SubmitAsync("sleep", """{"ms":60000}""");
        await client.UntilAsync(ends, TaskState.Running);
        await client.UntilAsync(runs, TaskState.Running);
        var worker = (await client.TaskAsync(runs)).Worker;

        cable.Cut();
        await cluster.WorkerIsAsync("UNREACHABLE");
        // The short one has ended in the worker: its outcome is on the worker's disk and nowhere else.
        await Until.TrueAsync(
            () => Outbox(cluster).Contains("slept_ms", StringComparison.Ordinal),
            "the outcome is in the outbox",
            details: () => cluster.Worker.Said
        );
        foreach (var id in new[] { ends, runs })
        {
            var task = await client.TaskAsync(id);
            Assert.Equal((TaskState.Running, 1, worker, 0), (task.State, task.Attempt, task.Worker, task.Losses));
        }

        cable.Mend();
        await cluster.WorkerIsAsync("healthy", w => w.Pid == cluster.Worker.Id);
        var ended = await client.UntilAsync(ends, TaskState.Succeeded, details: () => cluster.Worker.Said);
        Assert.Equal((1, 0, 0), (ended.Attempt, ended.Losses, ended.Retries));
        var goesOn = await client.TaskAsync(runs);
        Assert.Equal((TaskState.Running, 1, 0), (goesOn.State, goesOn.Attempt, goesOn.Losses));
        Assert.True((await client.CancelAsync(runs, "the test is over", force: true)).IsOk);
        await cluster.StopAsync();
    }

    private static string Outbox(Cluster cluster) =>
        string.Concat(Directory.EnumerateFiles(cluster.Room.Path("state"), "*.seg", SearchOption.AllDirectories).Select(Read));

    private static string Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
