using System.Globalization;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C23 of the guide on workers: draining, rolling restarts, configuration read again, with real supervisors.</summary>
public sealed class OperationsTests
{
    private static string Sleep(int milliseconds) => $$"""{"ms":{{milliseconds.ToString(CultureInfo.InvariantCulture)}}}""";

    [Fact]
    public async Task C23_a_rolling_restart_renews_every_worker_and_costs_no_task_anything()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01", "worker-02", "worker-03");
        using var client = fleet.Client();
        var before = (await client.StatusAsync()).Value.Workers.ToDictionary(w => w.Id, w => (w.Incarnation, w.Pid));

        // Work all the while: short tasks in a row, and some that run when their worker is told.
        var ids = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            ids.Add(await client.SubmitAsync("sleep", Sleep(i % 4 == 0 ? 1500 : 50)));
        }

        var restart = await fleet.Room.RunAsync("cluster", "restart-workers", "--all");
        Assert.True(restart.ExitCode == 0, restart.Said);
        foreach (var worker in before.Keys)
        {
            Assert.Contains($"{worker} is back after", restart.Output, StringComparison.Ordinal);
        }

        Assert.Contains("3 workers restarted in", restart.Output, StringComparison.Ordinal);

        // One at a time: the next is told when the one before is back.
        var lines = restart.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["(1 of 3)", "(2 of 3)", "(3 of 3)"],
            lines.Select(l => l[l.IndexOf('(', StringComparison.Ordinal)..(l.IndexOf(')', StringComparison.Ordinal) + 1)])
        );

        var after = (await client.StatusAsync()).Value;
        Assert.True(after.Healthy);
        Assert.All(after.Workers, w => Assert.True(w.Incarnation > before[w.Id].Incarnation && w.Pid != before[w.Id].Pid, w.Id));
        foreach (var id in ids)
        {
            var task = await client.UntilAsync(id, TaskState.Succeeded);
            Assert.Equal((0, 0), (task.Retries, task.Losses));
        }

        // Nobody's budget was spent, and nothing looks like a crash.
        Assert.All(
            fleet.Workers.Values,
            w =>
            {
                Assert.DoesNotContain("FATAL", w.Errors, StringComparison.Ordinal);
                Assert.DoesNotContain("Respawning", w.Errors, StringComparison.Ordinal);
                Assert.Contains("Supervisor: Restarting worker, as it was told", w.Errors, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task C23_an_interrupted_rolling_restart_ends_what_it_began_and_touches_no_more()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01", "worker-02");
        using var client = fleet.Client();
        for (var i = 0; i < 4; i++)
        {
            await client.UntilAsync(await client.SubmitAsync("sleep", Sleep(2000)), TaskState.Running);
        }

        var second = (await fleet.StateAsync("worker-02", "healthy")).Incarnation;
        var restart = fleet.Room.Clw("cluster", "restart-workers", "--all", "--parallel", "1");
        restart.CloseInput();
        await restart.SaidAsync("worker-01 restarts (1 of 2), it holds 2 tasks");
        restart.Signal(Signals.Interrupt);
        Assert.Equal(130, await restart.EndWithOutputAsync());
        Assert.Contains("worker-01 is back after", restart.Output, StringComparison.Ordinal);
        Assert.Contains("clw cluster restart-workers worker-02", restart.Errors, StringComparison.Ordinal);
        Assert.Equal(second, (await fleet.StateAsync("worker-02", "healthy")).Incarnation);
    }

    [Fact]
    public async Task C23_who_cannot_be_restarted_is_said_before_anything_is_touched()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_CLUSTER_WORKER_ID"] = "worker-01";
        await cluster.StartAsync();
        (await cluster.Room.RunAsync("cluster", "restart-workers", "worker-1")).FailedWith("clw-worker-unknown", 3);
        var typo = await cluster.Room.RunAsync("cluster", "drain", "worker-O1");
        typo.FailedWith("clw-worker-unknown", 3);
        Assert.Contains("did you mean worker-01?", typo.Errors, StringComparison.Ordinal);
        // The harness runs this one without a supervisor.
        (await cluster.Room.RunAsync("cluster", "restart-workers", "worker-01")).FailedWith("clw-worker-unsupervised", 5);
        (await cluster.Room.RunAsync("cluster", "restart-workers")).FailedWith("clw-usage", 2);
        (await cluster.Room.RunAsync("cluster", "restart-workers", "--all", "--parallel", "0")).FailedWith("clw-usage", 2);
        cluster.Worker.Kill();
        await cluster.WorkerIsAsync("UNREACHABLE");
        (await cluster.Room.RunAsync("cluster", "restart-workers", "worker-01")).FailedWith("clw-worker-unreachable", 4);
    }

    [Fact]
    public async Task C23_a_drained_worker_finishes_and_stays_drained_through_restarts_until_it_is_given_back()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        using var client = fleet.Client();
        var running = await client.SubmitAsync("sleep", Sleep(1500));
        await client.UntilAsync(running, TaskState.Running);

        var drain = await fleet.Room.RunAsync("cluster", "drain", "worker-01", "--reason", "a new disk", "--wait");
        Assert.True(drain.ExitCode == 0, drain.Said);
        Assert.Contains("worker-01 holds nothing more", drain.Output, StringComparison.Ordinal);
        Assert.Equal(TaskState.Succeeded, (await client.TaskAsync(running)).State);

        // Deliberate, so no alarm: exit 0, and the reason is shown.
        var status = await fleet.Room.RunAsync("cluster", "status");
        Assert.True(status.ExitCode == 0, status.Said);
        Assert.Contains("worker-01   draining", status.Output, StringComparison.Ordinal);
        Assert.Contains("(a new disk)", status.Output, StringComparison.Ordinal);
        Assert.Equal(1, await fleet.MetricAsync("openclaw_worker_status", ("worker", "worker-01"), ("status", "draining")));

        var waiting = await client.SubmitAsync("sleep", Sleep(1));
        Assert.Equal(0, (await fleet.Room.RunAsync("cluster", "restart-workers", "worker-01")).ExitCode);
        await fleet.StateAsync("worker-01", "draining", w => w.Drain.Reason == "a new disk");
        Signals.Send(fleet.ManagerProcess.Id, Signals.Kill);
        await fleet.StateAsync("worker-01", "draining", w => w.ConnectedAtMs > 0);
        Assert.Equal(TaskState.Pending, (await client.TaskAsync(waiting)).State);

        var undrain = await fleet.Room.RunAsync("cluster", "undrain", "worker-01");
        Assert.True(undrain.ExitCode == 0, undrain.Said);
        await client.UntilAsync(waiting, TaskState.Succeeded);
        await fleet.StateAsync("worker-01", "healthy");
    }

    [Fact]
    public async Task Settings_are_taken_up_on_a_hang_up_and_a_broken_file_changes_nothing()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        var (manager, worker) = (fleet.ManagerProcess.Id, fleet.ProcessOf("worker-01").Id);
        await File.WriteAllTextAsync(
            fleet.ConfigOf("worker-01"),
            "cluster:\n  worker_id: worker-01\ntask:\n  timeout_sec: 77\nworker:\n  prefetch: 7\n",
            TestContext.Current.CancellationToken
        );
        fleet.Workers["worker-01"].Signal(1);
        await fleet.Workers["worker-01"].SaidAsync("task.timeout_sec: 5m → 1m17s");
        await fleet.Workers["worker-01"].SaidAsync("needs a restart: worker.prefetch (4096 → 7)");

        await File.WriteAllTextAsync(
            fleet.ManagerConfig,
            "log:\n  level: debug\nqueue:\n  capacity: 1\n  retenion: 1d\n",
            TestContext.Current.CancellationToken
        );
        fleet.Manager.Signal(1);
        await fleet.Manager.SaidAsync(
            $"clw-config-invalid: {fleet.ManagerConfig}:5:3: queue.retenion: unknown key; did you mean queue.retention?; the settings in effect stay"
        );
        Assert.Equal(1_000_000, (await fleet.JsonAsync("cluster", "status")).GetProperty("queue").GetProperty("capacity").GetInt64());

        // The same by an order, for all of them.
        var broken = await fleet.Room.RunAsync("cluster", "reload");
        broken.FailedWith("clw-config-invalid", 6);
        await File.WriteAllTextAsync(fleet.ManagerConfig, "queue:\n  capacity: 9\n", TestContext.Current.CancellationToken);
        var reload = await fleet.Room.RunAsync("cluster", "reload");
        Assert.True(reload.ExitCode == 0, reload.Said);
        Assert.Contains("manager: queue.capacity: 1000000 → 9", reload.Output, StringComparison.Ordinal);
        Assert.Contains("1 worker told", reload.Output, StringComparison.Ordinal);
        Assert.Equal(9, (await fleet.JsonAsync("cluster", "status")).GetProperty("queue").GetProperty("capacity").GetInt64());
        Assert.Equal((manager, worker), (fleet.ManagerProcess.Id, fleet.ProcessOf("worker-01").Id));
    }
}
