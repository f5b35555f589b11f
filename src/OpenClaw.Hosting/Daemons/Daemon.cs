using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Settings;
using OpenClaw.Hosting.Stopping;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Hosting.Daemons;

/// <summary>
/// What every long-running program does around its own work: logging, signals, the parent's lifeline, readiness, the phased stop, and
/// one line with a code when it cannot go on.
/// </summary>
public static partial class Daemon
{
    /// <summary>Runs <paramref name="body"/>; returns the exit code of the process.</summary>
    /// <param name="component">manager, worker…</param>
    /// <param name="loaded">Checked settings.</param>
    /// <param name="grace">How long the phases of a stop may take.</param>
    /// <param name="body">Runs until the stop's phases tell it to end. Null: it ended as asked.</param>
    public static async Task<int> RunAsync(
        string component,
        LoadedSettings loaded,
        StopOptions grace,
        Func<DaemonContext, Task<Failure?>> body
    )
    {
        var time = TimeProvider.System;
        await using var logging = new DaemonLogging(
            component,
            loaded.Settings.Log,
            loaded.Paths.LogDir,
            new Redactor(loaded.Settings.Secrets),
            time,
            isTransition: component == Components.Worker ? LinkLines.IsTransition : null,
            hasTasks: component == Components.Worker,
            suffix: component == Components.Worker ? LogShare.Suffix(loaded.Paths.LogDir, component, loaded.Paths.StateDir) : ""
        );
        using var loggers = LoggerFactory.Create(logging.Register);
        var logger = loggers.CreateLogger("OpenClaw." + component);
        foreach (var notice in loaded.Notices)
        {
            LogNotice(logger, notice);
        }

        var live = new LiveSettings(loaded, request => SettingsLoader.Load(request, Machine.Here), logger);
        live.Take([LogKeys.Level], next => logging.Level = next.Settings.Log.Level);
        using var hangUp = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP,
            context =>
            {
                context.Cancel = true;
                live.Reload();
            }
        );
        using var stop = new StopClock(grace, time);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, stop));
        await using var lifeline = Lifeline.FromEnvironment();
        await using var parentGone = lifeline?.Ended.Register(stop.Stop) ?? default(CancellationTokenRegistration);
        using var ready = ReadySignal.FromEnvironment();
        using var faults = FaultWatch.Start(ready, time);

        Failure? failure;
        try
        {
            failure = await body(
                new DaemonContext
                {
                    Loaded = loaded,
                    Live = live,
                    Logging = logging,
                    Loggers = loggers,
                    Stop = stop,
                    ParentGone = lifeline?.Ended ?? CancellationToken.None,
                    Time = time,
                    Ready = () => ready?.Ready(),
                    Status = text => ready?.Status(text),
                    Incarnation = number => ready?.Incarnation(number),
                    Alive = ready is { AliveEvery: { } every } ? (every, ready.Alive) : null,
                    Abort = reason => Abort(logger, logging, reason),
                }
            );
        }
        catch (FailureException e)
        {
            failure = e.Failure;
        }
        catch (Exception e)
        {
            LogBug(logger, component, e);
            failure = new Failure(Catalogue.Internal, e.Message);
        }

        if (failure is null)
        {
            return (int)ExitCode.Ok;
        }

        LogEnd(logger, failure.Code, failure.Message, failure.NextStep);
        return (int)failure.Exit;
    }

    private static void OnSignal(PosixSignalContext context, StopClock stop)
    {
        context.Cancel = true;
        stop.Stop();
    }

    // No phase, no drain: whatever this process would still say could be wrong. The supervisor starts another.
    private static void Abort(ILogger logger, DaemonLogging logging, Failure reason)
    {
        LogEnd(logger, reason.Code, reason.Message, reason.NextStep);
        logging.FlushAsync(CancellationToken.None).AsTask().Wait(TimeSpan.FromSeconds(1));
        Environment.Exit((int)reason.Entry.Exit == (int)ExitCode.Resource ? (int)ExitCode.Failed : (int)reason.Entry.Exit);
    }

    [LoggerMessage(1, LogLevel.Warning, "{notice}")]
    private static partial void LogNotice(ILogger logger, string notice);

    [LoggerMessage(2, LogLevel.Critical, "{code}: {message}; next: {next}")]
    private static partial void LogEnd(ILogger logger, string code, string message, string next);

    [LoggerMessage(3, LogLevel.Critical, "clw-internal: the {component} ended because of a fault of its own")]
    private static partial void LogBug(ILogger logger, string component, Exception exception);
}
