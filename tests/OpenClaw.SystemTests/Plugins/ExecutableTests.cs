using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Plugins;

/// <summary>Proves plugin ABI v1 (W8, W11) through the whole system: what an executable gets, what it may say, and that nothing of it stays.</summary>
public sealed class ExecutableTests
{
    [Fact]
    public async Task W8_a_plugin_gets_its_payload_and_is_heard()
    {
        await using var cluster = new Cluster();
        cluster.Room.Plugin(
            "report",
            """
            #!/bin/sh
            echo "first line" >&2
            echo '{"progress":0.25,"message":"a quarter"}' >&3
            sleep 0.4
            echo '{"progress":0.75,"message":"three quarters"}' >&3
            sleep 0.4
            echo "second line" >&2
            payload=$(cat)
            printf '{"got":%s,"id":"%s","type":"%s","attempt":"%s"}' "$payload" "$OPENCLAW_TASK_ID" "$OPENCLAW_TASK_TYPE" "$OPENCLAW_TASK_ATTEMPT"
            """
        );
        await cluster.StartAsync();
        using var client = cluster.Client();
        var id = await client.SubmitAsync("report", """{"a":[1,2]}""");
        var progress = new ConcurrentQueue<(double, string)>();
        var lines = new ConcurrentQueue<string>();
        await foreach (var happened in client.WatchAsync(id))
        {
            switch (happened.EventCase)
            {
                case TaskEvent.EventOneofCase.Progress:
                    progress.Enqueue((happened.Progress.Fraction, happened.Progress.Message));
                    break;
                case TaskEvent.EventOneofCase.Log:
                    lines.Enqueue(happened.Log.Text);
                    break;
                default:
                    break;
            }
        }

        var task = await client.TaskAsync(id);
        Assert.True(task.State == TaskState.Succeeded, $"{task}");
        Assert.Equal($$"""{"got":{"a":[1,2]},"id":"{{id}}","type":"report","attempt":"1"}""", task.Result.ToStringUtf8());
        Assert.Contains((0.75, "three quarters"), progress);
        Assert.Contains("second line", lines);

        var show = await cluster.Room.RunAsync("task", "show", id);
        Assert.True(show.ExitCode == 0, show.Said);
        Assert.Contains("SUCCEEDED", show.Output, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W8_a_plugin_sees_no_setting_and_no_credential_of_ours()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["AWS_SECRET_ACCESS_KEY"] = "not for plugins";
        cluster.Room.Environment["OPENCLAW_TOKEN"] = "not for plugins either";
        cluster.Room.Environment["SOMEBODYS_PASSWORD"] = "nor this";
        cluster.Room.Plugin("surroundings", "#!/usr/bin/python3\nimport os, json, sys\nprint(json.dumps(dict(os.environ)))\n");
        Checkout.Need("python3");
        await cluster.StartManagerAsync();
        cluster.Room.Environment.Remove("OPENCLAW_TOKEN");
        await cluster.StartWorkerAsync();
        using var client = cluster.Client();
        var task = await client.UntilAsync(await client.SubmitAsync("surroundings", "null"), TaskState.Succeeded);
        var names = JsonDocument.Parse(task.Result.ToStringUtf8()).RootElement.EnumerateObject().Select(p => p.Name).ToList();
        string[] allowed = ["PATH", "HOME", "LANG", "TZ", "LC_CTYPE", "PWD", "SHLVL", "_"];
        Assert.All(names, n => Assert.True(allowed.Contains(n) || n.StartsWith("OPENCLAW_TASK_", StringComparison.Ordinal), $"{n} leaked"));
        Assert.Contains("OPENCLAW_TASK_ID", names);

        // Nor does the runner itself, from which a script could read them.
        foreach (var runner in cluster.Runners)
        {
            var leaked = ProcessTable
                .EnvironmentOf(runner.Id)
                .Where(v =>
                    v.StartsWith("AWS_", StringComparison.Ordinal)
                    || v.Contains("PASSWORD", StringComparison.Ordinal)
                    || v.Contains("_TOKEN", StringComparison.Ordinal)
                );
            Assert.Empty(leaked);
        }

        await cluster.StopAsync();
    }

    [Fact]
    public async Task W8_a_plugin_that_fails_is_shown_with_its_exit_code_and_last_lines()
    {
        await using var cluster = new Cluster();
        cluster.Room.Plugin("failing", "#!/bin/sh\necho 'the file is missing' >&2\nexit 3\n");
        cluster.Room.Plugin("crashing", "#!/bin/sh\nkill -SEGV $$\n");
        await cluster.StartAsync();
        using var client = cluster.Client();
        var failed = await client.UntilAsync(await client.SubmitAsync("failing", "null", s => s.MaxRetries = 0), TaskState.Failed);
        Assert.Equal(("clw-task-failed", 3), (failed.Failure.Code, failed.Failure.ExitCode));
        Assert.Contains("the file is missing", failed.Failure.LastLines);
        var crashed = await client.UntilAsync(await client.SubmitAsync("crashing", "null", s => s.MaxRetries = 0), TaskState.Failed);
        Assert.Equal(("clw-worker-crash", 139, "SIGSEGV"), (crashed.Failure.Code, crashed.Failure.ExitCode, crashed.Failure.Signal));

        var show = await cluster.Room.RunAsync("task", "show", failed.Id);
        Assert.Contains("clw-task-failed", show.Output, StringComparison.Ordinal);
        Assert.Contains("the file is missing", show.Output, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W8_a_plugin_that_takes_too_long_is_ended_with_all_that_it_started()
    {
        await using var cluster = new Cluster();
        var pids = cluster.Room.Path("pids");
        cluster.Room.Environment["OPENCLAW_TASK_KILL_GRACE"] = "300ms";
        cluster.Room.Plugin(
            "stubborn",
            $"""
            #!/bin/sh
            trap '' TERM
            (trap '' TERM; echo $$ >> {pids}; while :; do sleep 1; done) &
            echo $! >> {pids}
            wait
            """
        );
        await cluster.StartAsync();
        using var client = cluster.Client();
        var id = await client.SubmitAsync(
            "stubborn",
            "null",
            s =>
            {
                s.TimeoutMs = 400;
                s.MaxRetries = 0;
            }
        );
        var task = await client.UntilAsync(id, TaskState.Failed);
        Assert.Equal("clw-task-timeout", task.Failure.Code);
        foreach (var pid in (await File.ReadAllLinesAsync(pids)).Select(l => int.Parse(l, CultureInfo.InvariantCulture)).Distinct())
        {
            await Until.TrueAsync(() => ProcessTable.Find(pid) is null, $"process {pid} of the plugin is gone, and is no zombie");
        }

        Assert.DoesNotContain(ProcessTable.DescendantsOf(cluster.Worker.Id), p => p.IsZombie);
        await client.UntilAsync(await client.SubmitAsync("noop", "null"), TaskState.Succeeded);
        await cluster.StopAsync();
    }
}
