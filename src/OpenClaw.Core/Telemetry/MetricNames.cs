using System.Collections.Frozen;

namespace OpenClaw.Core.Telemetry;

/// <summary>Every metric that OpenClaw's programs serve, as rows: names, labels and buckets stand here and nowhere else.</summary>
public static class MetricNames
{
    /// <summary>The meter that all instruments belong to.</summary>
    public const string Meter = "OpenClaw";

    /// <summary>From 1 ms to 10 min: waits, runs.</summary>
    private static readonly double[] TaskSeconds =
    [
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        10,
        30,
        60,
        120,
        300,
        600,
    ];

    /// <summary>From 50 µs to 5 s: commits.</summary>
    private static readonly double[] FastSeconds =
    [
        0.00005,
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.5,
        1,
        5,
    ];

    private static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

    public static MetricInfo BuildInfo { get; } = Gauge("openclaw_build_info", "Always 1; the version is a label", "version");

    public static MetricInfo ProcessAllocated { get; } =
        Counter("openclaw_process_allocated_bytes_total", "Bytes that the process has allocated on the managed heap since its start");

    public static MetricInfo WorkerStatus { get; } =
        Gauge("openclaw_worker_status", "1 for the state that the worker is in, 0 for the others", "worker", "status") with
        {
            MaxSeries = 100_000,
        };

    public static MetricInfo CertificateExpiry { get; } =
        Gauge(
            "openclaw_certificate_expiry_seconds",
            "Seconds until the certificate ends, below 0 when it has; of the manager, of its CA, and of each connected worker",
            "owner",
            "name"
        ) with
        {
            MaxSeries = 20_000,
        };

    public static MetricInfo WorkerSlots { get; } =
        Gauge("openclaw_worker_slots", "Slots of the connected workers by state (free, busy)", "state");

    public static MetricInfo WorkerCrashes { get; } =
        Counter(
            "openclaw_worker_crashes_total",
            "Attempts whose process ended by a crash, by cause, and by the signal that ended it or none",
            "type",
            "cause",
            "signal"
        );

    public static MetricInfo WorkerAttempts { get; } =
        Counter(
            "openclaw_worker_attempts_total",
            "Attempts that a worker has finished, by result: succeeded, failed, crashed",
            "worker",
            "result"
        ) with
        {
            MaxSeries = 20_000,
        };

    public static MetricInfo WorkerRun { get; } =
        Gauge("openclaw_worker_run_seconds", "How long the worker's last 128 attempts ran, by percentile", "worker", "percentile") with
        {
            MaxSeries = 20_000,
        };

    public static MetricInfo WorkerRestarts { get; } =
        Counter("openclaw_worker_restarts_total", "Processes of the worker that followed another one", "worker") with
        {
            MaxSeries = 20_000,
        };

    public static MetricInfo WorkerMemory { get; } =
        Gauge(
            "openclaw_worker_memory_bytes",
            "Memory of the worker's processes together, tasks included, as its last heartbeat said",
            "worker"
        ) with
        {
            MaxSeries = 20_000,
        };

    public static MetricInfo WorkerCpu { get; } =
        Counter(
            "openclaw_worker_cpu_seconds_total",
            "CPU time of the worker's processes together, tasks included, since it started",
            "worker"
        ) with
        {
            MaxSeries = 20_000,
            IsTold = true,
        };

    public static MetricInfo WorkerUptime { get; } =
        Gauge("openclaw_worker_uptime_seconds", "How long the worker's process has run, as its last heartbeat said", "worker") with
        {
            MaxSeries = 20_000,
        };

    public static MetricInfo WorkerRunnerStarts { get; } =
        Counter("openclaw_worker_runner_starts_total", "Processes for tasks that the worker has started", "worker") with
        {
            MaxSeries = 20_000,
            IsTold = true,
        };

    public static MetricInfo HistorySeries { get; } =
        Gauge("openclaw_history_series", "Series whose history is kept and that were measured in the last ten minutes");

    public static MetricInfo HistoryRefused { get; } =
        Gauge("openclaw_history_refused_series", "Series whose history is not kept because there are too many");

    public static MetricInfo HistoryBytes { get; } = Gauge("openclaw_history_bytes", "Size of the history of metrics on disk");

    public static MetricInfo HistoryDropped { get; } =
        Counter("openclaw_history_dropped_chunks_total", "Chunks of ten minutes that were lost because the history could not be written");

    public static MetricInfo QueueDepth { get; } =
        Gauge("openclaw_queue_depth", "Unfinished tasks by queue: pending (due), delayed and assigned to workers", "queue", "state");

    public static MetricInfo QueueCapacity { get; } = Gauge("openclaw_queue_capacity", "Tasks that may wait: pending and delayed ones");

