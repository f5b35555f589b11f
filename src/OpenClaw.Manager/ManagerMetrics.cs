using System.Diagnostics.Metrics;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Tasks;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Manager.Metrics;
using OpenClaw.Store;

namespace OpenClaw.Manager;

/// <summary>What a manager counts. Names, labels and buckets are rows of <see cref="MetricNames"/>. Thread-safe.</summary>
internal sealed class ManagerMetrics : IDisposable
{
    private readonly Meter meter = Instruments.NewMeter();
    private readonly Counter<long> submitted;
    private readonly Counter<long> refused;
    private readonly Counter<long> finished;
    private readonly Counter<long> retries;
    private readonly Counter<long> losses;
    private readonly Counter<long> late;
    private readonly Counter<long> reconnects;
    private readonly Counter<long> crashes;
    private readonly Gauge<long> retriesWaiting;
    private readonly Counter<long> retriesRefused;
    private readonly Histogram<double> run;
    private readonly Gauge<long> capacity;

    public ManagerMetrics()
    {
        submitted = meter.Counter(MetricNames.TasksSubmitted);
        refused = meter.Counter(MetricNames.QueueRefused);
        finished = meter.Counter(MetricNames.TasksFinished);
        retries = meter.Counter(MetricNames.TaskRetries);
        losses = meter.Counter(MetricNames.TaskLosses);
        late = meter.Counter(MetricNames.TaskLateOutcomes);
        reconnects = meter.Counter(MetricNames.LinkReconnects);
        crashes = meter.Counter(MetricNames.WorkerCrashes);
        retriesWaiting = meter.Gauge(MetricNames.RetriesWaiting);
        retriesRefused = meter.Counter(MetricNames.RetriesRefused);
        run = meter.Histogram(MetricNames.TaskRun);
        capacity = meter.Gauge(MetricNames.QueueCapacity);
    }

    /// <summary>Adds gauges that are read when the metrics are asked for.</summary>
    public void Observe(ManagerTimers figures, ManagerOptions options, Func<IEnumerable<Measurement<long>>> certificates)
    {
        meter.Gauge(MetricNames.BuildInfo).Record(1, new KeyValuePair<string, object?>("version", options.Version));
        Capacity(options.QueueCapacity);
        meter.Gauge(MetricNames.WorkerSlots, () => figures.Slots);
        meter.Gauge(MetricNames.OutboxEntries, () => figures.Outboxes);
        meter.Gauge(MetricNames.WorkerStatus, () => figures.Workers);
        meter.Gauge(MetricNames.CertificateExpiry, certificates);
        meter.Gauge(MetricNames.QueueDepth, () => figures.Depth);
        WorkerInstruments.Observe(meter, () => figures.WorkerFigures);
        meter.Counter(MetricNames.ProcessAllocated, () => GC.GetTotalAllocatedBytes());
    }

    /// <summary>Adds those of the history of the metrics themselves.</summary>
    public void Observe(MetricHistory history)
    {
        meter.Gauge<long>(MetricNames.HistorySeries, () => [new Measurement<long>(history.Series)]);
        meter.Gauge<long>(MetricNames.HistoryRefused, () => [new Measurement<long>(history.Refused)]);
        meter.Gauge<long>(MetricNames.HistoryBytes, () => [new Measurement<long>(history.Bytes)]);
        meter.Counter(MetricNames.HistoryDropped, () => history.Dropped);
    }

    /// <summary>Tasks that were acknowledged; counted by runs of the same type and queue, since batches are mostly of one kind.</summary>
    public void Submitted(IReadOnlyList<NewTask> tasks)
    {
        for (var start = 0; start < tasks.Count; )
        {
            var end = start + 1;
            while (end < tasks.Count && tasks[end].Type == tasks[start].Type && tasks[end].Queue == tasks[start].Queue)
            {
                end++;
            }

            submitted.Add(end - start, new("type", tasks[start].Type), new("queue", tasks[start].Queue));
            start = end;
        }
    }

    public void Capacity(long tasks) => capacity.Record(tasks);

    public void RefusedFull() => refused.Add(1);

    public void RetriesWait(int changes) => retriesWaiting.Record(changes);

    public void RetryRefused() => retriesRefused.Add(1);

    public void Reconnected(string worker) => reconnects.Add(1, new KeyValuePair<string, object?>("link", worker));

    public void Ran(string type, long micros) => run.Record(micros / 1e6, new KeyValuePair<string, object?>("type", type));

    /// <summary>An attempt whose process crashed. What a worker calls a signal and is none is counted as other.</summary>
    public void Crashed(string type, string cause, string signal)
    {
        var known =
            signal.Length == 0 ? "none"
            : Enumerable.Range(1, 64).Any(n => Signals.Name(n) == signal) ? signal
            : "other";
        crashes.Add(1, new("type", type), new("cause", cause), new("signal", known));
    }

    public void Recorded(string type, TaskState state)
    {
        if (state == TaskState.Pending)
        {
            retries.Add(1, new KeyValuePair<string, object?>("type", type));
        }
        else
        {
            Finished(type, state);
        }
    }

    public void Finished(string type, TaskState state) => finished.Add(1, new("type", type), new("status", Transitions.Name(state)));

    public void Lost(string type) => losses.Add(1, new KeyValuePair<string, object?>("type", type));

    public void Late(string type) => late.Add(1, new KeyValuePair<string, object?>("type", type));

    public void Dispose() => meter.Dispose();
}
