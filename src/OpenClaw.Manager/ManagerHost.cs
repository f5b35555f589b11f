using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Loops;
using OpenClaw.Hosting.Stopping;
using OpenClaw.Hosting.Telemetry;
using OpenClaw.Manager.Api;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Logs;
using OpenClaw.Manager.Metrics;
using OpenClaw.Manager.Security;
using OpenClaw.Manager.Sessions;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Manager;

/// <summary>Puts a manager together: store, writer, loop, core, ports. Starts it and stops it in order.</summary>
internal sealed partial class ManagerHost(ManagerOptions options, DaemonContext context) : IAsyncDisposable
{
    private readonly ILogger logger = context.Loggers.CreateLogger<ManagerHost>();
    private readonly CancellationTokenSource stoppingCalls = new();
    private readonly TaskCompletionSource<Failure> broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManagerMetrics metrics = new();
    private readonly HealthService health = new(
        TaskMethods.Service,
        WorkerMethods.Service,
        ClusterMethods.Service,
        LogMethods.Service,
        MetricMethods.Service
    );
    private readonly ForwardClock clock = new(context.Time);
    private SqliteTaskStore? store;
    private StoreWriter? writer;
    private OwnerLoop? loop;
    private Task looping = Task.CompletedTask;
    private ManagerCore? core;
    private ManagerTimers? timers;
    private MetricsHost? metricsHost;
    private MetricHistory? history;
    private MetricKeeper? keeper;
    private WebApplication? app;
    private LocalEndpoint? endpoint;
    private IDisposable? alive;
    private ManagerCertificates? certificates;

