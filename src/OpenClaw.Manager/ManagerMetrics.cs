using System.Diagnostics.Metrics;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Manager;

/// <summary>What a manager counts. Names and units are those of docs/metrics; exported with the prefix <c>openclaw_</c>.</summary>
public sealed class ManagerMetrics : IDisposable
{
    public const string MeterName = "OpenClaw.Manager";

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> duration;
    private readonly Counter<long> ended;
    private readonly Counter<long> retries;

    public ManagerMetrics()
    {
        Submitted = meter.CreateCounter<long>("openclaw_tasks_submitted", description: "Tasks acknowledged.");
        Refused = meter.CreateCounter<long>("openclaw_tasks_refused", description: "Tasks whose submission was refused.");
        Assigned = meter.CreateCounter<long>("openclaw_tasks_assigned", description: "Attempts sent to workers.");
        Cancelled = meter.CreateCounter<long>("openclaw_tasks_cancelled", description: "Tasks cancelled.");
        ended = meter.CreateCounter<long>("openclaw_tasks_ended", description: "Outcomes recorded, by the state that followed.");
        retries = meter.CreateCounter<long>("openclaw_task_retries", description: "Failed attempts that are repeated.");
        Reconnects = meter.CreateCounter<long>(
            "openclaw_worker_reconnects",
            description: "Registrations of an incarnation after its first."
        );
        duration = meter.CreateHistogram<double>(
            "openclaw_task_duration_seconds",
            unit: "s",
            description: "How long attempts ran, by type."
        );
    }

    public Counter<long> Submitted { get; }
    public Counter<long> Refused { get; }
    public Counter<long> Assigned { get; }
    public Counter<long> Cancelled { get; }
    public Counter<long> Reconnects { get; }

    /// <summary>Adds gauges that are read when the metrics are asked for.</summary>
    public void Observe(
        Func<IEnumerable<Measurement<long>>> workerStatus,
        Func<long> queueDepth,
        Func<IEnumerable<Measurement<long>>> tasksByState
    )
    {
        meter.CreateObservableGauge(
            "openclaw_worker_status",
            workerStatus,
            description: "1 for the state that a worker is in, by worker and status."
        );
        meter.CreateObservableGauge("openclaw_queue_depth", queueDepth, description: "Tasks that wait.");
        meter.CreateObservableGauge("openclaw_tasks", tasksByState, description: "Tasks kept, by state.");
    }

    public void Ended(TaskState state, bool succeeded)
    {
        ended.Add(1, new KeyValuePair<string, object?>("state", Transitions.Name(state)));
        if (!succeeded && state == TaskState.Pending)
        {
            retries.Add(1);
        }
    }

    public void Ran(string type, long micros) => duration.Record(micros / 1e6, new KeyValuePair<string, object?>("type", type));

    public void Dispose() => meter.Dispose();
}
