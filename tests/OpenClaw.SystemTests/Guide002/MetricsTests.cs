using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W15 of the guide on workers that crash: the commands of the guide, under its names, against a cluster whose tasks crash.</summary>
public sealed partial class MetricsTests : IAsyncLifetime
{
    private readonly Cluster cluster = new();
    private string metrics = "";

    public async ValueTask InitializeAsync()
    {
        cluster.Room.Environment["OPENCLAW_MANAGER_CLUSTER_NAME"] = "prod";
        cluster.Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "300ms";
        cluster.Room.Environment["OPENCLAW_CLUSTER_WORKER_ID"] = "worker-01";
        cluster.Room.Plugin("image", "#!/bin/sh\nkill -SEGV $$\n");
        cluster.Room.Plugin("gives-up", "#!/bin/sh\nkill -ABRT $$\n");

        // The name under which the guide calls it: a link to the program.
        metrics = cluster.Room.Path("clw-metrics");
        File.CreateSymbolicLink(metrics, Checkout.Program("clw"));
        await cluster.StartAsync();
    }

    public async ValueTask DisposeAsync() => await cluster.DisposeAsync();

    private async Task<RealProcess> MetricsAsync(params string[] words)
    {
        var process = cluster.Room.Start(metrics, words);
        process.CloseInput();
        await process.EndWithOutputAsync();
        return process;
    }

    /// <summary>Succeeding and crashing tasks, all to their end.</summary>
    private async Task RunAsync(int good, int crashing, string type = "image")
    {
        using var client = cluster.Client();
        var ids = new List<string>();
        for (var i = 0; i < good; i++)
        {
            ids.Add(await client.SubmitAsync("noop", "{}"));
        }

        for (var i = 0; i < crashing; i++)
        {
            ids.Add(await client.SubmitAsync(type, "{}", s => s.MaxRetries = 0));
        }

        foreach (var id in ids)
        {
            await Until.TrueAsync(
                async () => (await client.TaskAsync(id)).State is TaskState.Succeeded or TaskState.Failed or TaskState.Dead,
                $"{id} has ended"
            );
        }
    }

    [Fact]
    public async Task W15_the_guides_query_prints_the_share_of_attempts_that_crashed()
    {
        // Before anything has run: the line all the same, and a word beside it.
        var before = await MetricsAsync("query", "worker_crash_rate", "--range=1h");
        Assert.Equal((0, "worker_crash_rate{cluster=\"prod\"} 0\n"), (before.ExitCode, before.Output));
        Assert.Contains("no attempt has finished", before.Errors, StringComparison.Ordinal);

        await RunAsync(good: 6, crashing: 2);
        await RunAsync(good: 1, crashing: 1, "gives-up");
        async Task PrintsAsync(string line, params string[] words)
        {
            var process = await MetricsAsync(["query", .. words]);
            Assert.True(process.ExitCode == 0 && process.Output == line + "\n", process.Said);
            Assert.Empty(process.Errors);
        }

        await PrintsAsync("worker_crash_rate{cluster=\"prod\"} 0.3", "worker_crash_rate", "--range=1h");
        await PrintsAsync("worker_crash_rate{cluster=\"prod\",type=\"image\"} 1", "worker_crash_rate{type=\"image\"}", "--range=1h");
        await PrintsAsync(
            "worker_crash_rate{cluster=\"prod\",cause=\"segfault\"} 0.2",
            "worker_crash_rate{cause=\"segfault\"}",
            "--range=1h"
        );
        await PrintsAsync(
            "worker_crash_rate{cluster=\"prod\",cause=\"abort\"} 0.1\nworker_crash_rate{cluster=\"prod\",cause=\"segfault\"} 0.2",
            "worker_crash_rate",
            "--by=cause",
            "--range=1h"
        );
        // The worker's figures are looked at every second.
        await Until.TrueAsync(
            async () =>
                (await MetricsAsync("query", "worker_crash_rate", "--by", "worker")).Output
                == "worker_crash_rate{cluster=\"prod\",worker=\"worker-01\"} 0.3\n",
            "the worker's own rate is known"
        );

        // By the full name, without, and as a rate; and what Prometheus is served.
        foreach (var name in new[] { "openclaw_worker_crashes_total", "worker_crashes" })
        {
            await PrintsAsync(
                "openclaw_worker_crashes_total{cluster=\"prod\",type=\"image\",cause=\"segfault\",signal=\"SIGSEGV\"} 2",
                name + "{type=\"image\"}"
            );
        }

        var rate = await MetricsAsync("query", "rate(worker_crashes{type=\"image\"}[5m])");
        Assert.Matches("^openclaw_worker_crashes_total\\{.*\\} 0\\.00666667\n$", rate.Output);
        var same = await MetricsAsync("query", "worker_crashes{type=\"image\"}", "--rate", "--range=5m");
        Assert.Equal(rate.Output, same.Output);
    }

