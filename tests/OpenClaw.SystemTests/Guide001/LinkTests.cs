using System.Diagnostics;
using System.Globalization;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Rows C7, C8, C15 and C18 of the guide on workers: connections that break, end, come back, and those that are refused.</summary>
public sealed class LinkTests(ITestOutputHelper output)
{
    [Fact]
    public async Task C7_a_worker_that_comes_back_goes_on_and_a_type_that_must_not_wait_moves_sooner()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "200ms";
        fleet.Room.Environment["OPENCLAW_TASK_KILL_GRACE"] = "500ms";
        fleet.Room.Plugin("hasty", "#!/bin/sh\necho $$ >> \"$OPENCLAW_TASK_OUTPUT_DIR/../../hasty.pids\"\nexec sleep 8\n");
        await File.WriteAllTextAsync(
            fleet.Room.Path("plugins", "hasty.yaml"),
            "lease_stop: 1s\nreassign_after: 2s\n",
            TestContext.Current.CancellationToken
        );
        await fleet.StartManagerAsync();
        await using var cable = new Cable(fleet.Address);
        fleet.LaunchWorker("worker-01", ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        await fleet.StateAsync("worker-01", "healthy");
        using var client = fleet.Client();
        var patient = await client.SubmitAsync("sleep", """{"ms":7000}""");
        var hasty = await client.SubmitAsync("hasty", "{}");
        await client.UntilAsync(patient, TaskState.Running);
        await client.UntilAsync(hasty, TaskState.Running);
        var worker = fleet.ProcessOf("worker-01").Id;
        var first = Assert.Single(ProcessTable.DescendantsOf(worker), p => p.CommandLine == "sleep 8").Id;
        fleet.LaunchWorker("worker-02");
        await fleet.StateAsync("worker-02", "healthy");

        cable.Cut();
        var clock = Stopwatch.StartNew();
        var moved = await client.UntilAsync(hasty, TaskState.Running, t => t is { Attempt: 2, Worker: "worker-02" });
        output.WriteLine($"the hasty task ran elsewhere after {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(1.5), $"{clock.Elapsed}");
        Assert.Equal((1, 0), (moved.Losses, moved.Retries));

        // It had been stopped before it began elsewhere; the other goes on where it was.
        Assert.False(ProcessTable.IsAlive(first));
        Assert.Equal((1, "worker-01"), ((await client.TaskAsync(patient)).Attempt, (await client.TaskAsync(patient)).Worker));
        cable.Mend();
        var done = await client.UntilAsync(patient, TaskState.Succeeded);
        Assert.Equal((1, 0, 0, "worker-01"), (done.Attempt, done.Losses, done.Retries, done.Worker));
        await client.UntilAsync(hasty, TaskState.Succeeded, t => t.Attempt == 2);
    }

    [Fact]
    public async Task C8_a_worker_whose_attempts_are_used_up_ends_with_FATAL_and_loses_no_outcome()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_CLUSTER_MAX_RECONNECT_ATTEMPTS"] = "2";
        cluster.Room.Environment["OPENCLAW_CLUSTER_RECONNECT_INTERVAL"] = "500ms";
        await cluster.StartAsync();
        using var client = cluster.Client();
        var task = await client.SubmitAsync("sleep", """{"ms":700}""");
        await client.UntilAsync(task, TaskState.Running);
        cluster.Manager.Kill();
        await cluster.Manager.EndAsync();
        Assert.NotEqual(0, await cluster.Worker.EndAsync());
        Assert.Contains("[FATAL]", cluster.Worker.Errors, StringComparison.Ordinal);
        Assert.Contains("Maximum reconnection attempts (2) exceeded", cluster.Worker.Errors, StringComparison.Ordinal);

        // What it had finished by then is told by its next start.
        await cluster.StartManagerAsync();
        await cluster.StartWorkerAsync();
        var done = await client.UntilAsync(task, TaskState.Succeeded);
        Assert.True(done is { Attempt: 1 } or { Attempt: 2, Retries: 0 }, $"{done}");
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C8_of_several_managers_one_that_answers_is_taken_and_times_are_texts_or_seconds()
    {
        await using var fleet = new Fleet();
        await fleet.StartManagerAsync();
        await File.WriteAllTextAsync(
            fleet.ConfigOf("worker-01"),
            $"cluster:\n  worker_id: worker-01\n  manager_address: [\"127.0.0.1:{Room.FreePort()}\", \"{fleet.Address}\"]\n"
                + "  reconnect_interval: 5\n  heartbeat_interval: \"10s\"\n",
            TestContext.Current.CancellationToken
        );
        fleet.LaunchWorker("worker-01", ("OPENCLAW_CLUSTER_RECONNECT_INTERVAL", ""));
        await fleet.StateAsync("worker-01", "healthy");
        fleet.Room.Environment.Remove("OPENCLAW_CLUSTER_RECONNECT_INTERVAL");
        var shown = await fleet.Room.RunAsync("debug", "config", "--config", fleet.ConfigOf("worker-01"));
        Assert.Matches("(?m)^cluster.reconnect_interval +5s ", shown.Output);
        Assert.Matches("(?m)^cluster.heartbeat_interval +10s ", shown.Output);
        // Never give up is what holds when nobody says a number.
        Assert.Matches("(?m)^cluster.max_reconnect_attempts +0 +default", shown.Output);
    }

    [Fact]
    public async Task C15_a_full_cluster_and_a_taken_id_are_refused_by_their_reason_and_a_restart_takes_its_own_id_over()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_MANAGER_MAX_WORKERS"] = "1";
        await fleet.StartAsync("worker-01");
        var second = fleet.LaunchWorker("worker-02");
        await second.SaidAsync("clw-registration-failed");
        await second.SaidAsync("Registration rejected: the cluster is at its capacity of 1 workers (manager.max_workers)");

        // The same id, another state directory: another worker.
        await File.WriteAllTextAsync(fleet.ConfigOf("twin"), "cluster:\n  worker_id: worker-01\n", TestContext.Current.CancellationToken);
        var twin = fleet.LaunchWorker("twin");
        await twin.SaidAsync("Registration rejected: worker ID 'worker-01' already exists in cluster");

        // Killed with everything that belongs to it, and started again: its own id is its own.
        var before = await fleet.StateAsync("worker-01", "healthy");
        foreach (
            var process in ProcessTable
                .DescendantsOf(fleet.Workers["worker-01"].Id)
                .Append(ProcessTable.Find(fleet.Workers["worker-01"].Id)!)
        )
        {
            Signals.Send(process.Id, Signals.Kill);
        }

        await fleet.Workers["worker-01"].EndAsync();
        fleet.LaunchWorker("worker-01");
        await fleet.StateAsync("worker-01", "healthy", w => w.Incarnation > before.Incarnation);
    }

