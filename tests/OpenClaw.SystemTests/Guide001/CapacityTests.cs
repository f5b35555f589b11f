using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Rows C17 and C19 of the guide on workers, and its stale state files: a full queue, a stop in good order.</summary>
public sealed class CapacityTests
{
    [Fact]
    public async Task C17_a_full_queue_refuses_submissions_with_the_time_to_come_back_and_never_a_worker()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_QUEUE_CAPACITY"] = "2";
        await cluster.StartManagerAsync();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0, (await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "{}")).ExitCode);
        }

        var full = await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "{}");
        full.FailedWith("clw-task-queue-full", 5);
        var error = JsonDocument
            .Parse((await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "{}", "--json")).Errors)
            .RootElement.GetProperty("error");
        Assert.Equal("clw-task-queue-full", error.GetProperty("code").GetString());
        Assert.True(
            double.Parse(
                error.GetProperty("data").GetProperty("retry_after").GetString()!,
                System.Globalization.CultureInfo.InvariantCulture
            ) > 0
        );

        // The worker is what empties it.
        await cluster.StartWorkerAsync();
        using var client = cluster.Client();
        await Until.TrueAsync(async () => (await client.StatusAsync()).Value.QueueDepth == 0, "the queue is empty");
        Assert.Equal(0, (await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "{}", "--wait")).ExitCode);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C19_a_stop_finishes_what_ends_in_time_and_hands_the_rest_back_unblamed()
    {
        await using var fleet = new Fleet();
        var grace = TimeSpan.FromSeconds(8);
        fleet.Room.Environment["OPENCLAW_WORKER_SHUTDOWN_GRACE"] = "8s";
        fleet.Room.Environment["OPENCLAW_TASK_KILL_GRACE"] = "500ms";
        await fleet.StartAsync("worker-01");
        using var client = fleet.Client();
        var quick = await client.SubmitAsync("sleep", """{"ms":1000}""");
        var slow = await client.SubmitAsync("sleep", """{"ms":60000}""");
        await client.UntilAsync(quick, TaskState.Running);
        await client.UntilAsync(slow, TaskState.Running);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        fleet.Workers["worker-01"].Signal(Signals.Term);
        await fleet.StateAsync("worker-01", "draining");
        await client.UntilAsync(quick, TaskState.Succeeded);
        Assert.Equal(TaskState.Running, (await client.TaskAsync(slow)).State);
        Assert.Equal(0, await fleet.Workers["worker-01"].EndAsync());

        // Everything within the grace, its end included; handing back is not what begins when it is over. It takes about five seconds.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, grace);
        await fleet.StateAsync("worker-01", "stopped");
        var back = await client.UntilAsync(slow, TaskState.Pending);
        Assert.Equal((1, 0, 0), (back.Attempt, back.Retries, back.Losses));
    }

    [Fact]
    public async Task The_files_that_the_guide_removes_from_a_stopped_worker_take_nothing_with_them()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        using var client = cluster.Client();
        var id = (await cluster.WorkerIsAsync("healthy")).Id;

        // An outcome that only its disk knows.
        var task = await client.SubmitAsync("sleep", """{"ms":500}""");
        await client.UntilAsync(task, TaskState.Running);
        cluster.Manager.Kill();
        await cluster.Manager.EndAsync();
        await Until.TrueAsync(
            () => Directory.EnumerateFiles(cluster.Room.Path("state", "worker", "outbox")).Any(f => new FileInfo(f).Length > 0),
            "the outcome is in the outbox"
        );
        cluster.Worker.Kill();
        await cluster.Worker.EndAsync();

        // sudo rm -f /var/lib/openclaw/worker-state/*.lock, worker-state/heartbeat.tmp, worker.state
        Directory.CreateDirectory(cluster.Room.Path("state", "worker-state"));
        foreach (var stale in new[] { "worker-state/a.lock", "worker-state/heartbeat.tmp", "worker.state" })
        {
            await File.WriteAllTextAsync(cluster.Room.Path("state", stale), "stale", TestContext.Current.CancellationToken);
        }

        var shell = cluster.Room.Start(
            "/bin/sh",
            ["-c", "cd \"$OPENCLAW_WORKER_STATE_DIR\" && rm -f worker-state/*.lock worker-state/heartbeat.tmp worker.state"]
        );
        Assert.Equal(0, await shell.EndAsync());
        await cluster.StartAsync();
        Assert.Equal(id, (await cluster.WorkerIsAsync("healthy")).Id);
        await client.UntilAsync(task, TaskState.Succeeded, t => t.Attempt == 1);
        await cluster.StopAsync();
    }
}
