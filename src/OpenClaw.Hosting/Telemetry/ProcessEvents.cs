using Microsoft.Extensions.Logging;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>What happened to a process; written as <c>program[pid=N]: SEVERITY: text</c>.</summary>
internal sealed record ProcessEvent(string Program, int Pid, LogSeverity Severity, string Text);

/// <summary>Logs events of processes in their own shape.</summary>
public static class ProcessEvents
{
    /// <summary>Writes <c>clw-worker[pid=12345]: INFO: Starting task 'abc'</c>.</summary>
    public static void LogProcess(this ILogger logger, string program, int pid, LogSeverity severity, string text)
    {
        ArgumentNullException.ThrowIfNull(logger);
        var level = severity switch
        {
            LogSeverity.Trace => LogLevel.Trace,
            LogSeverity.Debug => LogLevel.Debug,
            LogSeverity.Info => LogLevel.Information,
            LogSeverity.Warn => LogLevel.Warning,
            LogSeverity.Error => LogLevel.Error,
            _ => LogLevel.Critical,
        };
        logger.Log(level, default, new ProcessEvent(program, pid, severity, text), null, static (e, _) => e.Text);
    }
}
