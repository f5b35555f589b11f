using System.Diagnostics;
using System.Globalization;
using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Chaos;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Network;

/// <summary>
/// One trouble of the network while tasks are submitted and run without a pause: how long until it was shown, how long until all was
/// well after it had ended, and, from the database itself, what was lost, doubled or run again.
/// </summary>
internal sealed class Trial : IAsyncDisposable
{
    private const string Plugin = """
        function process_chaos(data)
          if data.ms > 0 then sleep(data.ms) end
          return data.n
        end
        """;

    // What is promised is asserted as it is where a machine has nothing else to do: in the long forms, with the time that a look takes.
    // Elsewhere the programs share two cores with other tests, and a heartbeat that is sent late is one more interval.
    private TimeSpan Slack => NetworkTests.IsLong ? TimeSpan.FromMilliseconds(500) : Cluster.Heartbeat + TimeSpan.FromSeconds(1);

    private readonly Ledger ledger = new();
    private readonly Load load;
    private readonly CancellationTokenSource giveUp = new();
    private readonly string name;
    private readonly ITestOutputHelper output;
    private readonly Task loading;
    private TimeSpan? shown;
    private TimeSpan? recovered;

    private Trial(string name, LanCluster cluster, ITestOutputHelper output)
    {
        this.name = name;
        this.output = output;
        Cluster = cluster;
        Client = cluster.Client();
        load = new Load(Client, ledger, new ChaosOptions { Outstanding = 400, Seed = 1 });
        loading = load.RunAsync(giveUp.Token);
    }

    public LanCluster Cluster { get; }
    public WireClient Client { get; }

    /// <summary>Starts the cluster and the load, and waits until outcomes come.</summary>
    public static async Task<Trial> BeginAsync(string name, LanCluster cluster, ITestOutputHelper output, string? managerName = null)
    {
        cluster.Room.Plugin("chaos.lua", Plugin);
        await cluster.StartAsync(managerName);
        var trial = new Trial(name, cluster, output);
        await trial.WorksAsync();
        return trial;
    }

    /// <summary>Outcomes are announced that were not before.</summary>
    public async Task WorksAsync(TimeSpan? bound = null)
    {
        var before = ledger.Announcements;
        await Until.TrueAsync(() => ledger.Announcements > before + 50 || loading.IsFaulted, "tasks end", bound, () => Cluster.Said);
        if (loading.IsFaulted)
        {
            await loading;
        }
    }

    /// <summary>
    /// Waits until a worker is shown as unreachable; counts from the clock's start. Three heartbeats are promised.
    /// </summary>
    public async Task ShowsAsync(string worker, Stopwatch since, TimeSpan? bound = null)
    {
        await Cluster.WorkerIsAsync(Client, worker, "UNREACHABLE", bound ?? (Cluster.Heartbeat * 3) + Slack);
        shown = since.Elapsed;
    }

    /// <summary>Waits until a worker is well again; counts from the clock's start. Under 3 s are promised.</summary>
    public async Task RecoversAsync(string worker, Stopwatch since, TimeSpan? bound = null)
    {
        await Cluster.WorkerIsAsync(Client, worker, "healthy", bound ?? TimeSpan.FromSeconds(3) + Slack);
        recovered = since.Elapsed;
    }

    /// <summary>Waits until a worker is well and what it does arrives: an outage that was too short to be shown still holds everything up.</summary>
    public async Task WorksAgainAsync(string worker, Stopwatch since)
    {
        await Cluster.WorkerIsAsync(Client, worker, "healthy", TimeSpan.FromSeconds(120));
        var last = (await HeardAsync(worker)).LastHeartbeatMs;
        await Until.TrueAsync(
            async () => (await HeardAsync(worker)).LastHeartbeatMs > last,
            $"{worker} is heard",
            details: () => Cluster.Said
        );
        recovered = since.Elapsed;
    }

    private async Task<V1.WorkerStatus> HeardAsync(string worker) => (await Client.StatusAsync()).Value.Workers.First(w => w.Id == worker);

    /// <summary>Ends the load, waits for every task, stops the cluster and looks into the database.</summary>
    public async Task EndAsync(bool ranOnce = true)
    {
        await WorksAsync();
        await load.Enough.CancelAsync();
        giveUp.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            await loading;
        }
        catch (OperationCanceledException)
        {
            var open = ledger.Acknowledged.Values.Count(id => !ledger.Ended.ContainsKey(id));
            Assert.Fail($"{name}: {open} tasks did not end\n{Cluster.Said}");
        }

        await Cluster.StopAsync();
        using var store = new Database(Cluster.Room.Path("data", "openclaw.db"));
        store.IsSound();
        var broken = Audit.Broken(store, ledger);
        var again = store.Number("SELECT count(*) FROM tasks WHERE losses > 0");
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: shown after {Seconds(shown)}, well again {Seconds(recovered)} after its end; {ledger.Acknowledged.Count} tasks, {broken.Count} lost or recorded twice, {again} handed over"
        );
        output.WriteLine(line);
        Report.Write(line);
        Assert.True(broken.Count == 0, $"{string.Join('\n', broken.Take(20))}\n{Cluster.Said}");
        if (ranOnce)
        {
            Assert.Equal(0, again);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await giveUp.CancelAsync();
        try
        {
            await loading;
        }
        catch (Exception e) when (e is OperationCanceledException or Xunit.Sdk.XunitException)
        {
            // The test has ended, well or not: its verdict stands.
        }

        load.Dispose();
        Client.Dispose();
        giveUp.Dispose();
    }

    private static string Seconds(TimeSpan? time) =>
        time is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:0.0} s") : "–";
}

/// <summary>Where the figures go that a run of the long forms is for: the file that OPENCLAW_NETWORK_REPORT names.</summary>
internal static class Report
{
    public static void Write(string line)
    {
        if (Environment.GetEnvironmentVariable("OPENCLAW_NETWORK_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, $"- {line}\n");
        }
    }
}
