using System.Globalization;
using OpenClaw.Cli.Rendering;

namespace OpenClaw.Cli.Bench;

/// <summary>Figures as people read them.</summary>
internal static class Figures
{
    /// <summary><c>41,230</c>; below 100 with one decimal when there is one.</summary>
    public static string Count(double number) => number.ToString(number is > 0 and < 100 ? "#,0.#" : "#,0", CultureInfo.InvariantCulture);

    public static string MiB(long bytes) => (bytes / 1048576.0).ToString("#,0.0", CultureInfo.InvariantCulture);

    public static string Micros(double micros) => micros.ToString("#,0.0", CultureInfo.InvariantCulture);

    public static string Millis(long micros) => (micros / 1000.0).ToString("#,0.00", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan span) => Times.Took((long)span.TotalMicroseconds);

    /// <summary>A duration in microseconds; <c>-</c> when none was measured.</summary>
    public static string Took(long? micros) => micros is { } measured ? Times.Took(measured) : "-";

    public static string Percent(double share) => (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";
}
