using System.Globalization;
using OpenClaw.Core.Metrics;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Manager.Metrics;

/// <summary>One series at one moment.</summary>
/// <param name="Series">Which.</param>
/// <param name="Value">Its value.</param>
/// <param name="FromZero">A counter of this process: when it is met for the first time, all that it shows has just happened.</param>
internal readonly record struct MetricValue(SeriesKey Series, double Value, bool FromZero)
{
    /// <summary>Families as series: a histogram is one for each bucket, its sum and its count, as Prometheus has them.</summary>
    public static IReadOnlyList<MetricValue> Of(IReadOnlyList<MetricFamily> families)
    {
        var values = new List<MetricValue>();
        foreach (var family in families)
        {
            var fromZero = family.Kind != MetricKind.Gauge && MetricNames.Find(family.Name) is not { IsTold: true };
            foreach (var sample in family.Samples)
            {
                var labels = SeriesKey.Join(sample.Labels);
                if (family.Kind != MetricKind.Histogram)
                {
                    values.Add(new(new(family.Name, labels), sample.Value, fromZero));
                    continue;
                }

                var before = labels.Length == 0 ? "" : labels + ",";
                foreach (var (bound, count) in sample.Buckets)
                {
                    values.Add(new(new(family.Name + "_bucket", $"{before}le=\"{Bound(bound)}\""), count, fromZero));
                }

                values.Add(new(new(family.Name + "_sum", labels), sample.Value, fromZero));
                values.Add(new(new(family.Name + "_count", labels), sample.Count, fromZero));
            }
        }

        return values;
    }

    private static string Bound(double bound) =>
        double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString("R", CultureInfo.InvariantCulture);
}