    /// <summary>Null when the manager is up and has said so.</summary>
    public async Task<Failure?> StartAsync()
    {
        var engine = new SqliteOptions { Clock = clock };
        if (engine.UnsafeNoSync || engine.UnsafeAckBeforeCommit)
        {
            LogUnsafe(logger, engine.UnsafeNoSync ? SqliteOptions.UnsafeVariable : SqliteOptions.UnsafeAckVariable);
        }

        var opened = await SqliteTaskStore.OpenAsync(options.DataDirectory, engine, CancellationToken.None);
        if (!opened.IsOk)
        {
            return opened.Failure.Entry == Catalogue.StoreInUse ? AlreadyUp(opened.Failure) : opened.Failure;
        }

        store = opened.Value;
        writer = new StoreWriter(
            store,
            new StoreWriterOptions(),
            e => context.Abort(new Failure(Catalogue.StoreUncertain, $"The result of a commit is unknown: {e.Message}"))
        );
        loop = new OwnerLoop(
            AfterRun,
            e => broken.TrySetResult(new Failure(Catalogue.Internal, $"The manager's loop failed: {e.Message}")),
            context.Loggers.CreateLogger<OwnerLoop>()
        );
        core = new ManagerCore(options, clock, writer.Post, loop.Post, metrics, context.Loggers.CreateLogger<ManagerCore>());
        await RestoreAsync();
        timers = new ManagerTimers(loop, core, () => store.DelayedByQueue, clock);
        looping = loop.RunAsync();
        if (OpenCertificates() is { } unusable)
        {
            return unusable;
        }

        core.Forgotten += certificates!.Forget;
        metrics.Observe(timers, options, certificates.Measurements);
        metricsHost = new MetricsHost([MetricNames.Meter]);
        await KeepHistoryAsync(metricsHost);

        var token = LocalEndpoint.Token(options.DataDirectory, (file, mode) => LogTokenNarrowed(logger, file, mode));
        if (!token.IsOk)
        {
            return token.Failure;
        }

        app = Build(token.Value);
        if (await ListenAsync(app) is { } taken)
        {
            return taken;
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        var listen = Bound(addresses, 0, options.Listen);
        var web = Bound(addresses, 1, options.Web);
        core.Address = listen.ToString();
        var local = options.Tls is not null && (NeedsLocal(options.Listen) || IsEverywhere(listen)) ? LocalOf(listen) : listen;
        endpoint = LocalEndpoint.Write(options.DataDirectory, local, web);
        certificates!.Start();
        if (options.Insecure && (!options.Listen.IsLoopback || !options.Web.IsLoopback))
        {
            LogInsecure(logger, listen.ToString(), web.ToString());
        }

        LogUp(logger, listen.ToString(), options.Tls is null ? "" : " (TLS)", web.ToString(), options.DataDirectory);
        health.SetServing(true);
        alive = context.LiveThrough(loop.Post);
        context.Status($"listening on {listen}, web on {web}");
        context.Ready();
        return null;
    }

    private Failure AlreadyUp(Failure inUse) =>
        LocalEndpoint.Find(options.DataDirectory) is { } address
            ? inUse with
            {
                Message = $"A manager is already up at {address}: {inUse.Message}",
            }
            : inUse;

    /// <summary>Carries on until the stop; then ends calls, the loop and the writer, in this order.</summary>
    public async Task<Failure?> RunUntilStoppedAsync()
    {
        var stopped = context.Stop.WhenAsync(StopPhase.Draining, CancellationToken.None);
        var first = await Task.WhenAny(stopped, broken.Task);

        // Whatever ended it, the graces count from here.
        context.Stop.End(StopPhase.Accepting);
        if (first == broken.Task)
        {
            return await broken.Task;
        }

        LogStopping(logger);
        await StopAsync();
        LogStopped(logger);
        return null;
    }

    private async Task StopAsync()
    {
        endpoint?.Dispose();
        if (loop is not null && core is not null)
        {
            loop.Post(core.BeginStop);
        }

        health.SetServing(false);

        // Streams and waits end with clw-manager-stopping; submissions under way still get their commit.
        await stoppingCalls.CancelAsync();
        if (app is not null)
        {
            try
            {
                await app.StopAsync(context.Stop.TokenFor(StopPhase.Cancelling));
            }
            catch (OperationCanceledException)
            {
                // Calls that did not end in time are cut off; what they were not answered is not acknowledged.
            }

            await app.DisposeAsync();
            app = null;
        }

        if (keeper is not null)
        {
            await keeper.DisposeAsync();
            keeper = null;
        }

        timers?.Dispose();
        alive?.Dispose();
        loop?.Complete();
        await looping;
        if (writer is not null)
        {
            await writer.StopAsync(context.Stop.TokenFor(StopPhase.Abandoning));
        }
    }

    private void AfterRun()
    {
        core!.Dispatch();
        timers?.Arm(core.NextDue);
    }

    // Before the ports open: whoever asks is answered with what was.
    private async Task KeepHistoryAsync(MetricsHost host)
    {
        history = new MetricHistory(OpenHistoryAsync, new MetricHistoryOptions(), clock, context.Loggers.CreateLogger<MetricHistory>());
        metrics.Observe(history);
        await history.StartAsync(CancellationToken.None);
        keeper = new MetricKeeper(history, host, clock, context.Loggers.CreateLogger<MetricKeeper>());
    }

    private async Task<IMetricStore> OpenHistoryAsync(Failure? damaged, CancellationToken cancellation)
    {
        var opened = (await SqliteMetricStore.OpenAsync(options.DataDirectory, damaged, cancellation)).Value;
        if (opened.SetAside is { } trouble)
        {
            LogHistoryAside(logger, trouble.Code, trouble.Message, SqliteMetricStore.AsidePath(options.DataDirectory));
        }

        return opened;
    }

    private async Task RestoreAsync()
    {
        var extend = ManagerCore.AtStart(clock.GetUtcNow(), options.TaskReassignAfter);
        var extended = extend.Committed;
        writer!.Post(extend);
        await extended;
        var leases = new List<(Lease, IReadOnlyList<(AttemptRef, Lane)>)>();
        foreach (var lease in await store!.LeasesAsync(CancellationToken.None))
        {
            leases.Add((lease, await store.HeldByAsync(lease.Worker, CancellationToken.None)));
        }

        core!.Restore(await store.CountLanesAsync(CancellationToken.None), leases, await store.DrainsAsync(CancellationToken.None));
    }

    private Failure? OpenCertificates()
    {
        var keys = WorkerPins.Open(options.DataDirectory);
        if (!keys.IsOk)
        {
            return keys.Failure;
        }

        TlsSource? source = null;
        if (options.Tls is { } files)
        {
            var opened = TlsSource.OpenForService(files);
            if (!opened.IsOk)
            {
                return opened.Failure;
            }

            source = opened.Value;
        }

        certificates = new ManagerCertificates(keys.Value, source, context.Time, context.Loggers.CreateLogger<ManagerCertificates>());
        return null;
    }

    private WebApplication Build(string token)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        context.Logging.Register(builder.Logging);
        // Why it cannot listen is said by ListenAsync, with a code and without a trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.LimitForRpc();
            // The configured ones first: their bound ports are found by their place.
            Listen(kestrel, options.Listen, ListenForRpc);
            Listen(kestrel, options.Web, ListenForWeb);
            if (NeedsLocal(options.Listen))
            {
                Listen(kestrel, LocalOf(options.Listen), ListenForRpc);
            }

            if (NeedsLocal(options.Web))
            {
                Listen(kestrel, LocalOf(options.Web), ListenForWeb);
            }
        });
        var built = builder.Build();
        var logs = new LogRelay(loop!, core!);
        var specs = new SpecReader(options, clock);
        TakeUpChanges(specs);
        var rpc = new RpcServerOptions { Authenticate = new SignIn(new LocalToken(token)).Authenticate, Stopping = stoppingCalls.Token };
        built.MapRpc(
            rpc,
            new TaskApi(loop!, core!, store!, specs, options.QueueRetryAfter).Create(),
            WorkerApi.Create(loop!, core!, logs, certificates!),
            new LogApi(loop!, core!, store!, context.Logging.Shelf, logs, context.Time).Create(),
            new MetricApi(history!, keeper!.NowAsync, options.ClusterName, clock).Create(),
            new ClusterApi(loop!, core!, store!, certificates!, context.Live.Reload, context.Time).Create(),
            health.Build()
        );
        built.Run(WebAsync);
        return built;
    }

    private void TakeUpChanges(SpecReader specs)
    {
        context.Live.Uses(ManagerProgram.Uses);
        context.Live.Take(
            ManagerProgram.LiveKeys,
            next =>
            {
                var changed = ManagerProgram.Options(next);
                specs.DefaultMaxRetries = changed.DefaultMaxRetries;
                metrics.Capacity(changed.QueueCapacity);
                loop!.Post(() => core!.Reconfigure(changed));
            }
        );
    }

    // Plain and without secrets: liveness and metrics. The dashboard joins them here.
    private async Task WebAsync(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/metrics":
                http.Response.ContentType = PrometheusText.ContentType;
                await metricsHost!.WriteAsync(http.Response.Body, http.RequestAborted);
                break;
            case "/healthz":
                http.Response.ContentType = "text/plain";
                await http.Response.WriteAsync("ok\n", http.RequestAborted);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                await http.Response.WriteAsync("OpenClaw manager: /metrics, /healthz\n", http.RequestAborted);
                break;
        }
    }

    private void ListenForRpc(ListenOptions listen)
    {
        listen.UseRpc();
        listen.UseTls(TlsOf(SslApplicationProtocol.Http2));
    }

    private void ListenForWeb(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.UseTls(TlsOf(SslApplicationProtocol.Http11));
    }

    private TlsServerOptions TlsOf(SslApplicationProtocol protocol) =>
        new()
        {
            Source = certificates!.Source,
            PlainFromAnywhere = options.Insecure && !options.AlwaysTls,
            AlwaysTls = options.AlwaysTls,
            HandshakeTimeout = options.HandshakeTimeout,
            Protocol = protocol,
            OnRefused = OnRefused,
            Time = context.Time,
        };

    // What is not said in the log again and again is not told again and again either.
    private void OnRefused(Failure failure, string peer)
    {
        if (certificates!.Refused(failure, peer) && failure.Entry != Catalogue.HandshakeTimeout)
        {
            loop!.Post(() => core!.OnRefused("", "", peer, failure));
        }
    }

    // Programs of this machine come by loopback, where the token is enough: one address of the network does not include it.
    private bool NeedsLocal(HostPort address) =>
        options.Tls is not null && !address.IsLoopback && address.Port != 0 && !IsEverywhere(address);

    private static HostPort LocalOf(HostPort address) => address with { Host = "127.0.0.1" };

    private static bool IsEverywhere(HostPort address) =>
        IPAddress.TryParse(address.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    private static void Listen(KestrelServerOptions kestrel, HostPort address, Action<ListenOptions> configure)
    {
        if (IPAddress.TryParse(address.Host, out var ip))
        {
            kestrel.Listen(ip, address.Port, configure);
        }
        else if (address.IsLoopback)
        {
            kestrel.Listen(IPAddress.Loopback, address.Port, configure);
        }
        else
        {
            kestrel.Listen(Resolve(address), address.Port, configure);
        }
    }

    private static IPAddress Resolve(HostPort address)
    {
        try
        {
            return Dns.GetHostAddresses(address.Host)[0];
        }
        catch (SocketException e)
        {
            throw new Failure(
                Catalogue.ListenFailed,
                $"The manager cannot listen on {address}: the name has no address",
                "Correct the name, or give an address of this machine as a number"
            ).AsException(e);
        }
    }

    private async Task<Failure?> ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
            return null;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return ListenFailures.Of(SocketError.AddressAlreadyInUse, options.Listen, options.Web);
        }
        catch (SocketException e)
        {
            return ListenFailures.Of(e.SocketErrorCode, options.Listen, options.Web);
        }
    }

    private static HostPort Bound(List<string> addresses, int index, HostPort wanted) =>
        index < addresses.Count && Uri.TryCreate(addresses[index], UriKind.Absolute, out var uri)
            ? new HostPort(wanted.Host, uri.Port)
            : wanted;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (writer is not null)
        {
            await writer.DisposeAsync();
        }

        if (store is not null)
        {
            await store.DisposeAsync();
        }

        if (metricsHost is not null)
        {
            await metricsHost.DisposeAsync();
        }

        if (certificates is not null)
        {
            await certificates.DisposeAsync();
        }

        metrics.Dispose();
        stoppingCalls.Dispose();
    }

    [LoggerMessage(
        1,
        LogLevel.Information,
        "Manager is up: workers and clients at {listen}{tls}, metrics at http://{web}/metrics, data in {directory}"
    )]
    private static partial void LogUp(ILogger logger, string listen, string tls, string web, string directory);

    [LoggerMessage(2, LogLevel.Information, "Manager is stopping")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "Manager stopped")]
    private static partial void LogStopped(ILogger logger);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "INSECURE: {listen} and {web} can be reached from the network without TLS and sign-in (--insecure)"
    )]
    private static partial void LogInsecure(ILogger logger, string listen, string web);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "The token file {file} could be used by others (mode {mode}) and is its owner's alone now; if somebody may have read it, remove it and start again: another is drawn"
    )]
    private static partial void LogTokenNarrowed(ILogger logger, string file, string mode);

    [LoggerMessage(7, LogLevel.Warning, "{code}: {message}; the history of metrics begins anew, what was is kept as {aside}")]
    private static partial void LogHistoryAside(ILogger logger, string code, string message, string aside);

    [LoggerMessage(5, LogLevel.Warning, "UNSAFE: {variable} is set, which only tests do: tasks that were acknowledged can be lost")]
    private static partial void LogUnsafe(ILogger logger, string variable);
}
