using System.Globalization;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Harness;

/// <summary>A manager and workers as processes of their own, with nothing above them: the test starts over what it kills.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public Cluster()
    {
        Port = Room.FreePort();
        var environment = Room.Environment;
        environment["OPENCLAW_MANAGER_LISTEN"] = Address.ToString();
        environment["OPENCLAW_MANAGER_WEB"] = "127.0.0.1:0";
        environment["OPENCLAW_WORKER_HEALTH_PORT"] = "0";
        environment["OPENCLAW_WORKER_SLOTS"] = "4";
        environment["OPENCLAW_CLUSTER_RECONNECT_INTERVAL"] = "100ms";
    }

    public Room Room { get; } = new();

    /// <summary>The manager's; a manager that starts over takes it again.</summary>
    public int Port { get; }
    public HostPort Address => new("127.0.0.1", Port);
    public string Database => Room.Path("data", "openclaw.db");
    public RealProcess Manager { get; private set; } = null!;
    public RealProcess Worker { get; private set; } = null!;

    /// <summary>Starts both and waits until the worker is registered.</summary>
    public async Task StartAsync()
    {
        await StartManagerAsync();
        await StartWorkerAsync();
    }

    // Started as a supervisor starts them: the program itself, in its own process.
    public RealProcess LaunchManager(params (string, string)[] more) =>
        Manager = Room.Start(Checkout.Program("clw"), ["manager"], [("OPENCLAW_SUPERVISED", "1"), .. more]);

    public RealProcess LaunchWorker(params (string, string)[] more) =>
        Worker = Room.Start(Checkout.Program("clw"), ["worker"], [("OPENCLAW_SUPERVISED", "1"), .. more]);

    public async Task StartManagerAsync(params (string, string)[] more)
    {
        LaunchManager(more);
        await ManagerAnswersAsync();
    }

    public async Task StartWorkerAsync(params (string, string)[] more)
    {
        LaunchWorker(more);
        await WorkerIsAsync("healthy", w => w.Pid == Worker.Id);
    }

    public async Task ManagerAnswersAsync()
    {
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

    /// <summary>Waits until a worker is in this state.</summary>
    public async Task<WorkerStatus> WorkerIsAsync(string state, Func<WorkerStatus, bool>? and = null)
    {
        using var client = Client();
        return await Until.FoundAsync(
            async () =>
            {
                var status = await client.StatusAsync();
                return status.IsOk ? status.Value.Workers.FirstOrDefault(w => w.State == state && (and is null || and(w))) : null;
            },
            $"a worker is {state}",
            details: () => Manager.Said + Worker?.Said
        );
    }

    /// <summary>A client with the data directory's token, read at every call.</summary>
    public WireClient Client() =>
        WireClient.Connect(
            new WireOptions
            {
                Addresses = [Address],
                Token = () => LocalCluster.ReadToken(Room.Path("data")),
                Patience = TimeSpan.FromSeconds(60),
            }
        );

    /// <summary>The processes in which the worker runs tasks.</summary>
    public List<ProcessEntry> Runners => [.. ProcessTable.ChildrenOf(Worker.Id).Where(p => p is { Name: "clw-runner", IsZombie: false })];

    /// <summary>Ends both as a service manager would, worker first; each must say that all went well.</summary>
    public async Task StopAsync()
    {
        if (Worker is { HasExited: false })
        {
            Worker.Signal(Signals.Term);
            Assert.True(await Worker.EndAsync() == 0, Worker.Said);
        }

        if (Manager is { HasExited: false })
        {
            Manager.Signal(Signals.Term);
            Assert.True(await Manager.EndAsync() == 0, Manager.Said);
        }
    }

    public ValueTask DisposeAsync() => Room.DisposeAsync();

    public static string Json(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
