using System.Globalization;

namespace OpenClaw.Core.Telemetry;

/// <summary>
/// One line of a log, written and read. Files carry <c>[LEVEL] [2024-01-15T10:23:45.123Z] text</c>, console and journal
/// <c>[LEVEL] text</c>. What happens to a process has a shape of its own, everywhere:
/// <c>clw-worker[pid=12345]: INFO: Starting task 'abc'</c>. A line about another component than the file's own says so
/// before its text: <c>worker: …</c>.
/// </summary>
public sealed record LogLine
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public required LogSeverity Severity { get; init; }

    /// <summary>UTC; null where the line carries none.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What the line is about; null: the file's own component.</summary>
    public string? Component { get; init; }

    public required string Text { get; init; }

    /// <summary>The program of a process event, such as <c>clw-worker</c>; null for any other line.</summary>
    public string? Program { get; init; }

    /// <summary>The process of a process event.</summary>
    public int Pid { get; init; }

    /// <summary>An event of a process.</summary>
    public static LogLine OfProcess(string program, int pid, LogSeverity severity, string text) =>
        new()
        {
            Program = program,
            Pid = pid,
            Severity = severity,
            Text = text,
        };

    /// <summary>The line of a file whose own component is <paramref name="own"/>; without a line break.</summary>
    public string ForFile(string own) =>
        Program is not null ? ProcessEvent()
        : Time is { } time ? $"[{Severity.Name()}] [{FormatTime(time)}] {Body(own)}"
        : $"[{Severity.Name()}] {Body(own)}";

    /// <summary>The line of console or journal, which know the time themselves; without a line break.</summary>
    public string ForConsole(string own) => Program is not null ? ProcessEvent() : $"[{Severity.Name()}] {Body(own)}";

    /// <summary>Reads a line of either form; null for a line that is neither.</summary>
    public static LogLine? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.StartsWith('[') ? ParseBracketed(line) : ParseProcessEvent(line);
    }

    /// <summary>UTC to the millisecond.</summary>
    public static string FormatTime(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private string ProcessEvent() =>
        string.Create(CultureInfo.InvariantCulture, $"{Program}[pid={Pid}]: {Severity.Name()}: {LogText.SingleLine(Text)}");

    private string Body(string own)
    {
        var text = LogText.SingleLine(Text);
        return Component is null || Component == own ? text : $"{Component}: {text}";
    }

    private static LogLine? ParseBracketed(string line)
    {
        var end = line.IndexOf(']', StringComparison.Ordinal);
        if (end < 0 || !LogSeverities.TryParse(line.AsSpan(1, end - 1), out var severity))
        {
            return null;
        }
        var rest = line.AsSpan(end + 1).TrimStart(' ');
        DateTimeOffset? time = null;
        if (rest.StartsWith("[") && rest.IndexOf(']') is > 0 and var close && TryTime(rest[1..close], out var read))
        {
            time = read;
            rest = rest[(close + 1)..].TrimStart(' ');
        }
        var component = LeadingComponent(rest);
        return new()
        {
            Severity = severity,
            Time = time,
            Component = component,
            Text = rest[(component is null ? 0 : component.Length + 2)..].ToString(),
        };
    }

    private static string? LeadingComponent(ReadOnlySpan<char> text)
    {
        foreach (var component in Components.All)
        {
            if (text.StartsWith(component) && text[component.Length..].StartsWith(": "))
            {
                return component;
            }
        }
        return null;
    }

    private static LogLine? ParseProcessEvent(string line)
    {
        const string PidMark = "[pid=";
        var pidAt = line.IndexOf(PidMark, StringComparison.Ordinal);
        var pidEnd = pidAt > 0 ? line.IndexOf("]: ", pidAt, StringComparison.Ordinal) : -1;
        var severityEnd = pidEnd > 0 ? line.IndexOf(": ", pidEnd + 3, StringComparison.Ordinal) : -1;
        if (
            severityEnd < 0
            || line.AsSpan(0, pidAt).Contains(' ')
            || !int.TryParse(
                line.AsSpan(pidAt + PidMark.Length, pidEnd - pidAt - PidMark.Length),
                CultureInfo.InvariantCulture,
                out var pid
            )
            || !LogSeverities.TryParse(line.AsSpan(pidEnd + 3, severityEnd - pidEnd - 3), out var severity)
        )
        {
            return null;
        }
        return OfProcess(line[..pidAt], pid, severity, line[(severityEnd + 2)..]);
    }

    private static bool TryTime(ReadOnlySpan<char> text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
