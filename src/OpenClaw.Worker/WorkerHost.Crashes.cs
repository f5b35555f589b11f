using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Supervision;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Worker;

// What a worker says of crashes when it starts: whether they leave cores, and how the process before it ended.
internal sealed partial class WorkerHost
{
    private void SayCores()
    {
        if (options.CoreBytes == 0)
        {
            return;
        }

        if (CoreSearch.OfMachine().WhyNot is { } why)
        {
            LogNoCores(logger, why);
        }
        else
        {
            LogCores(logger, options.Cores.Template);
        }
    }

    // The supervisor, which saw it, writes to a log of its own; people look for the end of a worker in the worker's.
    private void SayEarlierCrash()
    {
        if (Respawned.FromEnvironment() is not { } respawned)
        {
            return;
        }

        if (respawned.Crash is { } crash)
        {
            const string program = "clw-worker";
            logger.LogProcess(program, crash.Pid, LogSeverity.Fatal, $"{crash.Code} detected. {crash.Sentence}");
            if (crash.CorePath is { } core)
            {
                logger.LogProcess(program, crash.Pid, LogSeverity.Critical, $"Core dump written to {core}");
            }
        }

        LogRespawned(logger, respawned.Attempt, respawned.Most);
    }

    [LoggerMessage(14, LogLevel.Information, "Core dumps are on: a process that crashes leaves {template}")]
    private static partial void LogCores(ILogger logger, string template);

    [LoggerMessage(12, LogLevel.Warning, "Core dumps are off, because {why}")]
    private static partial void LogNoCores(ILogger logger, string why);

    [LoggerMessage(13, LogLevel.Information, "Supervisor: Respawning worker... (attempt {attempt}/{most})")]
    private static partial void LogRespawned(ILogger logger, int attempt, int most);
}
