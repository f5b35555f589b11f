using System.Globalization;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Metrics;

/// <summary>Metrics as text. Pure.</summary>
internal static class MetricText
{
    /// <summary><c>worker_crash_rate{cluster="prod"}</c></summary>
    public static string Series(string name, MetricSeries series) =>
        $"{name}{{{OpenClaw.Core.Metrics.SeriesKey.Join([.. series.Labels.Select(l => new KeyValuePair<string, string>(l.Name, l.Value))])}}}";

    /// <summary>The value of a label; empty without.</summary>
    public static string Label(MetricSeries series, string name) => series.Labels.FirstOrDefault(l => l.Name == name)?.Value ?? "";

    /// <summary>A number without an exponent: whole ones whole, others with six significant digits. <c>-</c> where there is none.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return double.IsNaN(value) ? "-"
                : value > 0 ? "+Inf"
                : "-Inf";
        }

        if (value == 0 || Math.Abs(value) >= 1e6)
        {
            return value.ToString("0", CultureInfo.InvariantCulture);
        }

        var decimals = Math.Clamp(5 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 15);
        return Math.Round(value, decimals).ToString("0." + new string('#', 15), CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes for a narrow column: <c>512 KiB</c>, <c>34.1 MiB</c>, <c>2.05 GiB</c>.</summary>
    public static string Bytes(double bytes) =>
        double.IsNaN(bytes) ? "-"
        : bytes < 1 << 20 ? (bytes / (1 << 10)).ToString("0 KiB", CultureInfo.InvariantCulture)
        : bytes < 1 << 30 ? (bytes / (1 << 20)).ToString("0.0 MiB", CultureInfo.InvariantCulture)
        : (bytes / (1 << 30)).ToString("0.00 GiB", CultureInfo.InvariantCulture);

    /// <summary>A share in percent; <c>-</c> where there is none.</summary>
    public static string Percent(double share) =>
        double.IsNaN(share) ? "-" : (share * 100).ToString(share is > 0 and < 0.1 ? "0.## '%'" : "0 '%'", CultureInfo.InvariantCulture);

    /// <summary>A duration in seconds; <c>-</c> where there is none.</summary>
    public static string Took(double seconds) => double.IsNaN(seconds) ? "-" : Rendering.Times.Took((long)(seconds * 1e6));
}
