using System.Globalization;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Rows W4, W5, W6 and W10 of the guide on crashes: limits of tasks and of the worker as a whole.</summary>
public sealed class LimitTests(ITestOutputHelper output)
{
    [Fact]
    public async Task W4_max_mem_bounds_the_worker_with_all_its_tasks_and_ends_the_largest()
    {
        Checkout.Unless(OperatingSystem.IsLinux(), "limits are held by Linux's means");
        await using var cluster = new Cluster();
        Torture.Install(cluster.Room, []);
        var program = cluster.Room.Path("torture");
        File.Copy(program, cluster.Room.Path("plugins", "t_grows_slowly"));
        File.Copy(program, cluster.Room.Path("plugins", "t_grows_less"));
        await cluster.StartManagerAsync();
        var worker = cluster.Room.Start(
            Checkout.Program("clw-worker"),
            ["--max-mem=500M", "--core-dump=true", "--oom-score=500"],
            ("OPENCLAW_SUPERVISED", "1"),
            ("OPENCLAW_WORKER_SLOTS", "2")
        );
        await cluster.WorkerIsAsync("healthy", w => w.Pid == worker.Id);
        Assert.Contains("Memory: 500 MiB for the worker with all its tasks, by --max-mem", worker.Said, StringComparison.Ordinal);
        foreach (var runner in ProcessTable.ChildrenOf(worker.Id).Where(p => p.Name == "clw-runner"))
        {
            Assert.Equal("500", (await File.ReadAllTextAsync($"/proc/{runner.Id}/oom_score_adj", Cancel)).Trim());
            Assert.DoesNotMatch("Max core file size +0 ", await File.ReadAllTextAsync($"/proc/{runner.Id}/limits", Cancel));
        }

        using var client = cluster.Client();
        var less = await client.SubmitAsync("t_grows_less", "null", s => s.MaxRetries = 0);
        var large = await client.SubmitAsync("t_grows_slowly", "null", s => s.MaxRetries = 0);
        var failed = await client.UntilAsync(large, TaskState.Failed, details: () => worker.Said);
        output.WriteLine(failed.Failure.Message);
        Assert.Equal(("clw-memory-exhaust", "worker"), (failed.Failure.Code, failed.Failure.Scope));
        Assert.Equal(500L << 20, failed.Failure.Allowed);
        // At 96 %, and what it takes until it is looked at.
        Assert.InRange(failed.Failure.Used, 480L << 20, 700L << 20);
        await client.UntilAsync(less, TaskState.Succeeded);
        Assert.False(worker.HasExited);

        var shown = await cluster.Room.RunAsync("task", "show", large);
        Assert.Matches("Scope: +worker", shown.Output);
        worker.Signal(Signals.Term);
        Assert.Equal(0, await worker.EndAsync());
    }

    [Fact]
    public async Task W4_without_the_flag_no_limit_is_set_silently_and_the_smaller_of_two_wins_with_a_warning()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        Assert.Matches("Memory: (no limit is set|.* by its control group)", cluster.Worker.Said);
        await cluster.StopAsync();

