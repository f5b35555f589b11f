using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using OpenClaw.Core.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>
/// Collects the instruments of some meters and writes them as Prometheus text. Safe to call from several threads;
/// collections happen one at a time.
/// </summary>
public sealed class MetricsHost : IAsyncDisposable
{
    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly PullExporter exporter = new();
    private readonly MeterProvider provider;

    /// <param name="meters">Names of meters; <see cref="MetricNames.Meter"/> for ours.</param>
    public MetricsHost(IEnumerable<string> meters)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .AddMeter([.. meters])
            .AddView(View)
            .AddReader(new BaseExportingMetricReader(exporter));
        provider = builder.Build();
    }

    /// <summary>Writes all metrics as UTF-8 text of the type <see cref="PrometheusText.ContentType"/>.</summary>
    public async ValueTask WriteAsync(Stream stream, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var text = await CollectAsync(cancellation);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
    }

    /// <summary>All metrics as text.</summary>
    public async ValueTask<string> CollectAsync(CancellationToken cancellation = default)
    {
        var text = new StringBuilder();
        PrometheusText.Write(text, await CollectFamiliesAsync(cancellation));
        return text.ToString();
    }

    /// <summary>All metrics, each name once, ordered by name.</summary>
    public async ValueTask<IReadOnlyList<MetricFamily>> CollectFamiliesAsync(CancellationToken cancellation = default)
    {
        await oneAtATime.WaitAsync(cancellation);
        try
        {
            exporter.Families.Clear();
            // The SDK lets a pull exporter collect through this function alone; false means that it ran out of time or threw.
            if (exporter.Collect?.Invoke(Timeout.Infinite) != true)
            {
                throw new InvalidOperationException("the metrics could not be collected");
            }

            // A name that appears twice (an instrument of two meters) would make the whole answer unreadable for Prometheus: one family
            // of all series, and of equal series the first.
            var families = exporter
                .Families.GroupBy(f => f.Name, StringComparer.Ordinal)
                .Select(g => g.First() with { Samples = [.. g.SelectMany(f => f.Samples).DistinctBy(KeyOf)] });
            return [.. families.OrderBy(f => f.Name, StringComparer.Ordinal)];
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private static string KeyOf(MetricSample sample) => string.Join('\u001f', sample.Labels.Select(l => $"{l.Key}={l.Value}"));

    public ValueTask DisposeAsync()
    {
        provider.Dispose();
        oneAtATime.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Buckets and limits of our instruments come from their rows.</summary>
    private static MetricStreamConfiguration? View(Instrument instrument) =>
        instrument.Meter.Name != MetricNames.Meter || MetricNames.Find(instrument.Name) is not { } row ? null
        : row.Kind == MetricKind.Histogram
            ? new ExplicitBucketHistogramConfiguration { Boundaries = [.. row.Buckets], CardinalityLimit = row.MaxSeries }
        : new MetricStreamConfiguration { CardinalityLimit = row.MaxSeries };

    /// <summary>Turns what the SDK collected into families, when asked.</summary>
    [ExportModes(ExportModes.Pull)]
    private sealed class PullExporter : BaseExporter<Metric>, IPullMetricExporter
    {
        internal List<MetricFamily> Families { get; } = [];

        public Func<int, bool>? Collect { get; set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                if (KindOf(metric.MetricType) is { } kind)
                {
                    Families.Add(
                        new(PrometheusNames.OfMetric(metric.Name, metric.Unit, kind), kind, metric.Description, [.. Samples(metric, kind)])
                    );
                }
            }
            return ExportResult.Success;
        }

        private static MetricKind? KindOf(MetricType type) =>
            type switch
            {
                MetricType.LongSum or MetricType.DoubleSum => MetricKind.Counter,
                MetricType.LongGauge or MetricType.DoubleGauge => MetricKind.Gauge,
                // Prometheus calls a sum that may fall a gauge.
                MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => MetricKind.Gauge,
                MetricType.Histogram => MetricKind.Histogram,
                _ => null,
            };

        private static List<MetricSample> Samples(Metric metric, MetricKind kind)
        {
            var row = MetricNames.Find(metric.Name);
            var samples = new List<MetricSample>();
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                samples.Add(
                    kind == MetricKind.Histogram ? Histogram(point, row) : new(Labels(point, row), ValueOf(metric.MetricType, point))
                );
            }
            return samples;
        }

        private static double ValueOf(MetricType type, in MetricPoint point) =>
            type switch
            {
                MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
                MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
                MetricType.LongGauge => point.GetGaugeLastValueLong(),
                _ => point.GetGaugeLastValueDouble(),
            };

        private static MetricSample Histogram(in MetricPoint point, MetricInfo? row)
        {
            var buckets = new List<(double, long)>();
            long below = 0;
            foreach (var bucket in point.GetHistogramBuckets())
            {
                below += bucket.BucketCount;
                buckets.Add((bucket.ExplicitBound, below));
            }
            return new(Labels(point, row), point.GetHistogramSum()) { Count = point.GetHistogramCount(), Buckets = buckets };
        }

        /// <summary>The SDK sorts labels by name; ours stand in the order of their row, which people read and grep.</summary>
        private static List<KeyValuePair<string, string>> Labels(in MetricPoint point, MetricInfo? row)
        {
            var labels = new List<KeyValuePair<string, string>>(point.Tags.Count);
            foreach (var (name, value) in point.Tags)
            {
                labels.Add(new(PrometheusNames.Clean(name), Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
            }
            return row is null ? labels : [.. labels.OrderBy(l => row.RankOf(l.Key))];
        }
    }
}
