using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Abi.Processes;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>The cluster that is measured: one that runs, or one of our own in a temporary directory that is gone afterwards.</summary>
internal sealed class BenchTarget : IAsyncDisposable
{
    private readonly TemporaryCluster? own;
    private readonly BenchSupplies supplies;
    private readonly string dataDirectory;
    private bool held;

    private BenchTarget(WireClient client, TemporaryCluster? own, BenchSupplies supplies, string dataDirectory, StatusResponse status)
    {
        this.own = own;
        this.supplies = supplies;
        this.dataDirectory = dataDirectory;
        Client = client;
        Status = status;
        Processes = FindProcesses(dataDirectory, status);
    }

    public WireClient Client { get; }

    /// <summary>As it was when it was found.</summary>
    public StatusResponse Status { get; }

    /// <summary>Whether it was started for this measurement.</summary>
    public bool IsOwn => own is not null;

    /// <summary>The payload of the type that is measured, when none was given.</summary>
    public ByteString DefaultPayload => supplies.Payload;

    public int Slots => Status.Workers.Sum(w => w.Slots);

    /// <summary>The programs of it that run on this machine.</summary>
    public ProcessFigures Processes { get; }

    /// <summary>Whether every worker runs on this machine: only then their clock is ours.</summary>
    public bool IsLocal => Status.Workers.All(w => w.Host == Environment.MachineName);

    /// <summary>The cluster that the command line means; when none was named and none runs, or when it has to be our own, a new one.</summary>
    /// <param name="invocation">Options of the connection.</param>
    /// <param name="forceOwn">Starts one in any case.</param>
    /// <param name="slots">Slots of the one that is started; null: as many as processors.</param>
    /// <param name="type">The type that will be measured: the cluster has to serve it.</param>
    /// <param name="hasPayload">Whether the user gave its payload.</param>
    /// <param name="isolation">Its <c>task.isolation</c>; null: the default.</param>
    public static async Task<BenchTarget> OpenAsync(
        Invocation invocation,
        bool forceOwn,
        int? slots,
        string type,
        bool hasPayload,
        string? isolation
    )
    {
        var loaded = ClusterSession.Load(invocation);
        if (!forceOwn)
        {
            var named =
                loaded.Settings.Find(ClusterKeys.ManagerAddress) is not { At.Kind: SourceKind.Default }
                || invocation.Get(Options.DataDir) is not null;
            if (named || LocalCluster.FindAddress(ClusterSession.DataDirectory(loaded)) is not null)
            {
                var client = ClusterSession.Open(invocation, loaded);
                var status = await client.StatusAsync(invocation.Cancellation);
                if (status.IsOk || named)
                {
                    try
                    {
                        var found = BenchSupplies.ForRunning(type, loaded, status.Value, hasPayload);
                        return new(client, null, found, ClusterSession.DataDirectory(loaded), status.Value);
                    }
                    catch
                    {
                        client.Dispose();
                        throw;
                    }
                }

                client.Dispose();
            }
        }

        return await StartOwnAsync(invocation, BenchSupplies.ForOwn(type, loaded.Paths.PluginDir), slots, isolation);
    }

    private static async Task<BenchTarget> StartOwnAsync(Invocation invocation, BenchSupplies supplies, int? slots, string? isolation)
    {
        TemporaryCluster? cluster = null;
        WireClient? client = null;
        try
        {
            cluster = await TemporaryCluster.StartAsync(
                "bench",
                supplies.PluginDirectory,
                slots,
                invocation.Cancellation,
                supplies.ReadRoots,
                isolation
            );
            client = cluster.Connect();
            // Ready means that the worker runs; its registration follows within a moment.
            var status = (await client.StatusAsync(invocation.Cancellation)).Value;
            while (status.Workers.Count == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), invocation.Time, invocation.Cancellation);
                status = (await client.StatusAsync(invocation.Cancellation)).Value;
            }

            return new(client, cluster, supplies, cluster.DataDirectory, status);
        }
        catch
        {
            client?.Dispose();
            if (cluster is not null)
            {
                await cluster.DisposeAsync();
            }

            supplies.Dispose();
            throw;
        }
    }

    /// <summary>Stops the workers' processes where they are: what is submitted waits. Only of an own cluster.</summary>
    public void Hold()
    {
        held = true;
        SignalWorkers(Signals.Stop);
    }

    /// <summary>Lets the workers go on.</summary>
    public void LetGo()
    {
        if (held)
        {
            held = false;
            SignalWorkers(Signals.Continue);
        }
    }

    /// <summary>The manager's metrics; null when they are not to be had from here.</summary>
    public async Task<ManagerCounters?> CountersAsync(string type, CancellationToken cancellation) =>
        WebAddress() is { } web ? await ManagerCounters.ReadAsync(web, type, cancellation) : null;

    public async ValueTask DisposeAsync()
    {
        LetGo();
        Client.Dispose();
        if (own is not null)
        {
            await own.DisposeAsync();
        }

        supplies.Dispose();
    }

    private void SignalWorkers(int signal)
    {
        foreach (var pid in IsOwn ? Processes.Workers : [])
        {
            _ = Signals.Send(pid, signal);
        }
    }

    private string? WebAddress() =>
        ManagerFile(dataDirectory, Status) is { } file && file.TryGetProperty("web", out var web) ? web.GetString() : null;

    private static ProcessFigures FindProcesses(string dataDirectory, StatusResponse status)
    {
        List<int> managers = [];
        if (ManagerFile(dataDirectory, status) is { } file && file.TryGetProperty("pid", out var pid))
        {
            managers.Add(pid.GetInt32());
        }

        var workers = status.Workers.Where(w => w.Host == Environment.MachineName && w.Pid > 0).Select(w => w.Pid).ToList();
        return new(managers, workers);
    }

    // What the manager said of itself on this machine; null when the one that answers is another.
    private static JsonElement? ManagerFile(string dataDirectory, StatusResponse status)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(dataDirectory, LocalCluster.AddressFile)));
            var root = document.RootElement;
            return root.TryGetProperty("address", out var address) && address.GetString() == status.Manager?.Address ? root.Clone() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
