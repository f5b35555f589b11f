namespace OpenClaw.Client;

/// <summary>The codes that a program is likely to decide by. All others are in docs/errors.md, and <c>clw explain CODE</c> tells more of each.</summary>
public static class ErrorCodes
{
    /// <summary>Nobody listens at the address.</summary>
    public const string ConnectionRefused = "clw-connection-refused";

    /// <summary>The address did not answer in time.</summary>
    public const string ConnectionTimeout = "clw-connection-timeout";

    /// <summary>The connection broke during a call. Whether the call was carried out is not known.</summary>
    public const string ConnectionLost = "clw-connection-lost";

    /// <summary>The manager is stopping; nothing was done.</summary>
    public const string ManagerStopping = "clw-manager-stopping";

    /// <summary>The token is missing or wrong.</summary>
    public const string AuthRefused = "clw-auth-refused";

    /// <summary>A token would have been sent without TLS to another machine.</summary>
    public const string AddressInsecure = "clw-address-insecure";

    /// <summary>The payload, or another part of the task, is not as it must be.</summary>
    public const string PayloadInvalid = "clw-payload-invalid";

    /// <summary>The payload has more than 1,048,576 bytes.</summary>
    public const string PayloadTooLarge = "clw-payload-too-large";

    /// <summary>The task was submitted with <see cref="TaskRequest.Strict"/>, and no connected worker serves its type.</summary>
    public const string TypeUnserved = "clw-type-unserved";

    /// <summary>The queue holds as many tasks as it may.</summary>
    public const string TaskQueueFull = "clw-task-queue-full";

    /// <summary>The key belongs to another task.</summary>
    public const string KeyConflict = "clw-key-conflict";

    /// <summary>No task with this id is kept.</summary>
    public const string TaskNotFound = "clw-task-not-found";

    /// <summary>The task's state does not allow it.</summary>
    public const string TaskWrongState = "clw-task-wrong-state";

    /// <summary>A task failed by what its handler said.</summary>
    public const string TaskFailed = "clw-task-failed";

    /// <summary>A task ran longer than it may.</summary>
    public const string TaskTimeout = "clw-task-timeout";

    /// <summary>A task was cancelled.</summary>
    public const string TaskCancelled = "clw-task-cancelled";

    /// <summary>The process of a task crashed.</summary>
    public const string WorkerCrash = "clw-worker-crash";

    /// <summary>A task used more memory than it may.</summary>
    public const string MemoryExhausted = "clw-memory-exhaust";

    /// <summary>A task's worker was lost, more often than is repeated.</summary>
    public const string WorkerLost = "clw-worker-lost";
}
