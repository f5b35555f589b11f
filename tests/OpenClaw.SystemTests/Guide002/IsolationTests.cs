using System.Text.Json;
using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W1 of the guide on workers that crash: a process for each task, or one at a time in a process of the pool.</summary>
public sealed class IsolationTests
{
    /// <summary>The process that ran it.</summary>
    private const string WhoAmI = """
        function process_whoami(data)
            local file = io.open("/proc/self/stat")
            local pid = file:read("n")
            file:close()
            return pid
        end
        """;

    [Theory]
    [InlineData("task")]
    [InlineData("pool")]
    public async Task W1_a_crash_ends_its_own_task_alone(string isolation)
    {
        await using var up = new Up();
        up.Room.Environment["OPENCLAW_TASK_ISOLATION"] = isolation;
        up.Room.Plugin("crash.sh", "#!/bin/sh\nkill -SEGV $$\n");
        up.Room.Plugin("whoami.lua", WhoAmI);
        await up.StartAsync();
        using var client = up.Client();
        var neighbour = await client.SubmitAsync("sleep", """{"seconds":600}""");
        await client.UntilAsync(neighbour, TaskState.Running);
        var worker = up.Worker.Id;
        var crashed = await client.UntilAsync(
            await client.SubmitAsync("crash", "null", s => s.MaxRetries = 0),
            TaskState.Failed,
            details: () => up.Process.Said
        );
        Assert.Equal(("clw-worker-crash", 139, "SIGSEGV"), (crashed.Failure.Code, crashed.Failure.ExitCode, crashed.Failure.Signal));

        // The slot goes on, the neighbour has noticed nothing, nor has the worker.
        await client.UntilAsync(await client.SubmitAsync("whoami", "null"), TaskState.Succeeded);
        var other = await client.TaskAsync(neighbour);
        Assert.Equal((TaskState.Running, 1), (other.State, other.Attempt));
        Assert.Equal(worker, up.Worker.Id);
        await up.StopAsync();
    }

    [Fact]
    public async Task W1_isolation_task_is_a_fresh_process_for_every_task()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_TASK_ISOLATION"] = "task";
        cluster.Room.Plugin("whoami.lua", WhoAmI);
        await cluster.StartAsync();
        using var client = cluster.Client();
        var processes = await RunAsync(client, 40);
        Assert.Equal(40, processes.Distinct().Count());

        // None of those that have done their work stays.
        await Until.TrueAsync(() => !processes.Exists(ProcessTable.IsAlive), "they have ended", details: () => cluster.Worker.Said);

        // Nor does a place where they might have left a core: what is there belongs to the runners that wait.
        var places = Path.Combine(cluster.Room.Path("state"), "worker", "runners");
        Assert.NotEmpty(Directory.EnumerateDirectories(places));
        await Until.TrueAsync(() => Directory.EnumerateDirectories(places).Count() < 20, "their directories are removed");
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W1_the_pool_uses_a_process_until_it_has_run_recycle_after_tasks()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        cluster.Room.Environment["OPENCLAW_TASK_RECYCLE_AFTER"] = "5";
        cluster.Room.Plugin("whoami.lua", WhoAmI);
        await cluster.StartAsync();
        using var client = cluster.Client();
        var processes = await RunAsync(client, 20);
        Assert.Equal(4, processes.Distinct().Count());
        Assert.All(processes.GroupBy(p => p), g => Assert.Equal(5, g.Count()));
        await cluster.StopAsync();
    }

    [Theory]
    [InlineData("pool", "task", 10)]
    [InlineData("task", "pool", 1)]
    public async Task W1_a_manifest_says_otherwise_for_its_type(string ofWorker, string ofType, int expected)
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        cluster.Room.Environment["OPENCLAW_TASK_ISOLATION"] = ofWorker;
        cluster.Room.Plugin("whoami.lua", WhoAmI);
        File.WriteAllText(cluster.Room.Path("plugins", "whoami.yaml"), $"isolation: {ofType}\n");
        await cluster.StartAsync();
        using var client = cluster.Client();
        var processes = await RunAsync(client, 10);
        Assert.Equal(expected, processes.Distinct().Count());
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W1_a_slot_whose_process_died_goes_on_with_one_that_was_there_already()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        cluster.Room.Plugin("whoami.lua", WhoAmI);
        await cluster.StartAsync();
        using var client = cluster.Client();
        var first = (await RunAsync(client, 1))[0];
        await Until.TrueAsync(() => cluster.Runners.Count == 2, "a spare is there");
        var spare = Assert.Single(cluster.Runners, r => r.Id != first).Id;
        Signals.Send(first, Signals.Kill);
        await Until.TrueAsync(() => !ProcessTable.IsAlive(first), "it has ended");
        Assert.Equal(spare, (await RunAsync(client, 1))[0]);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W1_the_version_tells_what_kind_of_runner_runs()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        var version = await cluster.Room.RunAsync("version", "--json");
        var kind = JsonDocument.Parse(version.Output).RootElement.GetProperty("runner").GetString();
        var runner = cluster.Runners[0];
        var hasRuntime = File.ReadAllText($"/proc/{runner.Id}/maps").Contains("libcoreclr.so", StringComparison.Ordinal);
        Assert.Equal(hasRuntime ? "jit" : "native", kind);
        await cluster.StopAsync();
    }

    private static async Task<List<int>> RunAsync(WireClient client, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await client.SubmitAsync("whoami", "null"));
        }

        var processes = new List<int>();
        foreach (var id in ids)
        {
            var task = await client.UntilAsync(id, TaskState.Succeeded);
            processes.Add(JsonDocument.Parse(task.Result.ToStringUtf8()).RootElement.GetInt32());
        }

        return processes;
    }
}