    [Fact]
    public async Task W15_the_history_outlives_kill_9_of_the_manager()
    {
        await RunAsync(good: 3, crashing: 1);
        var log = cluster.Room.Path("data", "metrics.db-wal");
        var since = DateTime.UtcNow;

        // Sampled: the next flush brings it to the disk, where the death of a process cannot reach it.
        await Until.TrueAsync(
            async () =>
                (await SeriesAsync("worker_crashes")) is [{ } one]
                && one.GetProperty("points").EnumerateArray().Any(p => p.TryGetProperty("value", out _)),
            "a sample was taken",
            TimeSpan.FromSeconds(30)
        );
        since = DateTime.UtcNow;
        await Until.TrueAsync(() => File.GetLastWriteTimeUtc(log) > since, "the history was flushed", TimeSpan.FromSeconds(90));
        cluster.Manager.Kill();
        await cluster.Manager.EndAsync();
        await cluster.StartManagerAsync();
        await cluster.WorkerIsAsync("healthy");
        var after = await MetricsAsync("query", "worker_crash_rate", "--range=1h");
        Assert.True(after.Output == "worker_crash_rate{cluster=\"prod\"} 0.25\n", after.Said);

        // And it goes on: what the new manager counts from zero is added to it.
        await RunAsync(good: 0, crashing: 1);
        after = await MetricsAsync("query", "worker_crash_rate", "--range=1h");
        Assert.True(after.Output == "worker_crash_rate{cluster=\"prod\"} 0.4\n", after.Said);
        await cluster.StopAsync();
    }

    private async Task<List<JsonElement>> SeriesAsync(string query)
    {
        var process = await MetricsAsync("query", query, "--series", "--json", "--range=5m");
        Assert.True(process.ExitCode == 0, process.Said);
        return [.. JsonDocument.Parse(process.Output).RootElement.GetProperty("series").EnumerateArray()];
    }

    [Fact]
    public async Task W15_watch_shows_each_worker_with_its_figures()
    {
        await RunAsync(good: 3, crashing: 1);

        // A pipe gets one plain table.
        var row = "";
        await Until.TrueAsync(
            async () =>
            {
                var table = await MetricsAsync("watch", "--workers");
                Assert.True(table.ExitCode == 0, table.Said);
                Assert.DoesNotContain('\x1b', table.Output);
                Assert.StartsWith("WORKER     STATE    BUSY  TASKS/S  CRASH  P50", table.Output, StringComparison.Ordinal);
                row = Assert.Single(table.Output.Split('\n'), l => l.StartsWith("worker-01", StringComparison.Ordinal));
                return Row().IsMatch(row);
            },
            "the row has its figures",
            details: () => row
        );

        // A document for each refresh, until it is interrupted.
        var live = cluster.Room.Start(metrics, ["watch", "--workers", "--json", "--interval=200ms"]);
        await Until.TrueAsync(() => live.Output.Count(c => c == '\n') >= 2, "two documents came", details: () => live.Said);
        live.Signal(Signals.Interrupt);
        Assert.Equal(0, await live.EndWithOutputAsync());
        var worker = JsonDocument.Parse(live.Output.Split('\n')[0]).RootElement.GetProperty("workers")[0];
        Assert.Equal(
            ("worker-01", "healthy", 0, 4, 0.25),
            (
                worker.GetProperty("id").GetString(),
                worker.GetProperty("state").GetString(),
                worker.GetProperty("busy").GetInt32(),
                worker.GetProperty("slots").GetInt32(),
                worker.GetProperty("crash_rate").GetDouble()
            )
        );

        // The whole tree: the worker and a runner for each slot, each some megabytes.
        Assert.InRange(worker.GetProperty("memory_bytes").GetDouble(), 40 << 20, 4L << 30);

        // The cluster at a glance.
        var overview = await MetricsAsync("watch");
        foreach (
            var line in new[] { "CLUSTER: prod", "tasks in /s", "tasks out /s", "queue depth", "crash rate", "retries /s", "commit p95" }
        )
        {
            Assert.Contains(line, overview.Output, StringComparison.Ordinal);
        }

        // A new process of the worker counts as a restart.
        cluster.Worker.Kill();
        await cluster.Worker.EndAsync();
        await cluster.StartWorkerAsync();
        await Until.TrueAsync(
            async () =>
                (await MetricsAsync("query", "worker_restarts")).Output
                == "openclaw_worker_restarts_total{cluster=\"prod\",worker=\"worker-01\"} 1\n",
            "the restart is counted"
        );
    }

