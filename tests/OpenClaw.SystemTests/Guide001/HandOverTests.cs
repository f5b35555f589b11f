using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C7 beyond the way back (<see cref="LinkTests"/>): who may not come too late, who gets more time, what a file may not say.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task C7_a_late_outcome_of_a_type_that_goes_on_is_refused_by_its_attempt_and_logged()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "200ms";
        // It ends when the test lets it, and says where it ran.
        var gate = fleet.Room.Path("gate");
        fleet.Room.Plugin(
            "stubborn",
            $"#!/bin/sh\necho begun >> {gate}-$OPENCLAW_TASK_ATTEMPT\nuntil [ -e {gate} ]; do sleep 0.05; done\necho $OPENCLAW_TASK_ATTEMPT\n"
        );
        await File.WriteAllTextAsync(
            fleet.Room.Path("plugins", "stubborn.yaml"),
            "on_link_loss: continue\nreassign_after: 1s\n",
            TestContext.Current.CancellationToken
        );
        await fleet.StartManagerAsync();
        await using var cable = new Cable(fleet.Address);
        fleet.LaunchWorker("worker-01", ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        await fleet.StateAsync("worker-01", "healthy");
        using var client = fleet.Client();
        var id = await client.SubmitAsync("stubborn", "{}");
        await client.UntilAsync(id, TaskState.Running);
        fleet.LaunchWorker("worker-02");
        await fleet.StateAsync("worker-02", "healthy");
        cable.Cut();
        await client.UntilAsync(id, TaskState.Running, t => t is { Attempt: 2, Worker: "worker-02" });

        // Both run: that is what the type asked for. The late one is done first, while nobody can hear it.
        await Until.TrueAsync(() => File.Exists(gate + "-2"), "the second attempt runs");
        await File.WriteAllTextAsync(gate, "", TestContext.Current.CancellationToken);
        var done = await client.UntilAsync(id, TaskState.Succeeded);
        await Until.TrueAsync(
            () => Directory.EnumerateFiles(fleet.Room.Path("state-worker-01", "worker", "outbox")).Any(f => new FileInfo(f).Length > 8),
            "the first attempt's outcome is on disk",
            details: () => fleet.Workers["worker-01"].Said
        );
        Assert.Equal((2, "worker-02", "2"), (done.Attempt, done.Worker, done.Result.ToStringUtf8().Trim()));
        cable.Mend();
        await fleet.StateAsync("worker-01", "healthy");
        await fleet.Manager.SaidAsync($"clw-lease-lost: outcome of {id} attempt 1 from worker worker-01 refused: a later attempt decides");
        var after = await client.TaskAsync(id);
        Assert.Equal((2, "2", 1, 0), (after.Attempt, after.Result.ToStringUtf8().Trim(), after.Losses, after.Retries));
        Assert.True(after.LateResult.IsEmpty);
    }

    [Fact]
    public async Task C7_a_manager_that_starts_gives_every_worker_its_time_anew()
    {
        await using var fleet = new Fleet();
        await fleet.StartManagerAsync();
        await using var cable = new Cable(fleet.Address);
        fleet.LaunchWorker("worker-01", ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        await fleet.StateAsync("worker-01", "healthy");
        using var client = fleet.Client();
        var id = await client.SubmitAsync("sleep", """{"ms":5000}""");
        await client.UntilAsync(id, TaskState.Running);
        fleet.LaunchWorker("worker-02");
        await fleet.StateAsync("worker-02", "healthy");
        cable.Cut();
        Signals.Send(fleet.ManagerProcess.Id, Signals.Kill);
        fleet.Manager.Kill();
        await fleet.Manager.EndAsync();

        // As after an hour without a manager: every lease in the store has ended long ago.
        var hourAgo = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds();
        using (var store = new Database(fleet.Room.Path("data", "openclaw.db")))
        {
            store.Rows($"UPDATE leases SET until = {hourAgo}");
        }

        await fleet.StartManagerAsync();
        using (var store = new Database(fleet.Room.Path("data", "openclaw.db")))
        {
            var until = store.Number("SELECT min(until) FROM leases");
            Assert.True(until > DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeMilliseconds(), $"{until}");
        }

        await fleet.StateAsync("worker-02", "healthy");
        var kept = await client.TaskAsync(id);
        Assert.Equal((1, "worker-01", 0), (kept.Attempt, kept.Worker, kept.Losses));
        cable.Mend();
        var done = await client.UntilAsync(id, TaskState.Succeeded);
        Assert.Equal((1, "worker-01", 0), (done.Attempt, done.Worker, done.Losses));
    }

    [Fact]
    public async Task C7_a_file_in_which_a_kill_may_last_beyond_the_hand_over_is_refused_with_its_place()
    {
        await using var room = new Room();
        var file = room.Path("worker.yaml");
        async Task<RealProcess> JudgeAsync(string text)
        {
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
            return await room.RunAsync("validate-config", file);
        }

        var grace = await JudgeAsync("task:\n  kill_grace: 5m\n");
        grace.FailedWith("clw-config-invalid", 6);
        Assert.Contains(
            $"{file}:2:15: task.kill_grace: cluster.task_reassign_after must be at least lease_stop plus task.kill_grace plus 10 % (11m22s), not 6m",
            grace.Errors,
            StringComparison.Ordinal
        );
        var soon = await JudgeAsync("cluster:\n  task_reassign_after: 5m\n");
        soon.FailedWith("clw-config-invalid", 6);
        Assert.Contains($"{file}:2:24: cluster.task_reassign_after: must be at least ", soon.Errors, StringComparison.Ordinal);
        var right = await JudgeAsync("cluster:\n  task_reassign_after: 12m\ntask:\n  kill_grace: 5m\n");
        Assert.True(right.ExitCode == 0, right.Said);
    }
}