    public static MetricInfo QueueRefused { get; } =
        Counter("openclaw_queue_refused_total", "Submissions refused because the queue was full");

    public static MetricInfo TasksSubmitted { get; } = Counter("openclaw_tasks_submitted_total", "Tasks accepted", "type", "queue");

    public static MetricInfo TasksFinished { get; } =
        Counter("openclaw_tasks_finished_total", "Tasks that reached a final state", "type", "status");

    public static MetricInfo TaskRetries { get; } =
        Counter("openclaw_task_retries_total", "Attempts after the first that an outcome caused", "type");

    public static MetricInfo TaskLosses { get; } = Counter("openclaw_task_losses_total", "Attempts whose worker was lost", "type");

    public static MetricInfo TaskLateOutcomes { get; } =
        Counter("openclaw_task_late_outcomes_total", "Outcomes refused because their attempt was superseded", "type");

    public static MetricInfo TaskRun { get; } =
        Histogram("openclaw_task_run_seconds", "From the start of an attempt to its outcome", TaskSeconds, "type");

    public static MetricInfo LinkReconnects { get; } =
        Counter("openclaw_link_reconnects_total", "Connections opened again after a loss", "link");

    public static MetricInfo OutboxEntries { get; } =
        Gauge("openclaw_outbox_entries", "Outcomes on a worker's disk that are not acknowledged yet, as it last said", "worker") with
        {
            MaxSeries = 100_000,
        };

    public static MetricInfo StoreCommit { get; } = Histogram("openclaw_store_commit_seconds", "How long one commit took", FastSeconds);

    public static MetricInfo StoreBatch { get; } = Histogram("openclaw_store_batch_changes", "Changes in one commit", Counts);

    public static MetricInfo StoreCommits { get; } = Counter("openclaw_store_commits_total", "Commits, by result: ok or failed", "result");

    public static MetricInfo StoreInbox { get; } = Gauge("openclaw_store_inbox_rows", "Changes that wait for the next commits");

    public static MetricInfo StoreRefused { get; } = Counter("openclaw_store_refused_total", "Operations refused because too many waited");

    public static MetricInfo StoreLanes { get; } =
        Gauge("openclaw_store_lanes", "Combinations of project, queue and type that are kept; bounded, further ones are refused");

    public static MetricInfo StoreHolders { get; } =
        Gauge("openclaw_store_holders", "Incarnations of workers that are kept because they held a task");

    public static MetricInfo RetriesWaiting { get; } =
        Gauge("openclaw_store_retries", "Changes that the store refused and that wait to be tried again");

    public static MetricInfo RetriesRefused { get; } =
        Counter("openclaw_store_retries_refused_total", "Messages of workers that were turned away because too many changes waited");

    public static MetricInfo LogDropped { get; } =
        Counter("openclaw_log_lines_dropped_total", "Log lines that were not written, by log and reason", "log", "reason");

    /// <summary>All rows.</summary>
    public static IReadOnlyList<MetricInfo> All { get; } =
    [
        BuildInfo,
        ProcessAllocated,
        WorkerStatus,
        CertificateExpiry,
        WorkerSlots,
        WorkerCrashes,
        WorkerAttempts,
        WorkerRun,
        WorkerRestarts,
        WorkerMemory,
        WorkerCpu,
        WorkerUptime,
        WorkerRunnerStarts,
        HistorySeries,
        HistoryRefused,
        HistoryBytes,
        HistoryDropped,
        QueueDepth,
        QueueCapacity,
        QueueRefused,
        TasksSubmitted,
        TasksFinished,
        TaskRetries,
        TaskLosses,
        TaskLateOutcomes,
        TaskRun,
        LinkReconnects,
        OutboxEntries,
        StoreCommit,
        StoreBatch,
        StoreCommits,
        StoreInbox,
        StoreRefused,
        StoreLanes,
        StoreHolders,
        RetriesWaiting,
        RetriesRefused,
        LogDropped,
    ];

    private static readonly FrozenDictionary<string, MetricInfo> ByName = All.ToFrozenDictionary(m => m.Name, StringComparer.Ordinal);

    /// <summary>The row of this name, or null.</summary>
    public static MetricInfo? Find(string name) => ByName.GetValueOrDefault(name);

    private static MetricInfo Counter(string name, string help, params string[] labels) => new(name, MetricKind.Counter, help, labels);

    private static MetricInfo Gauge(string name, string help, params string[] labels) => new(name, MetricKind.Gauge, help, labels);

    private static MetricInfo Histogram(string name, string help, double[] buckets, params string[] labels) =>
        new(name, MetricKind.Histogram, help, labels) { Buckets = buckets };
}
