using System.Diagnostics;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Network;

/// <summary>
/// Proves on real networks: a worker that cannot be reached is shown within three heartbeats, comes back by itself when the network
/// does, goes on with what it had, and nothing is lost or recorded twice. With heartbeats each second; the long forms
/// (<c>./test --long</c>) also with the default times, and with cables that are out for minutes.
/// </summary>
public sealed class NetworkTests(ITestOutputHelper output)
{
    public static bool IsLong => Environment.GetEnvironmentVariable("OPENCLAW_TEST_LONG") == "1";

    public static TheoryData<bool> Paces => IsLong ? [true, false] : [true];

    public static TheoryData<int> Outages => IsLong ? [5, 40, 180] : [5];

    public static TheoryData<bool, bool> Firewalls
    {
        get
        {
            var data = new TheoryData<bool, bool>();
            foreach (var quick in IsLong ? new[] { true, false } : [true])
            {
                data.Add(quick, true);
                data.Add(quick, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task A_cable_that_is_out_for_a_while_costs_nothing_with_the_default_times(int seconds)
    {
        await using var cluster = new LanCluster();
        await using var trial = await Trial.BeginAsync($"cable pulled for {seconds} s, default times", cluster, output);
        var clock = Stopwatch.StartNew();
        cluster.Lan.Faults = [Fault.Unplugged(cluster.WorkerHosts[1])];
        if (seconds > 30)
        {
            await trial.ShowsAsync("w2", clock, TimeSpan.FromSeconds(45));
        }

        // The outage is what takes time here, nothing is waited for.
        await Task.Delay(TimeSpan.FromSeconds(seconds) - clock.Elapsed);
        clock.Restart();
        cluster.Lan.Faults = [];
        await trial.WorksAgainAsync("w2", clock);
        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task A_pulled_cable_is_shown_and_costs_nothing(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        await using var trial = await Trial.BeginAsync("cable pulled until it is shown", cluster, output);
        await BreakAsync(trial, Fault.Unplugged(cluster.WorkerHosts[1]));
        await trial.EndAsync();
        Assert.Contains("Reconnected", cluster.LogOf("w2"), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task A_network_device_that_is_down_is_shown_and_costs_nothing(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        await using var trial = await Trial.BeginAsync("device down until it is shown", cluster, output);
        var clock = Stopwatch.StartNew();
        cluster.WorkerHosts[1].SetDevice(up: false);
        await trial.ShowsAsync("w2", clock);
        clock.Restart();
        cluster.WorkerHosts[1].SetDevice(up: true);
        await trial.RecoversAsync("w2", clock);
        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task What_a_worker_says_is_lost_on_the_way(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        await using var trial = await Trial.BeginAsync("one-way loss, worker to manager", cluster, output);
        await BreakAsync(trial, Fault.OneWay(cluster.WorkerHosts[1], cluster.ManagerHost));
        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task What_a_worker_is_told_is_lost_on_the_way(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        await using var trial = await Trial.BeginAsync("one-way loss, manager to worker", cluster, output);
        // The manager hears the worker until that gives the connection up.
        await BreakAsync(
            trial,
            Fault.OneWay(cluster.ManagerHost, cluster.WorkerHosts[1]),
            () => Says(cluster, "clw-heartbeat-lost"),
            within: TimeSpan.FromMinutes(2)
        );
        await trial.EndAsync();
    }

    [Fact]
    public async Task A_rough_line_is_slow_and_nothing_else()
    {
        await using var cluster = new LanCluster();
        await using var trial = await Trial.BeginAsync("5 % of the packets lost, 100 ms of delay each way", cluster, output);
        cluster.Lan.Faults = [Fault.Rough(0.05, TimeSpan.FromMilliseconds(100), seed: 1)];
        await trial.WorksAsync();
        await trial.WorksAsync();
        await trial.EndAsync();
        Assert.DoesNotContain("UNREACHABLE", cluster.Said, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Firewalls))]
    public async Task A_port_that_a_firewall_closes_is_shown_with_its_cause(bool quick, bool rejects)
    {
        await using var cluster = new LanCluster().At(quick);
        await using var trial = await Trial.BeginAsync(
            $"port closed by a firewall that {(rejects ? "rejects" : "drops")}",
            cluster,
            output
        );
        // The open connection is dead without a word; what a new one meets is what the firewall says.
        var cause = rejects ? "clw-connection-refused" : "clw-connection-timeout";
        await BreakAsync(trial, Fault.Closed(cluster.ManagerHost, LanCluster.Port, rejects), () => Says(cluster, cause));
        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task A_manager_that_is_restarted_finds_its_workers_and_they_their_tasks(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        await using var trial = await Trial.BeginAsync("manager killed, started again", cluster, output);
        var manager = ProcessTable
            .DescendantsOf(cluster.Manager.Id)
            .First(p => p.CommandLine.StartsWith("clw-manager", StringComparison.Ordinal));
        var clock = Stopwatch.StartNew();
        Signals.Send(manager.Id, Signals.Kill);
        await Until.TrueAsync(() => !ProcessTable.IsAlive(manager.Id), "the manager is dead");
        await trial.RecoversAsync("w1", clock);
        await trial.RecoversAsync("w2", clock);
        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task A_name_that_moves_is_followed(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        const string Name = "manager.test";
        foreach (var host in cluster.WorkerHosts)
        {
            host.SetNames([(Name, cluster.ManagerHost.Address)]);
        }

        await using var trial = await Trial.BeginAsync("DNS name moved to another host", cluster, output, Name);
        cluster.Manager.Signal(Signals.Term);
        Assert.True(await cluster.Manager.EndAsync() == 0, cluster.Manager.Said);
        await cluster.StartManagerAsync(cluster.SpareHost);
        var clock = Stopwatch.StartNew();
        foreach (var host in cluster.WorkerHosts)
        {
            host.SetNames([(Name, cluster.SpareHost.Address)]);
        }

        await trial.RecoversAsync("w1", clock);
        await trial.RecoversAsync("w2", clock);
        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Paces))]
    public async Task A_connection_that_a_middlebox_forgets_is_replaced(bool quick)
    {
        await using var cluster = new LanCluster().At(quick);
        var tracker = Fault.Forgetful(TimeSpan.FromSeconds(5));
        cluster.Lan.Faults = [tracker];
        await using var trial = await Trial.BeginAsync("tracked connections forgotten without a word", cluster, output);
        var clock = Stopwatch.StartNew();
        cluster.Lan.Faults = [Fault.Forgetful(TimeSpan.FromSeconds(5))];
        await trial.ShowsAsync("w2", clock);
        // Counted from the forgetting: the worker has to find out that nothing comes back any more.
        await trial.RecoversAsync("w2", clock, TimeSpan.FromMinutes(2));
        await trial.EndAsync();
    }

    [Fact]
    public async Task A_quiet_connection_is_never_silent_for_long()
    {
        // Nothing runs: only heartbeats keep the middlebox from forgetting.
        await using var cluster = new LanCluster(workers: 1).At(quick: true);
        cluster.Lan.Faults = [Fault.Forgetful(TimeSpan.FromSeconds(3))];
        await cluster.StartAsync();
        using var client = cluster.Client();
        var connected = (await cluster.WorkerIsAsync(client, "w1", "healthy")).ConnectedAtMs;
        var clock = Stopwatch.StartNew();
        await Until.TrueAsync(() => clock.Elapsed > TimeSpan.FromSeconds(8), "more than the middlebox remembers has passed");
        Assert.Equal(connected, (await cluster.WorkerIsAsync(client, "w1", "healthy")).ConnectedAtMs);
        await cluster.StopAsync();
    }

    private static Task Says(LanCluster cluster, string text) =>
        Until.TrueAsync(
            () => cluster.LogOf("w2").Contains(text, StringComparison.Ordinal),
            $"w2 says {text}",
            TimeSpan.FromSeconds(120),
            () => cluster.LogOf("w2")
        );

    /// <param name="trial">What goes on meanwhile.</param>
    /// <param name="fault">What breaks.</param>
    /// <param name="until">What has to be seen before it is mended, beside the worker being shown.</param>
    /// <param name="within">Null: three heartbeats.</param>
    private static async Task BreakAsync(Trial trial, Fault fault, Func<Task>? until = null, TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        trial.Cluster.Lan.Faults = [fault];
        await trial.ShowsAsync("w2", clock, within);
        if (until is not null)
        {
            await until();
        }

        clock.Restart();
        trial.Cluster.Lan.Faults = [];
        await trial.RecoversAsync("w2", clock);
    }
}
