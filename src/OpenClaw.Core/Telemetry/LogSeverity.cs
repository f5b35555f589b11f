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

/// <summary>Names of severities as they stand in lines.</summary>
public static class LogSeverities
{
    private static readonly string[] Names = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL", "FATAL"];

    /// <summary>The upper-case name.</summary>
    public static string Name(this LogSeverity severity) => Names[(int)severity];

    /// <summary>Reads the upper-case name.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out LogSeverity severity)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                severity = (LogSeverity)i;
                return true;
            }
        }
        severity = default;
        return false;
    }
}
