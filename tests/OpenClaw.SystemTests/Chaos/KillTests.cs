using System.Diagnostics;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Chaos;

/// <summary>
/// Proves: whatever is killed with SIGKILL and whenever, every acknowledged submission ends exactly once, with one recorded outcome
/// that never changes after it was told; and that this test would notice a manager that acknowledges before it commits.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const string Plugin = """
        function process_chaos(data)
          if data.ms > 0 then sleep(data.ms) end
          return data.n
        end
        """;

    [Fact]
    public async Task Every_acknowledged_task_ends_exactly_once()
    {
        var options = new ChaosOptions();
        output.WriteLine($"seed {options.Seed} (OPENCLAW_CHAOS_SEED)");
        await using var cluster = NewCluster();
        await cluster.StartAsync();
        using var client = cluster.Client();
        var ledger = new Ledger();
        using var load = new Load(client, ledger, options);
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        var clock = Stopwatch.StartNew();
        var killer = new Killer(cluster, ledger, options);

        var loading = load.RunAsync(giveUp.Token);
        var killing = killer.RunAsync();
        await await Task.WhenAny(killing, loading);
        await Until.TrueAsync(
            () => load.Submitted >= options.Tasks,
            "all is submitted",
            TimeSpan.FromSeconds(90),
            () => cluster.Manager.Said
        );
        await load.Enough.CancelAsync();
        try
        {
            await loading;
        }
        catch (OperationCanceledException)
        {
            var open = ledger.Acknowledged.Values.Count(id => !ledger.Ended.ContainsKey(id));
            Assert.Fail($"seed {options.Seed}: {open} tasks did not end\n{killer.Log}\n{cluster.Manager.Said}\n{cluster.Worker.Said}");
        }

        var took = clock.Elapsed;
        var status = (await client.StatusAsync(giveUp.Token)).Value;
        await cluster.StopAsync();
        using var store = new Database(cluster.Database);
        store.IsSound();
        var broken = Audit.Broken(store, ledger);
        var again = store.Number("SELECT count(*) FROM tasks WHERE attempt > 1");
        output.WriteLine(
            $"{ledger.Acknowledged.Count} tasks, {killer.Kills} kills (manager {killer.Managers}, worker {killer.Workers}, runner {killer.Runners}), "
                + $"{again} ran more than once, {took.TotalSeconds:0.0} s"
        );
        Assert.True(broken.Count == 0, $"seed {options.Seed}\n{string.Join('\n', broken.Take(20))}\n({broken.Count})\n{killer.Log}");
        Assert.True(killer.Kills >= options.Kills && ledger.Acknowledged.Count >= options.Tasks);
        Assert.All([killer.Managers, killer.Workers, killer.Runners], kills => Assert.True(kills > 0, killer.Log));
        Assert.Equal(ledger.Acknowledged.Count, status.TasksByState["SUCCEEDED"]);
    }

    [Fact]
    public async Task A_manager_that_acknowledges_before_the_commit_is_caught()
    {
        // The same run against the planted fault. No loss found means that the test above proves nothing.
        var options = new ChaosOptions
        {
            Kills = 8,
            ManagerWeight = 1,
            WorkerWeight = 0,
            RunnerWeight = 0,
            WaitForOutcomes = false,
            ManagerEnvironment = [("OPENCLAW_UNSAFE_ACK_BEFORE_COMMIT", "1")],
        };
        await using var cluster = NewCluster();
        await cluster.StartManagerAsync(options.ManagerEnvironment);
        using var client = cluster.Client();
        var ledger = new Ledger();
        using var load = new Load(client, ledger, options with { Outstanding = 1_000_000 });
        using var enough = new CancellationTokenSource();

        // Nobody waits for outcomes here: a task that was lost has none.
        var loading = load.RunAsync(enough.Token);
        var killer = new Killer(cluster, ledger, options);
        await killer.RunAsync();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => loading);
        await cluster.ManagerAnswersAsync();
        await cluster.StopAsync();

        using var store = new Database(cluster.Database);
        var lost = Audit.Lost(store, ledger);
        output.WriteLine($"{ledger.Acknowledged.Count} acknowledged, {killer.Managers} kills of the manager, {lost.Count} lost or doubled");
        Assert.True(
            lost.Count + ledger.Contradictions.Count > 0,
            "INCONCLUSIVE: a manager that acknowledges before it commits lost nothing, so this test cannot find what it looks for"
        );
    }

    private static Cluster NewCluster()
    {
        var cluster = new Cluster();
        cluster.Room.Plugin("chaos.lua", Plugin);
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "6";
        cluster.Room.Environment["OPENCLAW_TASK_MAX_LOSSES"] = "1000";
        return cluster;
    }
}