    [Fact]
    public async Task C18_a_restarted_worker_is_healthy_again_in_under_two_seconds()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        var took = new List<TimeSpan>();
        for (var i = 0; i < 3; i++)
        {
            var before = await fleet.StateAsync("worker-01", "healthy");
            fleet.Workers["worker-01"].Signal(Signals.Term);
            Assert.Equal(0, await fleet.Workers["worker-01"].EndAsync());
            fleet.LaunchWorker("worker-01");
            var clock = Stopwatch.StartNew();
            await fleet.StateAsync("worker-01", "healthy", w => w.Incarnation > before.Incarnation);
            took.Add(clock.Elapsed);
        }

        // The one in the middle: a single good start proves nothing, and a single bad one may be the machine's.
        var median = took.Order().ElementAt(1);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"healthy {median.TotalSeconds:0.00} s after its start"));
        Assert.True(median < TimeSpan.FromSeconds(2), string.Join(", ", took));
    }

    [Fact]
    public async Task C18_a_connection_that_breaks_again_and_again_is_held_back_and_a_managers_restarts_are_not_its_fault()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_CLUSTER_FLAP_HOLD"] = "3s";
        await fleet.StartAsync("worker-02");

        // Five restarts of the manager, each of which breaks the connection. A new one has seen none of that, so what could count here is
        // the worker's own patience with its link: it is there again each time, and says nothing of a link that comes and goes.
        using (var asking = fleet.Client())
        {
            for (var i = 0; i < 5; i++)
            {
                var before = (await asking.StatusAsync()).Value.Manager.StartedAtMs;
                Signals.Send(fleet.ManagerProcess.Id, Signals.Kill);
                await Until.TrueAsync(
                    async () =>
                        await asking.StatusAsync() is { IsOk: true, Value: var now }
                        && now.Manager.StartedAtMs > before
                        && now.Workers.Any(w => w is { Id: "worker-02", State: "healthy" }),
                    $"the worker is healthy with manager number {i + 2}",
                    TimeSpan.FromSeconds(10),
                    () => fleet.Manager.Said + fleet.Workers["worker-02"].Said
                );
            }
        }

        Assert.DoesNotContain("clw-link-flapping", fleet.Workers["worker-02"].Said, StringComparison.Ordinal);
        fleet.Workers["worker-02"].Signal(Signals.Term);
        Assert.Equal(0, await fleet.Workers["worker-02"].EndAsync());

        await using var cable = new Cable(fleet.Address);
        fleet.LaunchWorker("worker-01", ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        await fleet.StateAsync("worker-01", "healthy");

        for (var i = 0; i < 4; i++)
        {
            cable.Cut();
            await fleet.StateAsync("worker-01", "UNREACHABLE");
            cable.Mend();
            await fleet.StateAsync("worker-01", i < 3 ? "healthy" : "flapping");
        }

        var status = await fleet.Room.RunAsync("cluster", "status");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains(
            "! worker worker-01 is flapping: its connection broke 4 times within 60 s",
            status.Output,
            StringComparison.Ordinal
        );
        using var client = fleet.Client();
        var task = await client.SubmitAsync("noop", "{}");
        Assert.Equal(TaskState.Pending, (await client.TaskAsync(task)).State);
        await client.UntilAsync(task, TaskState.Succeeded);
        await fleet.StateAsync("worker-01", "healthy");
    }
}
