using OpenClaw.Core.Tasks;

namespace OpenClaw.Store;

/// <summary>
/// A lane: the tasks of one project, queue and type wait in one order. Lanes are numbered by the store, few, and never removed.
/// </summary>
public sealed record Lane(int Id, string Project, string Queue, string Type);

/// <summary>One incarnation of a worker: the process, from its start to its end. Never reused.</summary>
/// <param name="Worker">The worker's id.</param>
/// <param name="Incarnation">Drawn by whoever started the process; larger for a later start of the same worker.</param>
public readonly record struct WorkerRef(string Worker, long Incarnation);

/// <summary>An attempt: the fence. An outcome counts only for the current one.</summary>
public readonly record struct AttemptRef(long Task, int Attempt);

/// <summary>A task to be stored. Checked by the caller: limits of <see cref="TaskLimits"/>, payload is JSON.</summary>
public sealed record NewTask
{
    public string Project { get; init; } = TaskLimits.DefaultProject;
    public string Queue { get; init; } = TaskLimits.DefaultQueue;
    public required string Type { get; init; }

    /// <summary>One JSON value in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
    public int Priority { get; init; }

    /// <summary>Unix milliseconds before which it does not run; 0 = at once.</summary>
    public long DueAt { get; init; }

    /// <summary>Milliseconds an attempt may run; 0 = the worker's own limit.</summary>
    public long TimeoutMs { get; init; }
    public int MaxRetries { get; init; }

    /// <summary>Idempotency key, unique per project while its task is kept.</summary>
    public string? Key { get; init; }

    /// <summary>JSON object of labels in UTF-8, or null.</summary>
    public string? Labels { get; init; }
    public required string SubmittedBy { get; init; }

    /// <summary>The plugin version asked for; null = whichever the worker has.</summary>
    public string? PluginVersion { get; init; }
}

/// <summary>A task as it is kept.</summary>
public sealed record TaskRecord
{
    public required long Number { get; init; }
    public required string Project { get; init; }
    public required string Queue { get; init; }
    public required string Type { get; init; }
    public required TaskState State { get; init; }
    public required ReadOnlyMemory<byte> Payload { get; init; }
    public int Priority { get; init; }
    public int Attempt { get; init; }
    public int Retries { get; init; }
    public int MaxRetries { get; init; }
    public int Losses { get; init; }
    public long TimeoutMs { get; init; }

    /// <summary>The worker that holds it, or held it last.</summary>
    public string? Worker { get; init; }
    public long Incarnation { get; init; }

    /// <summary>Unix milliseconds by the store's clock; 0 = has not happened.</summary>
    public long CreatedAt { get; init; }

    /// <summary>When it may run; 0 once it may.</summary>
    public long DueAt { get; init; }
    public long AssignedAt { get; init; }
    public long StartedAt { get; init; }
    public long FinishedAt { get; init; }
    public string? Key { get; init; }
    public string? Labels { get; init; }
    public required string SubmittedBy { get; init; }

    /// <summary>The version of the plugin that ran the last recorded attempt; before that, the one asked for.</summary>
    public string? PluginVersion { get; init; }

    /// <summary>Why it was cancelled.</summary>
    public string? Reason { get; init; }

    /// <summary>Who cancelled it.</summary>
    public string? CancelledBy { get; init; }

    /// <summary>One JSON value in UTF-8, or null.</summary>
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>The last attempt's failure as the JSON of <see cref="OpenClaw.Core.Tasks.TaskFailure"/>, or null.</summary>
    public ReadOnlyMemory<byte>? Failure { get; init; }

    /// <summary>A result that arrived after the task was cancelled; kept, no transition.</summary>
    public ReadOnlyMemory<byte>? LateResult { get; init; }

    /// <summary>How long the last attempt ran, in microseconds, as the runner measured it.</summary>
    public long RunMicros { get; init; }
}

/// <summary>What a claim hands to a worker.</summary>
public sealed record ClaimedTask
{
    public required long Number { get; init; }
    public required int Attempt { get; init; }
    public required Lane Lane { get; init; }
    public required ReadOnlyMemory<byte> Payload { get; init; }
    public required int Priority { get; init; }
    public required long TimeoutMs { get; init; }
    public required int Retries { get; init; }
    public required string? PluginVersion { get; init; }
}

/// <summary>How an attempt ended, as the worker reports it.</summary>
public sealed record Outcome
{
    public required AttemptRef Attempt { get; init; }

    /// <summary>The incarnation that ran it. With the attempt it is the fence.</summary>
    public required WorkerRef By { get; init; }
    public required bool Succeeded { get; init; }

    /// <summary>A failure that may be repeated with hope.</summary>
    public bool Retryable { get; init; } = true;

    /// <summary>One JSON value; empty when it failed.</summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>The JSON of a task failure; empty when it succeeded.</summary>
    public ReadOnlyMemory<byte> Failure { get; init; }

    /// <summary>Unix milliseconds by the worker's clock; informative.</summary>
    public long StartedAt { get; init; }
    public long RunMicros { get; init; }

    /// <summary>The version of the plugin that ran it.</summary>
    public string? PluginVersion { get; init; }
}

/// <summary>A worker incarnation's lease: one row each, renewed by heartbeats, none per task.</summary>
public sealed record Lease
{
    public required WorkerRef Worker { get; init; }

    /// <summary>The manager instance that holds the worker's session.</summary>
    public required string Manager { get; init; }

    /// <summary>
    /// The worker's mark: tells a later start of this worker from another worker that was given the same name, also after a manager's
    /// restart. Empty: not known.
    /// </summary>
    public string Identity { get; init; } = "";

    /// <summary>Unix milliseconds by the store's clock. Past it, the incarnation's tasks may be handed over.</summary>
    public required long Until { get; init; }

    /// <summary>How long the lease was when it was promised, in milliseconds; 0: not known. A manager with a shorter one keeps the promise.</summary>
    public long Length { get; init; }
}

/// <summary>An operator's word that a worker gets no more work, kept until it is taken back.</summary>
public sealed record Drain
{
    public required string Worker { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long Since { get; init; }

    /// <summary>Who said so.</summary>
    public required string By { get; init; }

    /// <summary>Why; may be empty.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Which tasks to list. Null fields do not filter; filters combine.</summary>
public sealed record TaskFilter
{
    public IReadOnlyList<TaskState>? States { get; init; }
    public string? Type { get; init; }
    public string? Worker { get; init; }
    public string? Queue { get; init; }
    public string? Project { get; init; }

    /// <summary>The task's key: one task at most in each project. Found without looking through the tasks.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// Labels that a task must all have. There is no index of labels: the tasks that the other filters leave are looked through from the
    /// newest, until <see cref="Limit"/> is reached.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>At most this many, newest first. 1 to 10,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Only tasks with a smaller number: the last number of the page before.</summary>
    public long? Before { get; init; }

    /// <summary>
    /// Leaves payload, result and late result empty: for lists of one line a task, which need not read a megabyte for each.
    /// </summary>
    public bool WithoutBodies { get; init; }
}

/// <summary>Tasks that were asked for by number, as many as memory allows.</summary>
/// <param name="Tasks">Those that are there.</param>
/// <param name="Read">How many of the numbers were looked up, from the first: the next page begins behind them.</param>
public readonly record struct TaskPage(IReadOnlyList<TaskRecord> Tasks, int Read);

/// <summary>How many tasks of a lane wait, now or later.</summary>
/// <param name="Ready">Waiting and due.</param>
/// <param name="Delayed">Waiting for their time.</param>
public readonly record struct LaneCount(Lane Lane, long Ready, long Delayed);
