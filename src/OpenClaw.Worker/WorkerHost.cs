using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Loops;
using OpenClaw.Hosting.Stopping;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Crashes;
using OpenClaw.Worker.Health;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Outbox;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;
using OpenClaw.Worker.Session;

namespace OpenClaw.Worker;

/// <summary>Puts a worker together: outbox, plugins, runners, core, link. Starts it and stops it in order.</summary>
internal sealed partial class WorkerHost : IRunnerEvents, IManagerOrders, IAsyncDisposable
{
    /// <summary>How long a manager may take to register a worker, once it is connected: it stores the lease and looks up what the worker holds.</summary>
    private static readonly TimeSpan RegistrationTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly WorkerOptions options;
    private readonly DaemonContext context;
    private readonly ILogger logger;
    private readonly DiskOutbox outbox;
    private readonly PluginCatalog plugins;
    private readonly WorkerCore core;
    private readonly OwnerLoop loop;
    private readonly LinkDriver<ManagerConnection> link;

    private readonly WarmRunners warm;
    private readonly WorkerFences fences;
    private readonly CrashExaminer crashes;
    private readonly HealthEndpoint health;
    private readonly IPAddress healthAddress;
    private readonly WorkerTls tls;

    /// <summary>What the stop waits for; the loop's own.</summary>
    private (Func<bool> Condition, TaskCompletionSource Met)? awaited;
    private volatile bool restartWanted;
    private readonly TaskCompletionSource<Failure> broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WorkerHost(WorkerOptions options, DaemonContext context, WorkerTls tls)
    {
        this.options = options;
        this.tls = tls;
        this.context = context;
        logger = context.Loggers.CreateLogger<WorkerHost>();
        outbox = DiskOutbox.Open(
            Path.Combine(options.StateDirectory, "outbox"),
            options.Incarnation,
            options.OutboxMaxBytes,
            context.Loggers.CreateLogger<DiskOutbox>()
        );
        plugins = new PluginCatalog(
            options.PluginDirectory,
            new ScriptCheck(options.RunnerPath).CheckAsync,
            context.Loggers.CreateLogger<PluginCatalog>(),
            context.Time
        );
        fences = new WorkerFences(
            options,
            context.Time,
            isShort => loop!.Post(() => core!.OnMemoryShort(isShort)),
            context.Loggers.CreateLogger<WorkerFences>()
        );
        var directories = new RunnerDirectories(Path.Combine(options.StateDirectory, "runners"));
        warm = new WarmRunners(
            (environment, events) =>
                RunnerProcess.Start(options.RunnerPath, environment, events, context.Time, fences.Runners, directories.Next()),
            this,
            RunnerEnvironment.For(options),
            options.Spares,
            context.Time
        );
        core = new WorkerCore(
            options,
            context.Time,
            outbox,
            type => plugins.Current.Handlers.GetValueOrDefault(type),
            _ => warm.Take(),
            context.Loggers.CreateLogger<WorkerCore>(),
            context.Logging.Tasks is { } tasks ? line => tasks.TryWrite(line) : null,
            new ProcessTree().LatestAndLook
        );
        loop = new OwnerLoop(
            AfterRun,
            e => broken.TrySetResult(new Failure(Catalogue.Internal, $"The worker's loop failed: {e.Message}")),
            context.Loggers.CreateLogger<OwnerLoop>()
        );
        crashes = new CrashExaminer(
            KeepingOf(options),
            new CrashRecords(options.CrashDirectory ?? Path.Combine(options.StateDirectory, "crashes")),
            loop.Post,
            context.Time,
            context.Loggers.CreateLogger<CrashExaminer>()
        );
        core.Examiner = crashes;
        var managers = new ManagerAddresses(context.Loaded);
        link = new LinkDriver<ManagerConnection>(
            LinkOptionsOf(options, context.Loaded.Settings.Cluster, managers.Names),
            new ManagerEndpoint(
                loop,
                core,
                plugins,
                options,
                managers.Resolve,
                managers.Authorization,
                this,
                context.Logging.Shelf,
                tls,
                context.Loaded.Settings.Cluster.ConnectTimeout,
                context.Time
            ),
            context.Time,
            context.Loggers.CreateLogger("OpenClaw.Worker.Link"),
            seed: options.Identity.GetHashCode(StringComparison.Ordinal)
        );
        health = new HealthEndpoint(ReportAsync, options.WorkerId, options.StateDirectory, context.Time)
        {
            Managers = [.. managers.Names.Where(n => n != ManagerAddresses.Local)],
        };
        // A worker of another machine's manager is looked at from there; one of this machine's alone is nobody else's business.
        healthAddress =
            managers.AreLocal ? IPAddress.Loopback
            : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any
            : IPAddress.Any;
    }

