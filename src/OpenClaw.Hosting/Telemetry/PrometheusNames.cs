using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>Names of instruments and labels as Prometheus takes them. Our own pass unchanged; the runtime's (<c>http.server.request.duration</c>) are translated.</summary>
internal static class PrometheusNames
{
    internal static string OfMetric(string name, string unit, MetricKind kind)
    {
        var clean = Clean(name);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        var isOurs = clean.StartsWith("openclaw_", StringComparison.Ordinal);
        if (!isOurs && suffix.Length > 0 && !clean.EndsWith(suffix, StringComparison.Ordinal))
        {
            clean += suffix;
        }
        return kind == MetricKind.Counter && !clean.EndsWith("_total", StringComparison.Ordinal) ? clean + "_total" : clean;
    }

    /// <summary>Letters, digits and '_', no digit first.</summary>
    internal static string Clean(string name)
    {
        var clean = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? "_" + clean : clean;
    }
}
