using System.Diagnostics.Metrics;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>Makes instruments from the rows of <see cref="MetricNames"/>. A row used as another kind is a mistake of the programmer and throws.</summary>
public static class Instruments
{
    /// <summary>A meter of ours.</summary>
    public static Meter NewMeter() => new(MetricNames.Meter);

    public static Counter<long> Counter(this Meter meter, MetricInfo row) =>
        Checked(meter, row, MetricKind.Counter).CreateCounter<long>(row.Name, null, row.Help);

    /// <summary>A counter that is asked at each collection. The function must be quick, safe to call from any thread, and never fall.</summary>
    public static ObservableCounter<long> Counter(this Meter meter, MetricInfo row, Func<long> observe) =>
        Checked(meter, row, MetricKind.Counter).CreateObservableCounter(row.Name, observe, null, row.Help);

    /// <summary>A counter with labels that is asked at each collection, with the totals of all series. The function must be quick and safe to call from any thread.</summary>
    public static ObservableCounter<T> Counter<T>(this Meter meter, MetricInfo row, Func<IEnumerable<Measurement<T>>> observe)
        where T : struct => Checked(meter, row, MetricKind.Counter).CreateObservableCounter(row.Name, observe, null, row.Help);

    public static Gauge<long> Gauge(this Meter meter, MetricInfo row) =>
        Checked(meter, row, MetricKind.Gauge).CreateGauge<long>(row.Name, null, row.Help);

    /// <summary>A gauge that is asked at each collection: a series that it no longer reports is no longer served. The function must be quick and safe to call from any thread.</summary>
    public static ObservableGauge<T> Gauge<T>(this Meter meter, MetricInfo row, Func<IEnumerable<Measurement<T>>> observe)
        where T : struct => Checked(meter, row, MetricKind.Gauge).CreateObservableGauge(row.Name, observe, null, row.Help);

    public static Histogram<double> Histogram(this Meter meter, MetricInfo row) =>
        Checked(meter, row, MetricKind.Histogram).CreateHistogram<double>(row.Name, null, row.Help);

    private static Meter Checked(Meter meter, MetricInfo row, MetricKind kind)
    {
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(row);
        return row.Kind == kind ? meter : throw new ArgumentException($"{row.Name} is a {row.Kind}, not a {kind}", nameof(row));
    }
}
