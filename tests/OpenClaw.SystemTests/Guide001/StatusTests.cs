using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Rows C1, C2 and C16 of the guide on workers: what an operator sees of a cluster, and how soon.</summary>
public sealed partial class StatusTests(ITestOutputHelper output)
{
    private const string Interval = "300ms";
    private static readonly TimeSpan ThreeIntervals = TimeSpan.FromMilliseconds(900);

    /// <summary>A worker is well when the manager has stored its lease; until then it is shown as what it is.</summary>
    [Fact]
    public async Task C2_a_worker_is_registering_while_the_store_cannot_take_its_lease()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        using (var database = new Database(fleet.Room.Path("data", "openclaw.db")))
        {
            // Whoever copies the file by hand holds it like this.
            database.Rows("BEGIN IMMEDIATE");
            fleet.LaunchWorker("worker-02");
            await fleet.StateAsync("worker-02", "registering");
            var seen = await fleet.Room.RunAsync("cluster", "status");
            Assert.Matches(@"worker-02 +registering", seen.Output);
            database.Rows("COMMIT");
        }

        await fleet.StateAsync("worker-02", "healthy");
    }

    [Fact]
    public async Task C1_C2_the_tree_shows_a_worker_that_froze_within_three_intervals_everywhere_and_its_return()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = Interval;
        fleet.Room.Environment["OPENCLAW_MANAGER_CLUSTER_NAME"] = "production-cluster";
        await fleet.StartAsync("worker-01", "worker-02", "worker-03");
        using var client = fleet.Client();
        for (var i = 0; i < 7; i++)
        {
            await client.SubmitAsync("nobody-serves-this", "{}");
        }

        var well = await fleet.Room.RunAsync("cluster", "status");
        Assert.True(well.ExitCode == 0, well.Said);
        var lines = well.Output.Split('\n');
        Assert.Equal("CLUSTER: production-cluster", lines[0]);
        Assert.Equal("├── Manager:        healthy (leader)", lines[1]);
        Assert.Equal("├── Workers:        3 total", lines[2]);
        Assert.Matches(@"^│   ├── worker-01   healthy    127\.0\.0\.1:\d+  0/2 busy  pid \d+$", lines[3]);
        Assert.Matches(@"^│   └── worker-03   healthy    127\.0\.0\.1:\d+  0/2 busy  pid \d+$", lines[5]);
        Assert.Equal("└── Queue Depth:    7 pending tasks", lines[6]);

        // Its process is there and says nothing: the connection stays open.
        var frozen = fleet.ProcessOf("worker-02");
        Signals.Send(frozen.Id, Signals.Stop);
        var clock = Stopwatch.StartNew();
        var status = await fleet.StateAsync("worker-02", "UNREACHABLE");
        var took = clock.Elapsed;
        output.WriteLine($"UNREACHABLE after {took.TotalMilliseconds:0} ms with a heartbeat every {Interval}");
        // Beyond the intervals: how long this test takes to look.
        Assert.True(took < ThreeIntervals + TimeSpan.FromMilliseconds(400), $"{took}");
        Assert.Contains("clw-worker-unreachable: nothing heard for", status.Problem, StringComparison.Ordinal);

        // At once in the metrics and in the log as well.
        Assert.Equal(1, await fleet.MetricAsync("openclaw_worker_status", ("worker", "worker-02"), ("status", "unreachable")));
        Assert.Equal(0, await fleet.MetricAsync("openclaw_worker_status", ("worker", "worker-02"), ("status", "healthy")));
        await fleet.Manager.SaidAsync("Worker worker-02 is UNREACHABLE", TimeSpan.FromSeconds(2));
        await fleet.Manager.SaidAsync("clw-heartbeat-failure: nothing heard for", TimeSpan.FromSeconds(2));

        var ill = await fleet.Room.RunAsync("cluster", "status");
        Assert.Equal(1, ill.ExitCode);
        Assert.Contains("├── Workers:        3 total, 1 unreachable\n", ill.Output, StringComparison.Ordinal);
        Assert.Matches(UnreachableLine(), ill.Output);
        Assert.Contains(
            "! worker worker-02 is UNREACHABLE: clw-worker-unreachable: nothing heard for",
            ill.Output,
            StringComparison.Ordinal
        );
        var bare = await fleet.Room.RunAsync("status");
        Assert.Equal(1, bare.ExitCode);
        Assert.StartsWith("✓ Connected\nCLUSTER: production-cluster\n", bare.Output, StringComparison.Ordinal);
        var json = await fleet.JsonAsync("cluster", "status");
        Assert.False(json.GetProperty("healthy").GetBoolean());
        Assert.Equal("UNREACHABLE", json.GetProperty("workers")[1].GetProperty("state").GetString());

        Signals.Send(frozen.Id, Signals.Continue);
        await fleet.StateAsync("worker-02", "healthy", w => w.Pid == frozen.Id);
        Assert.Equal(0, (await fleet.Room.RunAsync("cluster", "status")).ExitCode);
    }

    [Fact]
    public async Task C1_the_tree_goes_on_under_watch_and_a_stopped_worker_is_no_alarm()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01", "worker-02");
        var watch = fleet.Room.Clw("cluster", "status", "--watch");
        await watch.SaidAsync("2 total");
        fleet.Workers["worker-02"].Signal(Signals.Term);
        Assert.Equal(0, await fleet.Workers["worker-02"].EndAsync());
        await fleet.StateAsync("worker-02", "stopped");
        await watch.SaidAsync("worker-02   stopped");
        watch.Signal(Signals.Interrupt);
        Assert.Equal(0, await watch.EndAsync());

        // As `watch -n 10 clw cluster status` sees it: plain text, nothing that moves.
        Assert.DoesNotContain('\u001b', watch.Output);
        Assert.Equal(0, (await fleet.Room.RunAsync("cluster", "status")).ExitCode);
    }

    [Fact]
    public async Task C16_a_worker_whose_heartbeats_are_not_acknowledged_says_so_and_opens_a_new_connection()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "200ms";
        fleet.Room.Environment["OPENCLAW_CLUSTER_ACK_TIMEOUT"] = "1s";
        fleet.Room.Environment["OPENCLAW_CLUSTER_CONNECT_TIMEOUT"] = "1s";
        await fleet.StartAsync("worker-01");
        using var client = fleet.Client();
        var running = await client.SubmitAsync("sleep", """{"ms":4000}""");
        await client.UntilAsync(running, TaskState.Running);

        // The manager's process is there and answers nothing.
        var manager = fleet.ManagerProcess;
        Signals.Send(manager.Id, Signals.Stop);
        var worker = fleet.Workers["worker-01"];
        await worker.SaidAsync("clw-heartbeat-lost");
        Assert.Contains("[WARN] No heartbeat acknowledgment received for 1 second", worker.Errors, StringComparison.Ordinal);
        Assert.Contains("[ERROR] Assuming manager connection lost", worker.Errors, StringComparison.Ordinal);
        Signals.Send(manager.Id, Signals.Continue);
        await worker.SaidAsync("reconnected after");
        await fleet.StateAsync("worker-01", "healthy");
        var task = await client.UntilAsync(running, TaskState.Succeeded);
        Assert.Equal((1, 0, 0), (task.Attempt, task.Retries, task.Losses));
    }

    [GeneratedRegex(@"^│   ├── worker-02   UNREACHABLE 127\.0\.0\.1:\d+$", RegexOptions.Multiline, 1000)]
    private static partial Regex UnreachableLine();
}