    [Fact]
    public async Task W15_a_worker_tells_what_all_its_processes_use()
    {
        cluster.Room.Plugin("eats", "#!/bin/sh\nhead -c 300000000 /dev/zero | tail -c 300000000 | sleep 60 &\nsleep 60\n");
        async Task<double> MemoryAsync()
        {
            var said = (await MetricsAsync("query", "worker_memory_bytes")).Output.TrimEnd('\n');
            return said.Length == 0 ? double.NaN : double.Parse(said[(said.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        await Until.TrueAsync(async () => await MemoryAsync() > 0, "its memory is known");
        var before = await MemoryAsync();
        // The process of the slot becomes the plugin and is smaller for it: what its child holds is far more than that.
        using var client = cluster.Client();
        var id = await client.SubmitAsync("eats", "{}");
        await Until.TrueAsync(async () => await MemoryAsync() > before + 150_000_000, "what its task's child holds is in it");
        await client.CancelAsync(id, "enough", force: true);
        foreach (var name in new[] { "worker_cpu_seconds", "worker_uptime_seconds", "worker_runner_starts" })
        {
            var process = await MetricsAsync("query", name);
            Assert.Matches($"^openclaw_{name}(_total)?\\{{cluster=\"prod\",worker=\"worker-01\"\\}} [0-9.]+\n$", process.Output);
        }
    }

    [Fact]
    public async Task W15_mistakes_are_one_line_with_the_nearest_name_or_the_column()
    {
        foreach (
            var (query, code, exit, line) in new[]
            {
                ("worker_crash_rat", "clw-metric-unknown", 3, "There is no metric 'worker_crash_rat'; the nearest: worker_crash_rate"),
                ("worker_crash_rate{type=image}", "clw-metric-query", 2, "column 24: a value in quotes is expected"),
                ("worker_status{wroker=\"a\"}", "clw-metric-query", 2, "has no label 'wroker'; did you mean worker?"),
            }
        )
        {
            var process = await MetricsAsync("query", query);
            Assert.Equal((exit, ""), (process.ExitCode, process.Output));
            Assert.Contains($"error: {code}: ", process.Errors, StringComparison.Ordinal);
            Assert.Contains(line, process.Errors, StringComparison.Ordinal);
            Assert.InRange(process.Errors.TrimEnd('\n').Split('\n').Length, 1, 2);
        }

        // Every name that is listed can be asked for.
        var list = await MetricsAsync("query", "--list", "--json");
        var names = JsonDocument.Parse(list.Output).RootElement.EnumerateArray().Select(m => m.GetProperty("name").GetString()!).ToList();
        Assert.Contains("openclaw_task_run_seconds", names);
        Assert.Contains("worker_crash_rate", names);
        using var client = cluster.Client();
        foreach (var name in names)
        {
            Assert.True((await client.QueryMetricsAsync(new QueryMetricsRequest { Query = name })).IsOk, name);
        }
    }

    // State, busy of slots, tasks per second, crash rate, median and p95 of the runs, memory, CPU, restarts.
    [GeneratedRegex(
        @"^worker-01  healthy  \d/4   +[\d.-]+  +25 %  +[\d.]+ (µs|ms|s)  +[\d.]+ (µs|ms|s)  +[\d.]+ [MG]iB  +[\d.-]+( %)?  +0"
    )]
    private static partial Regex Row();
}
