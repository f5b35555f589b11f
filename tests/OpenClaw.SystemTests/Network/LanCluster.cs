using System.Net;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Network;

/// <summary>
/// A manager and workers, each on a host of its own, started as on real machines: <c>clw manager</c> and <c>clw worker</c> with their
/// supervisors, and TLS with the certificates of <c>clw certs</c> between them. They share a disk, and nothing else.
/// </summary>
internal sealed class LanCluster : IAsyncDisposable
{
    public const int Port = 9090;

    private readonly List<RealProcess> running = [];
    private readonly Cable doorway;

    public LanCluster(int workers = 2)
    {
        Lan = Lan.Create();
        try
        {
            ManagerHost = Lan.Add("m");
            WorkerHosts = [.. Enumerable.Range(1, workers).Select(i => Lan.Add($"w{i}"))];
            SpareHost = Lan.Add("s");
            Lan.Start();
        }
        catch
        {
            Lan.Dispose();
            throw;
        }

        ManagedAt = ManagerHost;
        doorway = new Cable(() => ManagedAt.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port)));
        Room.Environment["OPENCLAW_WORKER_SLOTS"] = "2";
        Room.Environment["OPENCLAW_WORKER_SHUTDOWN_GRACE"] = "5s";
    }

    public Room Room { get; } = new();
    public Lan Lan { get; }
    public LanHost ManagerHost { get; }

    /// <summary>A host where the manager may move to.</summary>
    public LanHost SpareHost { get; }
    public IReadOnlyList<LanHost> WorkerHosts { get; }

    /// <summary>Where the manager runs now.</summary>
    public LanHost ManagedAt { get; private set; }

    /// <summary>How often workers give a sign of life.</summary>
    public TimeSpan Heartbeat { get; private set; } = TimeSpan.FromSeconds(10);

    public RealProcess Manager { get; private set; } = null!;

    /// <summary>The default times, or heartbeats each second and acknowledgements expected within three: what takes a minute by default takes seconds.</summary>
    public LanCluster At(bool quick)
    {
        if (!quick)
        {
            return this;
        }

        Heartbeat = TimeSpan.FromSeconds(1);
        Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "1s";
        Room.Environment["OPENCLAW_CLUSTER_ACK_TIMEOUT"] = "3s";
        return this;
    }

    public async Task StartAsync(string? managerName = null)
    {
        await MakeCertificatesAsync(managerName);
        await StartManagerAsync(ManagerHost);
        for (var i = 0; i < WorkerHosts.Count; i++)
        {
            var name = $"w{i + 1}";
            running.Add(
                WorkerHosts[i]
                    .Start(
                        Room,
                        Checkout.Program("clw"),
                        ["worker"],
                        [
                            ("OPENCLAW_CLUSTER_WORKER_ID", name),
                            .. Certificate(name, "worker"),
                            ("OPENCLAW_MANAGER_HOST", managerName ?? ManagerHost.Address.ToString()),
                            ("OPENCLAW_MANAGER_PORT", $"{Port}"),
                            ("OPENCLAW_WORKER_STATE_DIR", Room.Path(name)),
                            ("OPENCLAW_LOG_DIRECTORY", Room.Path(name, "log")),
                        ]
                    )
            );
        }

        using var client = Client();
        foreach (var i in Enumerable.Range(1, WorkerHosts.Count))
        {
            await WorkerIsAsync(client, $"w{i}", "healthy");
        }
    }

    // As docs/security.md says: a CA, a certificate for the manager with every name and address that it is dialled by, one for each worker.
    private async Task MakeCertificatesAsync(string? managerName)
    {
        IEnumerable<string> names = [ManagerHost.Address.ToString(), SpareHost.Address.ToString()];
        await CertsAsync("init");
        await CertsAsync(
            "issue",
            "manager",
            "--host",
            string.Join(',', managerName is null ? names : names.Append(managerName)),
            "--out",
            Room.Path("certs", "manager")
        );
        for (var i = 1; i <= WorkerHosts.Count; i++)
        {
            await CertsAsync("issue", "worker", $"w{i}", "--out", Room.Path("certs", $"w{i}"));
        }
    }

    private async Task CertsAsync(params string[] words)
    {
        var clw = await Room.RunAsync(["certs", .. words, "--dir", Room.Path("certs", "ca")]);
        Assert.True(clw.ExitCode == 0, clw.Said);
    }

    private IEnumerable<(string, string)> Certificate(string of, string kind) =>
        [
            ("OPENCLAW_TLS_CA", Room.Path("certs", of, "ca.crt")),
            ("OPENCLAW_TLS_CERT", Room.Path("certs", of, $"{kind}.crt")),
            ("OPENCLAW_TLS_KEY", Room.Path("certs", of, $"{kind}-key.pem")),
        ];

    public async Task StartManagerAsync(LanHost host)
    {
        ManagedAt = host;
        Manager = host.Start(
            Room,
            Checkout.Program("clw"),
            ["manager"],
            [("OPENCLAW_MANAGER_LISTEN", $"0.0.0.0:{Port}"), ("OPENCLAW_MANAGER_WEB", "127.0.0.1:0"), .. Certificate("manager", "manager")]
        );
        running.Add(Manager);
        using var client = Client();
        await Until.TrueAsync(
            async () =>
            {
                Assert.False(Manager.HasExited, $"the manager has ended: {Manager.Said}");
                return (await client.StatusAsync()).IsOk;
            },
            "the manager answers",
            details: () => Manager.Said
        );
    }

    /// <summary>A client beside the manager, on its host: no trouble of the network is between them.</summary>
    public WireClient Client() =>
        WireClient.Connect(
            new WireOptions
            {
                Addresses = [doorway.Address],
                Token = () => LocalCluster.ReadToken(Room.Path("data")),
                Patience = TimeSpan.FromSeconds(60),
            }
        );

    public async Task<WorkerStatus> WorkerIsAsync(WireClient client, string worker, string state, TimeSpan? bound = null)
    {
        StatusResponse? last = null;
        return await Until.FoundAsync(
            async () =>
            {
                var status = await client.StatusAsync();
                last = status.IsOk ? status.Value : last;
                return status.IsOk ? status.Value.Workers.FirstOrDefault(w => w.Id == worker && w.State == state) : null;
            },
            $"{worker} is {state}",
            bound,
            () => $"{last?.Workers}\n{Said}"
        );
    }

    /// <summary>What the file of a worker's log holds.</summary>
    public string LogOf(string worker) => File.ReadAllText(Room.Path(worker, "log", "worker.log"));

    public string Said => string.Join('\n', running.Select(p => p.Said));

    /// <summary>Ends everything as a service manager does, workers first.</summary>
    public async Task StopAsync()
    {
        foreach (var process in running.AsEnumerable().Reverse().Where(p => !p.HasExited))
        {
            process.Signal(Signals.Term);
            Assert.True(await process.EndAsync() == 0, process.Said);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await doorway.DisposeAsync();
        try
        {
            await Room.DisposeAsync();
        }
        finally
        {
            Lan.Dispose();
        }
    }
}