        await File.WriteAllTextAsync(
            cluster.Room.Path("worker.toml"),
            "[worker]\nmax_memory = \"1G\"\n\n[task]\nmax_memory_gb = 4\n",
            Cancel
        );
        var checkedFile = await cluster.Room.RunAsync("validate-config", cluster.Room.Path("worker.toml"));
        Assert.True(checkedFile.ExitCode == 0, checkedFile.Said);
        Assert.Contains("worker.toml:5:", checkedFile.Said, StringComparison.Ordinal);
        Assert.Contains("the smaller one holds", checkedFile.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task W5_worker_toml_limits_one_task_and_a_memory_of_0_is_an_error_with_its_place()
    {
        Checkout.Unless(OperatingSystem.IsLinux(), "limits are held by Linux's means");
        await using var cluster = new Cluster();
        var file = cluster.Room.Path("worker.toml");
        await File.WriteAllTextAsync(file, "[task]\nmax_memory_gb = 0\ntimeout_sec = 300\n", Cancel);
        var refused = cluster.Room.Start(Checkout.Program("clw-worker"), [$"--config={file}"]);
        Assert.Equal(6, await refused.EndWithOutputAsync());
        Assert.Contains($"{file}:2:17: task.max_memory_gb: must be from 0.001 to 65536", refused.Errors, StringComparison.Ordinal);

        cluster.Room.Environment.Remove("OPENCLAW_TASK_PLUGIN_DIR");
        Torture.Install(cluster.Room, []);
        File.Copy(cluster.Room.Path("torture"), cluster.Room.Path("plugins", "t_grows_fast"));
        File.Copy(cluster.Room.Path("torture"), cluster.Room.Path("plugins", "t_loops"));
        await File.WriteAllTextAsync(
            file,
            $"[task]\nmax_memory_gb = 0.1\ntimeout_sec = 1\nenable_core_dumps = true\nplugin_dir = \"{cluster.Room.Path("plugins")}\"\n",
            Cancel
        );
        await cluster.StartManagerAsync();
        var worker = cluster.Room.Start(Checkout.Program("clw-worker"), [$"--config={file}"], ("OPENCLAW_SUPERVISED", "1"));
        await cluster.WorkerIsAsync("healthy", w => w.Pid == worker.Id);
        using var client = cluster.Client();
        var grown = await client.UntilAsync(
            await client.SubmitAsync("t_grows_fast", "null", s => s.MaxRetries = 0),
            TaskState.Failed,
            details: () => worker.Said
        );
        Assert.Equal(("clw-memory-exhaust", "task"), (grown.Failure.Code, grown.Failure.Scope));
        Assert.Matches("^t_grows_fast held [0-9.]+ MiB of the 102.4 MiB that max_memory_gb under \\[task\\] allows", grown.Failure.Message);
        var late = await client.UntilAsync(await client.SubmitAsync("t_loops", "null", s => s.MaxRetries = 0), TaskState.Failed);
        Assert.Equal("clw-task-timeout", late.Failure.Code);
        worker.Signal(Signals.Term);
        Assert.Equal(0, await worker.EndAsync());
    }

    [Fact]
    public async Task W6_the_variables_of_a_container_are_honoured_and_shown()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["CLW_MAX_MEM"] = "2G";
        cluster.Room.Environment["ULIMIT_NOFILE"] = "4096";
        var shown = await cluster.Room.RunAsync("debug", "config");
        Assert.Matches("worker.max_memory +2G +CLW_MAX_MEM", shown.Output);
        Assert.Matches("worker.open_files +4096 +ULIMIT_NOFILE", shown.Output);
        await cluster.StartAsync();
        Assert.Contains(
            "Memory: 2048 MiB for the worker with all its tasks, by CLW_MAX_MEM",
            cluster.Worker.Said,
            StringComparison.Ordinal
        );
        if (OperatingSystem.IsLinux())
        {
            foreach (var process in cluster.Runners.Select(r => r.Id).Append(cluster.Worker.Id))
            {
                Assert.Matches("Max open files +4096 ", await File.ReadAllTextAsync($"/proc/{process}/limits", Cancel));
            }
        }

        await cluster.StopAsync();
    }

    [Fact]
    public async Task W10_a_task_over_its_limit_is_recorded_as_that_within_a_second_and_its_neighbours_go_on()
    {
        Checkout.Unless(OperatingSystem.IsLinux(), "limits are held by Linux's means");
        await using var cluster = new Cluster();
        Torture.Install(cluster.Room, [new("grows_fast", null) { Manifest = "max_memory: 128MiB\n" }]);
        await cluster.StartAsync();
        using var client = cluster.Client();
        var neighbours = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            neighbours.Add(await client.SubmitAsync("sleep", """{"ms":3000}"""));
        }

        var took = new List<double>();
        var last = "";
        for (var i = 0; i < 5; i++)
        {
            var id = await client.SubmitAsync("t_grows_fast", "null", s => s.MaxRetries = 0);
            last = id;
            var task = await client.UntilAsync(id, TaskState.Failed, details: () => cluster.Worker.Said);
            Assert.Equal(("clw-memory-exhaust", "task"), (task.Failure.Code, task.Failure.Scope));
            Assert.Equal(128L << 20, task.Failure.Allowed);
            Assert.True(task.Failure.Used > task.Failure.Allowed, $"{task}");
            var crossed = long.Parse(
                Assert.Single(task.Failure.LastLines, l => l.StartsWith("crossed ", StringComparison.Ordinal))[8..],
                CultureInfo.InvariantCulture
            );
            // It says so 8 MiB before, so that it is heard.
            took.Add(task.FinishedAtMs - crossed);
            output.WriteLine(
                $"recorded {took[^1]:0} ms after the limit was crossed; it held {task.Failure.Used >> 20} MiB of {task.Failure.Allowed >> 20}"
            );
        }

        Assert.True(took.Max() < 1000, string.Join(", ", took));
        foreach (var id in neighbours)
        {
            await client.UntilAsync(id, TaskState.Succeeded, t => t is { Retries: 0, Losses: 0 });
        }

        var json = (await cluster.Room.RunAsync("task", "show", last, "--json")).Output.Replace(" ", "", StringComparison.Ordinal);
        Assert.Contains("\"code\":\"clw-memory-exhaust\"", json, StringComparison.Ordinal);
        Assert.Contains("\"scope\":\"task\"", json, StringComparison.Ordinal);
        Assert.Contains("\"allowed\":134217728", json, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
