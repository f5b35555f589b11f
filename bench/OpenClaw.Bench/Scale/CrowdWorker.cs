using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Loops;
using OpenClaw.Hosting.Settings;
using OpenClaw.Worker;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Outbox;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;
using OpenClaw.Worker.Session;

namespace OpenClaw.Bench.Scale;

/// <summary>
/// One of many workers in this process: the real core with its outbox on disk, the real link with a connection of its own, and no
/// process to run tasks in.
/// </summary>
internal sealed class CrowdWorker : IManagerOrders, IAsyncDisposable
{
    private readonly LogShelf logs;
    private readonly OwnerLoop loop;
    private readonly WorkerCore core;
    private readonly DiskOutbox outbox;
    private readonly LinkDriver<ManagerConnection> link;
    private readonly Task looping;
    private int runners;

    public CrowdWorker(int number, string directory, string manager, Func<string?> authorization, TimeProvider time)
    {
        var options = new WorkerOptions
        {
            WorkerId = $"crowd-{number:000}",
            Identity = $"crowd-{number:000}-{Guid.NewGuid():N}",
            Incarnation = 1,
            StateDirectory = directory,
            PluginDirectory = directory,
            RunnerPath = "none",
            Slots = 4,
        };
        logs = new LogShelf(time);
        outbox = DiskOutbox.Open(Path.Combine(directory, $"{number}"), 1, 64 << 20, NullLogger.Instance);
        core = new WorkerCore(
            options,
            time,
            outbox,
            type => PluginSet.Builtins.Handlers.GetValueOrDefault(type),
            _ => NewRunner(),
            NullLogger<WorkerCore>.Instance
        );
        loop = new OwnerLoop(
            core.AfterRun,
            e => throw new InvalidOperationException("A worker's loop failed", e),
            NullLogger<OwnerLoop>.Instance
        );
        // A directory without plugins is never read: its types are those that are built in.
        var plugins = new PluginCatalog(directory, (_, _) => throw new NotSupportedException(), NullLogger<PluginCatalog>.Instance, time);
        var tls = WorkerTls.Open(new TlsPlan { Mode = TlsMode.Never }, [], time, NullLoggerFactory.Instance).Value;
        link = new LinkDriver<ManagerConnection>(
            new LinkOptions
            {
                Name = "manager",
                Addresses = [manager],
                Backoff = new BackoffOptions(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)),
                KeepAlive = new KeepAliveOptions(options.HeartbeatInterval, TimeSpan.FromMinutes(1), KeepAliveStyle.Steady),
                Flap = null,
            },
            new ManagerEndpoint(loop, core, plugins, options, a => a, authorization, this, logs, tls, TimeSpan.FromSeconds(5), time),
            time,
            NullLogger.Instance,
            seed: number
        );
        looping = loop.RunAsync();
        loop.Post(core.Start);
        link.Start();
    }

    public bool IsConnected => link.Snapshot.State == LinkState.Connected;

    public void Tick() => loop.Post(core.Tick);

    /// <summary>Nobody restarts a crowd.</summary>
    void IManagerOrders.Restart(Action<Failure?> answer) =>
        answer(new Failure(Catalogue.WorkerUnsupervised, "nobody would start it again"));

    void IManagerOrders.Reload() { }

    private InstantRunner NewRunner()
    {
        var runner = new InstantRunner(++runners, (r, reports) => loop.Post(() => core.OnReports(r, reports)), Ended);
        loop.Post(() => core.OnReports(runner, [new SlotReport { Kind = FrameKind.Ready }]));
        return runner;
    }

    private void Ended(InstantRunner runner) =>
        loop.Post(() => core.OnRunnerEnded(runner, new ProcessEnd(0, null, CoreDumped: false, 0, TimeSpan.Zero), default));

    public async ValueTask DisposeAsync()
    {
        await link.DisposeAsync();
        loop.Complete();
        await looping;
        outbox.Dispose();
        logs.Dispose();
    }
}
