using OpenClaw.SystemTests.Harness;
using OpenClaw.SystemTests.Network;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>
/// The cluster of the guide with its addresses, in a network of its own: a manager at 192.168.1.10, worker-01 and worker-03, worker-02 on
/// a machine with a real systemd and the service that <c>clw install</c> makes, and somebody at 8.8.8.8. Mutual TLS with a CA of openssl.
/// </summary>
internal sealed class GuideCluster : IAsyncDisposable
{
    private const string Manager = "192.168.1.10";

    private readonly Lan lan = Lan.Create();
    private readonly LanHost managerHost;
    private readonly LanHost[] workerHosts;
    private readonly List<RealProcess> running = [];
    private readonly List<RealProcess> shells = [];
    private OpenSsl openssl = null!;

    private GuideCluster()
    {
        managerHost = lan.Add("m", Manager);
        workerHosts = [lan.Add("w1", "192.168.1.101"), lan.Add("w2", "192.168.1.102"), lan.Add("w3", "192.168.1.103")];
        var target = lan.Add("t", "8.8.8.8");
        foreach (var host in (LanHost[])[.. workerHosts, target])
        {
            host.RouteEverywhere();
            // As every distribution with systemd has it at boot: an echo needs no right to raw sockets.
            host.SetKernel("net.ipv4.ping_group_range", "0 2147483647");
        }

        // Whoever dials what does not answer gives up after seconds and not after two minutes.
        managerHost.SetKernel("net.ipv4.tcp_syn_retries", "1");
        lan.Start();
    }

    public Room Room { get; } = new();

    /// <summary>The machine that the guide looks after.</summary>
    public SystemdMachine Worker02 { get; private set; } = null!;

    public static async Task<GuideCluster> StartAsync()
    {
        foreach (var tool in new[] { "sudo", "nc", "telnet", "ping", "watch", "curl", "sysctl", "journalctl", "script" })
        {
            Checkout.Need(tool);
        }

        var made = new GuideCluster();
        try
        {
            made.openssl = await OpenSsl.CreateAsync(made.Room);
            await made.StartManagerAsync();
            await made.StartWorkerAsync("worker-01", made.workerHosts[0]);
            await made.StartWorkerAsync("worker-03", made.workerHosts[2]);
            made.Worker02 = await SystemdMachine.BootAsync(made.Room, made.workerHosts[1]);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>A file of certificates that openssl has made: the CA's, or of a machine.</summary>
    public string Certificate(string name) => openssl.Path(name);

    /// <summary>A certificate as the guide's, by its CA.</summary>
    public Task CertifyAsync(string name, TimeSpan lasts) =>
        openssl.CertificateAsync(name, "/CN=openclaw-worker/O=openclaw-cluster", to: lasts.TotalDays);

    /// <summary>The cable of worker-02.</summary>
    public bool IsPluggedIn
    {
        set => lan.Faults = value ? [] : [Fault.Unplugged(workerHosts[1])];
    }

    /// <summary>Runs a command where the manager is, as its operator.</summary>
    public async Task<RealProcess> AtManagerAsync(string command)
    {
        var process = AtManager(command);
        process.CloseInput();
        await process.EndWithOutputAsync(TimeSpan.FromSeconds(60));
        return process;
    }

    public RealProcess AtManager(string command)
    {
        var process = managerHost.Start(Room, "/bin/sh", ["-c", command], ("PATH", $"{Checkout.Bin}:{Room.Environment["PATH"]}"));
        shells.Add(process);
        return process;
    }

    /// <summary>Waits until a worker is shown in a state.</summary>
    public async Task WorkerIsAsync(string worker, string state) =>
        await Until.TrueAsync(
            async () => (await AtManagerAsync("clw cluster status")).Output.Contains($"{worker}   {state, -10} ", StringComparison.Ordinal),
            $"{worker} is {state}",
            details: () => string.Join('\n', running.Select(r => r.Said))
        );

    public async ValueTask DisposeAsync()
    {
        // What a test that has failed leaves of its pipelines: its own failure is the one to tell.
        foreach (var left in shells.Where(s => !s.HasExited).SelectMany(s => ProcessTable.DescendantsOf(s.Id)))
        {
            Signals.Send(left.Id, Signals.Kill);
        }

        if (Worker02 is not null)
        {
            await Worker02.DisposeAsync();
        }

        try
        {
            await Room.DisposeAsync();
        }
        finally
        {
            lan.Dispose();
        }
    }

    private async Task StartManagerAsync()
    {
        await openssl.CertificateAsync("manager", "/CN=openclaw-manager", $"IP:{Manager},IP:127.0.0.1");
        running.Add(
            managerHost.Start(
                Room,
                Checkout.Program("clw"),
                ["manager"],
                [
                    ("OPENCLAW_MANAGER_LISTEN", "0.0.0.0:9090"),
                    ("OPENCLAW_MANAGER_WEB", "127.0.0.1:0"),
                    ("OPENCLAW_MANAGER_CLUSTER_NAME", "production-cluster"),
                    ("OPENCLAW_LOG_DIRECTORY", Room.Path("log")),
                    .. Files("manager"),
                ]
            )
        );
        await Until.TrueAsync(
            async () => (await AtManagerAsync("clw cluster status")).ExitCode == 0,
            "the manager answers",
            details: () => running[0].Said
        );
    }

    private async Task StartWorkerAsync(string name, LanHost host)
    {
        await openssl.CertificateAsync(name, "/CN=openclaw-worker/O=openclaw-cluster");
        running.Add(
            host.Start(
                Room,
                Checkout.Program("clw"),
                ["worker"],
                [
                    ("OPENCLAW_CLUSTER_WORKER_ID", name),
                    ("OPENCLAW_MANAGER_HOST", Manager),
                    ("OPENCLAW_MANAGER_PORT", "9090"),
                    ("OPENCLAW_WORKER_STATE_DIR", Room.Path(name)),
                    ("OPENCLAW_LOG_DIRECTORY", Room.Path(name, "log")),
                    .. Files(name),
                ]
            )
        );
        await WorkerIsAsync(name, "healthy");
    }

    private (string, string)[] Files(string name) =>
        [
            ("OPENCLAW_TLS_CA", Certificate("cluster-ca.crt")),
            ("OPENCLAW_TLS_CERT", Certificate(name + ".crt")),
            ("OPENCLAW_TLS_KEY", Certificate(name + "-key.pem")),
        ];
}