    /// <summary>It has stopped because the manager wants it to start again.</summary>
    public bool RestartWanted => restartWanted;

    // Beside the session: files may be slow.
    void IManagerOrders.Restart(Action<Failure?> answer) =>
        ThreadPool.UnsafeQueueUserWorkItem(static order => order.Host.RestartIfPossible(order.Answer), (Host: this, Answer: answer), false);

    // A worker that went and could not come back would be gone for good, for a mistake in a file that harms nobody while it runs.
    private void RestartIfPossible(Action<Failure?> answer)
    {
        if (!options.IsRestartable)
        {
            LogCannotRestart(logger);
            answer(new Failure(Catalogue.WorkerUnsupervised, "nobody would start it again"));
            return;
        }

        if (WorkerProgram.WhyNotStart(context.Loaded.Request, options.RunnerPath, context.Time) is { } refusal)
        {
            LogStays(logger, refusal.Code, refusal.Message);
            answer(refusal);
            return;
        }

        answer(null);
        if (context.Stop.Phase == StopPhase.Accepting)
        {
            restartWanted = true;
            LogRestart(logger);
            context.Stop.End(StopPhase.Accepting);
        }
    }

    // Beside the session: files may be slow.
    void IManagerOrders.Reload() => ThreadPool.UnsafeQueueUserWorkItem(static live => live.Reload(), context.Live, preferLocal: false);

    private void TakeUpChanges()
    {
        context.Live.Uses(WorkerProgram.Uses);
        context.Live.Take(
            WorkerProgram.LiveKeys,
            next =>
            {
                var changed = WorkerProgram.WithTaskSettings(
                    options with
                    {
                        ContinueOnLinkLoss = next.Settings.Cluster.OnLinkLoss == OpenClaw.Core.Settings.OnLinkLoss.Continue,
                    },
                    next.Settings.Task
                );
                crashes.Keeping = KeepingOf(changed);
                loop.Post(() =>
                {
                    warm.Change(RunnerEnvironment.For(changed), changed.Spares);
                    core.Reconfigure(changed);
                });
            }
        );
    }

    private static CrashKeeping KeepingOf(WorkerOptions options) => new(options.CoreBytes > 0, options.Cores);

    private async Task<HealthReport> ReportAsync()
    {
        var figures = await loop.AskAsync(core.HealthFigures);
        var identity = new HealthIdentity(options.WorkerId, options.Incarnation, options.Slots, options.Version);
        return HealthReport.Of(figures, link.Snapshot, identity);
    }

    // Not essential: a worker whose health port is taken works, and says what it lacks.
    private async Task StartHealthAsync()
    {
        var port = await health.StartAsync(healthAddress, context.Loaded.Settings.Worker.HealthPort);
        if (port.IsOk)
        {
            await loop.AskAsync(() => core.HealthPort = port.Value);
        }
        else
        {
            LogNoHealth(logger, port.Failure.Code, port.Failure.Message, port.Failure.NextStep);
        }
    }

    private static LinkOptions LinkOptionsOf(
        WorkerOptions options,
        OpenClaw.Core.Settings.ClusterSettings cluster,
        IReadOnlyList<string> addresses
    ) =>
        new()
        {
            Name = "manager",
            Owner = "Worker",
            Addresses = addresses,
            Backoff = new BackoffOptions(cluster.ReconnectInterval, cluster.MaxReconnectInterval),
            MaxAttempts = cluster.MaxReconnectAttempts,
            WhenExhausted = LinkExhaustion.Exit,
            // The connection itself says what it waited for, before the whole dial has to be given up.
            DialTimeout = cluster.ConnectTimeout + RegistrationTimeout,
            KeepAlive = new KeepAliveOptions(options.HeartbeatInterval, cluster.AckTimeout, KeepAliveStyle.Steady)
            {
                Lost = Catalogue.HeartbeatLost,
            },

            // Flapping is damped by the manager, which alone can tell it from its own restarts: the worker always tries to be there.
            Flap = null,
        };

