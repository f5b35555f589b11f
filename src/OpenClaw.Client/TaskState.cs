namespace OpenClaw.Client;

/// <summary>Where a task is in its life; docs/tasks.md has the table of all transitions.</summary>
public enum TaskState
{
    /// <summary>The manager named a state that this version of the client does not know.</summary>
    Unknown = 0,

    /// <summary>Waits for a worker, or for its time.</summary>
    Pending = 1,

    /// <summary>Given to a worker, not known to run.</summary>
    Assigned = 2,

    /// <summary>Runs.</summary>
    Running = 3,

    /// <summary>Ended well.</summary>
    Succeeded = 4,

    /// <summary>Ended with a failure that is not repeated.</summary>
    Failed = 5,

    /// <summary>Was cancelled.</summary>
    Cancelled = 6,

    /// <summary>Was given up: its retries, or the losses of its workers, are used up.</summary>
    Dead = 7,
}

/// <summary>Questions to a state.</summary>
public static class TaskStates
{
    /// <summary>Whether nothing more happens to a task in this state unless somebody retries it.</summary>
    /// <param name="state">The state.</param>
    public static bool HasEnded(this TaskState state) =>
        state is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled or TaskState.Dead;
}
