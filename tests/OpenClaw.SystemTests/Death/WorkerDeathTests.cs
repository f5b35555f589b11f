using System.Globalization;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Death;

/// <summary>
/// Proves: a worker whose process died is replaced by its supervisor and its tasks run again at once; a runner's death costs its own task
/// one retry and nobody else anything; a manager's death stops no task.
/// </summary>
public sealed class WorkerDeathTests(ITestOutputHelper output)
{
    private const string Long = """{"ms":60000}""";

    [Fact]
    public async Task A_killed_worker_is_replaced_and_its_tasks_run_again()
    {
        await using var up = new Up();
        await up.StartAsync();
        using var client = up.Client();
        string[] ids = [await client.SubmitAsync("sleep", Long), await client.SubmitAsync("sleep", Long)];
        foreach (var id in ids)
        {
            await client.UntilAsync(id, TaskState.Running);
        }

        var old = up.Worker;
        var oldRunners = up.Runners;
        var killedAt = DateTimeOffset.UtcNow;
        Signals.Send(old.Id, Signals.Kill);
        var slowest = TimeSpan.Zero;
        foreach (var id in ids)
        {
            var again = await client.UntilAsync(id, TaskState.Running, t => t.Attempt == 2, () => up.Process.Said);
            Assert.Equal((1, 0), (again.Losses, again.Retries));
            var took = DateTimeOffset.FromUnixTimeMilliseconds(again.StartedAtMs) - killedAt;
            slowest = took > slowest ? took : slowest;
        }

        // Nobody of the dead worker's is left to run the same task at the same time.
        Assert.NotEqual(old.Id, up.Worker.Id);
        Assert.All(oldRunners, r => Assert.False(ProcessTable.IsAlive(r.Id), $"{r} outlived its worker"));
        Assert.Contains("clw-worker-crash detected", up.Process.Output + up.Process.Errors, StringComparison.Ordinal);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"from the kill to the second run: {slowest.TotalSeconds:0.00} s"));
        Assert.True(slowest < TimeSpan.FromSeconds(10), $"it took {slowest}");
        await up.StopAsync();
    }

    [Fact]
    public async Task A_killed_runner_costs_its_own_task_one_retry()
    {
        await using var up = new Up();
        await up.StartAsync();
        using var client = up.Client();
        string[] ids = [await client.SubmitAsync("sleep", Long), await client.SubmitAsync("sleep", Long)];
        foreach (var id in ids)
        {
            await client.UntilAsync(id, TaskState.Running);
        }

        var worker = up.Worker.Id;
        Signals.Send(up.Runners[0].Id, Signals.Kill);
        var tasks = await Until.FoundAsync(
            async () =>
            {
                var now = await Task.WhenAll(ids.Select(client.TaskAsync));
                return now.Any(t => t.Attempt == 2 && t.State == TaskState.Running) ? now : null;
            },
            "one of the tasks runs again",
            details: () => up.Process.Said
        );
        var hit = Assert.Single(tasks, t => t.Attempt == 2);
        var other = Assert.Single(tasks, t => t.Attempt == 1);
        Assert.Equal((1, 0, "clw-worker-crash"), (hit.Retries, hit.Losses, hit.Failure.Code));
        Assert.Equal(137, hit.Failure.ExitCode);
        Assert.Equal("SIGKILL", hit.Failure.Signal);
        Assert.Equal((TaskState.Running, 0, 0), (other.State, other.Retries, other.Losses));
        Assert.Equal(worker, up.Worker.Id);
        await up.StopAsync();
    }

    [Fact]
    public async Task Tasks_go_on_while_the_manager_is_dead()
    {
        await using var up = new Up();
        await up.StartAsync();
        using var client = up.Client();
        var payload = """{"ms":1500}""";
        string[] ids = [await client.SubmitAsync("sleep", payload), await client.SubmitAsync("sleep", payload)];
        foreach (var id in ids)
        {
            await client.UntilAsync(id, TaskState.Running);
        }

        var (manager, worker, runners) = (up.Manager.Id, up.Worker.Id, up.Runners.Select(r => r.Id).Order().ToList());
        Signals.Send(manager, Signals.Kill);
        foreach (var id in ids)
        {
            var task = await client.UntilAsync(id, TaskState.Succeeded, details: () => up.Process.Said);
            Assert.Equal((1, 0, 0), (task.Attempt, task.Retries, task.Losses));
        }

        Assert.NotEqual(manager, up.Manager.Id);
        Assert.Equal(worker, up.Worker.Id);
        Assert.Equal(runners, up.Runners.Select(r => r.Id).Order());
        await up.StopAsync();
    }
}
