using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W19: tasks that kill what runs them.</summary>
public sealed class PoisonTests
{
    [Fact]
    public async Task W19_a_task_that_crashes_each_time_is_dead_and_named_and_others_go_on()
    {
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var id = await client.SubmitAsync(Crashing.Type, """{"how":"segfault"}""", s => s.MaxRetries = 1);
        var dead = await client.UntilAsync(id, TaskState.Dead);
        Assert.Equal((1, 2, "clw-worker-crash"), (dead.Retries, dead.Attempt, dead.Failure.Code));

        var status = await fleet.Room.RunAsync("cluster", "status");
        Assert.Equal(0, status.ExitCode);
        Assert.Matches(
            $@"1 task of type {Crashing.Type} DEAD: its process crashed each time, last by segfault \(clw-worker-crash\)",
            status.Output
        );
        Assert.Contains($"clw task show {id}", status.Output, StringComparison.Ordinal);
        Assert.Contains($"clw task retry {id}", status.Output, StringComparison.Ordinal);
        var poison = Assert.Single((await fleet.JsonAsync("cluster", "status")).GetProperty("poison").EnumerateArray());
        Assert.Equal(
            (Crashing.Type, 1, id, "segfault"),
            (
                poison.GetProperty("type").GetString(),
                poison.GetProperty("tasks").GetInt32(),
                poison.GetProperty("last_task").GetString(),
                poison.GetProperty("cause").GetString()
            )
        );

        // Named also by the manager that comes after this one.
        var manager = fleet.ManagerProcess.Id;
        Signals.Send(manager, Signals.Kill);
        await fleet.StateAsync("w1", "healthy");
        Assert.Single((await fleet.JsonAsync("cluster", "status")).GetProperty("poison").EnumerateArray());
    }

    [Fact]
    public async Task W19_a_type_that_only_crashes_is_held_back_and_takes_no_time_from_others()
    {
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        for (var i = 0; i < 200; i++)
        {
            await client.SubmitAsync(Crashing.Type, """{"how":"segfault"}""", s => s.MaxRetries = 0);
        }

        await fleet.Manager.SaidAsync($"type {Crashing.Type} crashed 5 times in a row, the last time by segfault");
        Assert.Contains($"type {Crashing.Type} crashed", (await fleet.Room.RunAsync("cluster", "status")).Output, StringComparison.Ordinal);

        // Both slots are free for others while the others of the type wait their turn.
        await client.UntilAsync(await client.SubmitAsync("sleep", """{"ms":10}"""), TaskState.Succeeded);
        Assert.True((await client.StatusAsync()).Value.QueueDepth > 0);

        // One that ends well, behind them by age and before them by priority, sets the type free.
        var well = await client.SubmitAsync(Crashing.Type, """{"how":"well"}""", s => s.Priority = 10);
        await client.UntilAsync(well, TaskState.Succeeded);
        await fleet.Manager.SaidAsync($"Type {Crashing.Type} has an end that is no crash again");
    }

    [Fact]
    public async Task W19_a_task_that_kills_the_workers_process_is_a_loss_and_dead_after_max_losses()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_TASK_MAX_LOSSES"] = "1";
        fleet.Room.Plugin("patricide", "#!/bin/sh\nkill -9 $PPID\nsleep 60\n");
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var id = await client.SubmitAsync("patricide", "null");
        var dead = await client.UntilAsync(id, TaskState.Dead, details: () => fleet.Workers["w1"].Said);
        Assert.Equal((0, 2, "clw-worker-lost"), (dead.Retries, dead.Losses, dead.Failure.Code));
        Assert.Contains("exit code 137, signal 9", dead.Failure.Message, StringComparison.Ordinal);
        await fleet.StateAsync("w1", "healthy");
        await client.UntilAsync(await client.SubmitAsync("noop", "null"), TaskState.Succeeded);
        var status = await fleet.Room.RunAsync("cluster", "status");
        Assert.Contains(
            "1 task of type patricide DEAD: the worker that ran it ended each time (clw-worker-lost)",
            status.Output,
            StringComparison.Ordinal
        );
    }
}