    /// <summary>Runs until the stop, or until the link gives up for good.</summary>
    public async Task<Failure?> RunAsync()
    {
        using var cleaning = fences.Begin();
        await plugins.RefreshAsync(CancellationToken.None);
        var looping = loop.RunAsync();
        await loop.AskAsync(() =>
        {
            core.Start();
            return true;
        });
        using var tick = context.Time.CreateTimer(
            _ =>
            {
                fences.Tick();
                loop.Post(core.Tick);
            },
            null,
            TickInterval,
            TickInterval
        );
        using var alive = context.LiveThrough(loop.Post);
        await using var watch = new PluginWatch(
            options.PluginDirectory,
            RefreshPlugins,
            context.Time,
            context.Loggers.CreateLogger<PluginWatch>()
        );
        await using var pruning = StartPruning();
        await using var certificates = tls.Watch(link, options.WorkerId);
        await StartHealthAsync();
        TakeUpChanges();
        // Before the start: every change comes later than this first word.
        context.Status(HealthReport.Sentence(options.WorkerId, LinkState.Connecting, link.Snapshot.Address, null));
        link.Changed += c => context.Status(HealthReport.Sentence(options.WorkerId, c.To, c.Address, c.Cause));
        link.Start();
        SayCores();
        SayEarlierCrash();
        LogUp(logger, options.WorkerId, options.Slots, plugins.Current.Handlers.Count, options.PluginDirectory);
        var connected = SayReadyAsync();
        var stopped = context.Stop.WhenAsync(StopPhase.Draining, CancellationToken.None);
        await Task.WhenAny(stopped, link.Completion, broken.Task);

        // Whatever ended it, the graces count from here: what still runs must not keep a worker that has given up.
        context.Stop.End(StopPhase.Accepting);
        if (broken.Task.IsCompleted)
        {
            return await broken.Task;
        }

        var gaveUp = link.Completion.IsCompleted ? await link.Completion : null;
        await StopAsync();
        // It asks the loop: a pass under way ends before the loop does.
        await pruning.DisposeAsync();
        await crashes.DisposeAsync();
        loop.Complete();
        await looping;
        await connected;
        LogStopped(logger, options.WorkerId);
        return gaveUp;
    }

    // Ends with the run: a pass under way is waited for.
    private Owned StartPruning()
    {
        var pruner = new OutputPruner(
            Path.Combine(options.StateDirectory, "output"),
            options.OutputMaxAge,
            options.OutputMaxBytes,
            context.Time,
            context.Loggers.CreateLogger<OutputPruner>()
        );
        var loopOfIt = new SupervisedLoop(
            new LoopOptions { Name = "output", Period = PruneInterval },
            async ct => await pruner.PruneAsync((name, move) => IfUnusedAsync(name, move, ct), ct),
            context.Time,
            logger,
            seed: options.Identity.GetHashCode(StringComparison.Ordinal)
        );
        return new Owned(loopOfIt.RunAsync);
    }

    // In the loop, which also gives directories to tasks: none can begin to use it meanwhile.
    private Task<bool> IfUnusedAsync(string name, Func<bool> move, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return loop.AskAsync(() => !core.UsesOutput(name) && move());
    }

    /// <summary>A background loop that ends when it is disposed.</summary>
    private sealed class Owned : IAsyncDisposable
    {
        private readonly CancellationTokenSource ended = new();
        private readonly Task running;

        public Owned(Func<CancellationToken, Task> run) => running = run(ended.Token);

        public async ValueTask DisposeAsync()
        {
            if (!running.IsCompleted)
            {
                await ended.CancelAsync();
            }

            await running;
            ended.Dispose();
        }
    }

    // Ready is a worker that is registered: what its parent, its user and systemd wait for.
    private async Task SayReadyAsync()
    {
        if (await link.WaitForAsync(s => s.State == LinkState.Connected, CancellationToken.None))
        {
            context.Ready();
        }
    }

    private async Task StopAsync()
    {
        LogStopping(logger);
        var orphaned = context.ParentGone.IsCancellationRequested;
        if (orphaned)
        {
            LogOrphaned(logger);
        }

        loop.Post(() => core.BeginStop(orphaned ? Orphaned : ""));
        await UntilAsync(() => core.IsDrained, context.Stop.TokenFor(StopPhase.Draining));
        loop.Post(core.HandBackAll);
        await UntilAsync(() => core.IsDrained, context.Stop.TokenFor(StopPhase.Cancelling));
        loop.Post(core.CloseRunners);
        if (!await UntilAsync(() => !core.HasRunners, context.Stop.TokenFor(StopPhase.Cancelling)))
        {
            loop.Post(core.KillRunners);
            await UntilAsync(() => !core.HasRunners, context.Stop.TokenFor(StopPhase.Abandoning));
        }

        await warm.StopAsync();

        // Last: the end of a draining worker's stream tells the manager that nothing runs here any more.
        await link.StopAsync(CancellationToken.None);
    }

