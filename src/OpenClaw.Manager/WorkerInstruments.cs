using System.Diagnostics.Metrics;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;
using OpenClaw.Manager.Core;

namespace OpenClaw.Manager;

/// <summary>The metrics of single workers, from the figures of the last second.</summary>
internal static class WorkerInstruments
{
    public static void Observe(Meter meter, Func<IReadOnlyList<WorkerFigures>> figures)
    {
        meter.Counter(
            MetricNames.WorkerAttempts,
            () => figures().SelectMany(f => f.Attempts.Select(a => Of(a.Count, f, new KeyValuePair<string, object?>("result", a.Result))))
        );
        meter.Counter(MetricNames.WorkerRestarts, () => figures().Select(f => Of(f.Restarts, f)));
        meter.Gauge(
            MetricNames.WorkerRun,
            () =>
                figures()
                    .Where(f => f.Runs is not null)
                    .SelectMany(f => new[] { Of(f.Runs!.Value.P50, f, Percentile("50")), Of(f.Runs!.Value.P95, f, Percentile("95")) })
        );
        meter.Gauge(
            MetricNames.WorkerMemory,
            () => figures().Where(f => f.Now is { HasMemoryBytes: true }).Select(f => Of(f.Now!.MemoryBytes, f))
        );
        meter.Counter(
            MetricNames.WorkerCpu,
            () => figures().Where(f => f.Last is { HasCpuSeconds: true }).Select(f => Of(f.Last!.CpuSeconds, f))
        );
        meter.Gauge(
            MetricNames.WorkerUptime,
            () => figures().Where(f => f.Now is { HasUptimeMs: true }).Select(f => Of(f.Now!.UptimeMs / 1000.0, f))
        );
        meter.Counter(
            MetricNames.WorkerRunnerStarts,
            () => figures().Where(f => f.Last is { HasRunnerStarts: true }).Select(f => Of(f.Last!.RunnerStarts, f))
        );
    }

    // Not "quantile": Prometheus keeps that word for summaries.
    private static KeyValuePair<string, object?> Percentile(string percent) => new("percentile", percent);

    private static Measurement<T> Of<T>(T value, WorkerFigures worker, params KeyValuePair<string, object?>[] more)
        where T : struct => new(value, [new("worker", worker.Worker), .. more]);
}
