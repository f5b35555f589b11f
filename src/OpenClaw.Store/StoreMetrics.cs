using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OpenClaw.Store;

/// <summary>The instruments of the meter <c>OpenClaw.Store</c>. Thread-safe.</summary>
public static class StoreMetrics
{
    public const string MeterName = "OpenClaw.Store";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>(
        "openclaw.store.commits",
        "{commit}",
        "Commits, by result: ok or failed"
    );
    private static readonly Histogram<long> Rows = Meter.CreateHistogram<long>(
        "openclaw.store.commit.rows",
        "{row}",
        "Rows that one commit made durable together",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }
    );
    private static readonly Histogram<double> Seconds = Meter.CreateHistogram<double>(
        "openclaw.store.commit.duration",
        "s",
        "From the start of a transaction to the end of its commit",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
        }
    );
    private static readonly UpDownCounter<long> Inbox = Meter.CreateUpDownCounter<long>(
        "openclaw.store.inbox.rows",
        "{row}",
        "Rows that wait for the next commits"
    );
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "openclaw.store.inbox.refused",
        "{operation}",
        "Operations refused because too many waited"
    );

    internal static void Committed(bool ok, int rows, TimeSpan duration)
    {
        Commits.Add(1, new KeyValuePair<string, object?>("result", ok ? "ok" : "failed"));
        Rows.Record(rows);
        Seconds.Record(duration.TotalSeconds);
    }

    internal static void Waiting(int rows) => Inbox.Add(rows);

    internal static void RefusedOne() => Refused.Add(1);

    internal static TimeSpan Since(long timestamp) => Stopwatch.GetElapsedTime(timestamp);
}
