namespace OpenClaw.Core.Telemetry;

/// <summary>Severities of log lines, the least first. The names in lines are upper case: <c>[WARN]</c>.</summary>
public enum LogSeverity
{
    Trace,
    Debug,
    Info,
    Warn,
    Error,

    /// <summary>Something was kept that a person should look at, such as a core.</summary>
    Critical,

    /// <summary>The program, or a part of it, ends.</summary>
    Fatal,
}
