using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Simulation.Store;

/// <summary>A task as the memory store keeps it.</summary>
internal sealed class Row(long number, NewTask task, MemoryLane lane)
{
    public long Number { get; } = number;
    public NewTask Task { get; } = task;
    public MemoryLane Lane { get; } = lane;
    public TaskState State { get; set; }
    public int Attempt { get; set; }

    /// <summary>The last attempt whose outcome was recorded; 0 = none.</summary>
    public int Recorded { get; set; }
    public WorkerRef? Holder { get; set; }
    public int Retries { get; set; }
    public int Losses { get; set; }
    public long Created { get; init; }
    public long Due { get; set; }
    public long Assigned { get; set; }
    public long Started { get; set; }
    public long Finished { get; set; }
    public string? PluginVersion { get; set; } = task.PluginVersion;
    public string? Reason { get; set; }
    public string? CancelledBy { get; set; }
    public ReadOnlyMemory<byte>? Result { get; set; }
    public ReadOnlyMemory<byte>? Failure { get; set; }
    public ReadOnlyMemory<byte>? LateResult { get; set; }
    public long RunMicros { get; set; }

    /// <summary>Current: held by this incarnation, in this attempt.</summary>
    public bool IsHeldAs(AttemptRef attempt, WorkerRef by) => Transitions.IsHeld(State) && Attempt == attempt.Attempt && Holder == by;

    public TaskRecord ToRecord(bool withoutBodies = false) =>
        new()
        {
            Number = Number,
            Project = Task.Project,
            Queue = Task.Queue,
            Type = Task.Type,
            State = State,
            Payload = withoutBodies ? default : Task.Payload,
            Priority = Task.Priority,
            Attempt = Attempt,
            Retries = Retries,
            MaxRetries = Task.MaxRetries,
            Losses = Losses,
            TimeoutMs = Task.TimeoutMs,
            Worker = Holder?.Worker,
            Incarnation = Holder?.Incarnation ?? 0,
            CreatedAt = Created,
            DueAt = Due,
            AssignedAt = Assigned,
            StartedAt = Started,
            FinishedAt = Finished,
            Key = Task.Key,
            Labels = Task.Labels,
            SubmittedBy = Task.SubmittedBy,
            PluginVersion = PluginVersion,
            Reason = Reason,
            CancelledBy = CancelledBy,
            Result = withoutBodies ? null : Result,
            Failure = Failure,
            LateResult = withoutBodies ? null : LateResult,
            RunMicros = RunMicros,
        };
}

/// <summary>A lane and what waits in it.</summary>
internal sealed class MemoryLane(Lane lane)
{
    public Lane Lane { get; } = lane;

    /// <summary>Ready tasks in the order in which they are claimed.</summary>
    public SortedSet<(int MinusPriority, long Number)> Ready { get; } = [];
    public long Delayed { get; set; }
}
