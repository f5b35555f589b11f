using System.Globalization;
using System.Text;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>One series of a family, at one moment.</summary>
/// <param name="Labels">Names with values, in the order of output.</param>
/// <param name="Value">The value; a histogram's sum.</param>
public sealed record MetricSample(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value)
{
    /// <summary>A histogram's values in total.</summary>
    public long Count { get; init; }

    /// <summary>A histogram's buckets, cumulative: how many values were at most the bound. The last bound is +Inf.</summary>
    public IReadOnlyList<(double Bound, long Count)> Buckets { get; init; } = [];
}

/// <summary>All series of one name.</summary>
public sealed record MetricFamily(string Name, MetricKind Kind, string Help, IReadOnlyList<MetricSample> Samples);

/// <summary>Prometheus' text format, version 0.0.4: <see href="https://prometheus.io/docs/instrumenting/exposition_formats/"/>.</summary>
public static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Appends families. Names must be valid and distinct.</summary>
    public static void Write(StringBuilder text, IEnumerable<MetricFamily> families)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(families);
        foreach (var family in families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(family.Help, quotes: false)).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind.ToString().ToLowerInvariant()).Append('\n');
            foreach (var sample in family.Samples)
            {
                if (family.Kind == MetricKind.Histogram)
                {
                    WriteHistogram(text, family.Name, sample);
                }
                else
                {
                    WriteSeries(text, family.Name, sample.Labels, null, Number(sample.Value));
                }
            }
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, MetricSample sample)
    {
        foreach (var (bound, count) in sample.Buckets)
        {
            WriteSeries(text, name + "_bucket", sample.Labels, Number(bound), Whole(count));
        }
        WriteSeries(text, name + "_sum", sample.Labels, null, Number(sample.Value));
        WriteSeries(text, name + "_count", sample.Labels, null, Whole(sample.Count));
    }

    private static void WriteSeries(
        StringBuilder text,
        string name,
        IReadOnlyList<KeyValuePair<string, string>> labels,
        string? bound,
        string value
    )
    {
        text.Append(name);
        if (labels.Count > 0 || bound is not null)
        {
            var separator = '{';
            foreach (var (label, labelValue) in labels)
            {
                text.Append(separator).Append(label).Append("=\"").Append(Escape(labelValue, quotes: true)).Append('"');
                separator = ',';
            }
            if (bound is not null)
            {
                text.Append(separator).Append("le=\"").Append(bound).Append('"');
            }
            text.Append('}');
        }
        text.Append(' ').Append(value).Append('\n');
    }

    private static string Escape(string value, bool quotes)
    {
        if (value.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
        {
            return value;
        }
        value = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? value.Replace("\"", "\\\"", StringComparison.Ordinal) : value;
    }

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
