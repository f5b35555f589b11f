namespace OpenClaw.Core.Tasks;

/// <summary>
/// The states of a task. The numbers are stored and travel on the wire: they are never changed or reused
/// (a golden test holds them).
/// </summary>
public enum TaskState : byte
{
    /// <summary>Waits for a worker, or for its time.</summary>
    Pending = 0,

    /// <summary>Given to a worker's incarnation, not known to run.</summary>
    Assigned = 1,

    /// <summary>Reported to run. Reported in batches and never waited for.</summary>
    Running = 2,

    /// <summary>Ended well. Final.</summary>
    Succeeded = 3,

    /// <summary>Ended with a failure that is not repeated: it is permanent, or the task allows no retries. An operator may retry it.</summary>
    Failed = 4,

    /// <summary>Cancelled with a reason. An operator may retry it.</summary>
    Cancelled = 5,

    /// <summary>Gave up: its retries, or the losses of its workers, are used up. An operator may retry it.</summary>
    Dead = 6,
}

/// <summary>What may happen to a task. One transition of <see cref="Transitions.All"/> each.</summary>
public enum On : byte
{
    /// <summary>Accepted into the queue.</summary>
    Submitted,

    /// <summary>Accepted and given to a free credit in the same transaction.</summary>
    SubmittedToCredit,

    /// <summary>Claimed for a worker's credit. Raises the attempt.</summary>
    Assigned,

    /// <summary>The worker reported that it runs.</summary>
    Started,

    /// <summary>The current attempt ended well.</summary>
    Completed,

    /// <summary>The current attempt failed, and the failure or the task allows no retry.</summary>
    FailedForGood,

    /// <summary>The current attempt failed and another is due. Raises retries.</summary>
    FailedWithRetry,

    /// <summary>The current attempt failed and it was the last that max_retries allows.</summary>
    RetriesUsedUp,

    /// <summary>The worker gave an attempt back that it had not started, or stopped it on our order. Nobody is blamed.</summary>
    HandedBack,

    /// <summary>The worker's incarnation is proven dead, or its lease ended. Raises losses.</summary>
    WorkerLost,

    /// <summary>The worker was lost once more than max_losses allows.</summary>
    LossesUsedUp,

    /// <summary>Somebody cancelled it.</summary>
    CancelRequested,

    /// <summary>An operator asked for it to run again. Clears retries and losses.</summary>
    RetryRequested,
}
