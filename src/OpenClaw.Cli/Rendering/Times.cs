using System.Globalization;

namespace OpenClaw.Cli.Rendering;

/// <summary>Times and spans for people.</summary>
public static class Times
{
    /// <summary><c>2024-01-15T10:23:45.123Z</c></summary>
    public static string Rfc3339(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>One unit, rounded down: <c>3s</c>, <c>15m</c>, <c>7h</c>, <c>2d</c>. Negative spans (clocks differ) are <c>0s</c>.</summary>
    public static string Age(TimeSpan span) =>
        span switch
        {
            { TotalSeconds: < 0 } => "0s",
            { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds}s",
            { TotalHours: < 1 } => $"{(int)span.TotalMinutes}m",
            { TotalDays: < 1 } => $"{(int)span.TotalHours}h",
            _ => $"{(int)span.TotalDays}d",
        };

    /// <summary>How long something took: <c>850 µs</c>, <c>12.3 ms</c>, <c>4.56 s</c>, <c>3 m 20 s</c>.</summary>
    public static string Took(long microseconds) =>
        microseconds switch
        {
            < 1_000 => Format($"{microseconds} µs"),
            < 100_000 => Format($"{microseconds / 1e3:0.0} ms"),
            < 1_000_000 => Format($"{microseconds / 1e3:0} ms"),
            < 60_000_000 => Format($"{microseconds / 1e6:0.00} s"),
            _ => Format($"{microseconds / 60_000_000} m {microseconds / 1_000_000 % 60} s"),
        };

    /// <summary>How long something will still take, roughly: <c>12 s</c>, <c>5 min</c>, <c>3 h</c>.</summary>
    public static string Left(TimeSpan span) =>
        span switch
        {
            { TotalSeconds: < 90 } => Format($"{Math.Ceiling(span.TotalSeconds):0} s"),
            { TotalMinutes: < 90 } => Format($"{Math.Ceiling(span.TotalMinutes):0} min"),
            _ => Format($"{Math.Ceiling(span.TotalHours):0} h"),
        };

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
