using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Store;

/// <summary>What the writer counts. Names and buckets are rows of <see cref="MetricNames"/>. Thread-safe.</summary>
public static class StoreMetrics
{
    private static readonly Meter Meter = new(MetricNames.Meter);
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>(
        MetricNames.StoreCommits.Name,
        null,
        MetricNames.StoreCommits.Help
    );
    private static readonly Histogram<double> Rows = Meter.CreateHistogram<double>(
        MetricNames.StoreBatch.Name,
        null,
        MetricNames.StoreBatch.Help
    );
    private static readonly Histogram<double> Seconds = Meter.CreateHistogram<double>(
        MetricNames.StoreCommit.Name,
        null,
        MetricNames.StoreCommit.Help
    );
    private static readonly UpDownCounter<long> Inbox = Meter.CreateUpDownCounter<long>(
        MetricNames.StoreInbox.Name,
        null,
        MetricNames.StoreInbox.Help
    );
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        MetricNames.StoreRefused.Name,
        null,
        MetricNames.StoreRefused.Help
    );

    private static long lanes;
    private static long holders;

    static StoreMetrics()
    {
        Meter.CreateObservableGauge(MetricNames.StoreLanes.Name, static () => Volatile.Read(ref lanes), null, MetricNames.StoreLanes.Help);
        Meter.CreateObservableGauge(
            MetricNames.StoreHolders.Name,
            static () => Volatile.Read(ref holders),
            null,
            MetricNames.StoreHolders.Help
        );
    }

    /// <summary>Rows that stay when tasks go. Called by the writer, before each commit.</summary>
    internal static void Kept(int lanesNow, long holdersNow)
    {
        Volatile.Write(ref lanes, lanesNow);
        Volatile.Write(ref holders, holdersNow);
    }

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