    private void AfterRun()
    {
        core.AfterRun();
        if (awaited is { } wait && wait.Condition())
        {
            awaited = null;
            wait.Met.TrySetResult();
        }
    }

    // Waits for a condition of the core: it changes only by what runs in the loop, so it is looked at after each run.
    private async Task<bool> UntilAsync(Func<bool> condition, CancellationToken grace)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => awaited = (condition, met));
        try
        {
            await met.Task.WaitAsync(grace);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async ValueTask RefreshPlugins(CancellationToken cancellation)
    {
        if (await plugins.RefreshAsync(cancellation))
        {
            var set = plugins.Current;
            LogPlugins(logger, set.Handlers.Count, options.PluginDirectory);
            loop.Post(() => core.OnTypesChanged(set));
        }
    }

    void IRunnerEvents.Reports(IRunner runner, IReadOnlyList<SlotReport> reports) => loop.Post(() => core.OnReports(runner, reports));

    void IRunnerEvents.Lines(IRunner runner, IReadOnlyList<string> lines) => loop.Post(() => core.OnLines(runner, lines));

    Task IRunnerEvents.TakenAsync() => loop.PassAsync();

    void IRunnerEvents.Violated(IRunner runner, ErrorEntry entry, string message) =>
        loop.Post(() => core.OnViolation(runner, entry, message));

    void IRunnerEvents.Exceeded(IRunner runner, Excess excess) => loop.Post(() => core.OnExceeded(runner, excess));

    void IRunnerEvents.Faulted(IRunner runner, Exception fault) => LogRunnerFault(logger, runner.ProcessId, fault);

    void IRunnerEvents.Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output) =>
        loop.Post(() => core.OnRunnerEnded(runner, end, output));

    public async ValueTask DisposeAsync()
    {
        await crashes.DisposeAsync();
        await health.DisposeAsync();
        await link.DisposeAsync();
        fences.Dispose();
        outbox.Dispose();
    }

    [LoggerMessage(1, LogLevel.Information, "Worker {worker} is up: {slots} slots, {types} task types, plugins in {directory}")]
    private static partial void LogUp(ILogger logger, string worker, int slots, int types, string directory);

    [LoggerMessage(7, LogLevel.Warning, "{code}: {message}; the worker goes on without it, and clw health cannot ask it. {next}")]
    private static partial void LogNoHealth(ILogger logger, string code, string message, string? next);

    [LoggerMessage(9, LogLevel.Information, "The manager wants this worker to restart")]
    private static partial void LogRestart(ILogger logger);

    [LoggerMessage(
        11,
        LogLevel.Error,
        "{code}: {problem}; the manager wants this worker to restart, and it would not start with that: it stays at work"
    )]
    private static partial void LogStays(ILogger logger, string code, string problem);

    [LoggerMessage(10, LogLevel.Warning, "The manager wants this worker to restart, and nobody would start it again: it goes on")]
    private static partial void LogCannotRestart(ILogger logger);

    private const string Orphaned = "its supervisor ended, so it stopped; nobody starts it again: start it on its machine (clw worker)";

    [LoggerMessage(
        15,
        LogLevel.Error,
        "clw-worker-unreachable: the supervisor of this worker ended; the worker stops, and nobody starts it again. next: Start it: clw worker"
    )]
    private static partial void LogOrphaned(ILogger logger);

    [LoggerMessage(2, LogLevel.Information, "Worker is stopping: it finishes or hands back what it holds")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "Worker {worker} stopped")]
    private static partial void LogStopped(ILogger logger, string worker);

    [LoggerMessage(6, LogLevel.Error, "clw-internal: runner {pid} was ended: what it wrote could not be read")]
    private static partial void LogRunnerFault(ILogger logger, int pid, Exception fault);

    [LoggerMessage(4, LogLevel.Information, "Plugins changed: {types} task types in {directory}")]
    private static partial void LogPlugins(ILogger logger, int types, string directory);
}
