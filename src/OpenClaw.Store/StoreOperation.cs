using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Store;

/// <summary>
/// A change of the store. Operations that wait at the same time become one transaction (<c>StoreWriter</c>), in the order in
/// which they came; each sees what those before it did. Results are filled in by the engine and read only after the commit.
/// </summary>
public abstract class StoreOperation
{
    private TaskCompletionSource? completion;
    private bool isSettled;

    /// <summary>
    /// Completes after the commit that made the operation durable. Faults with <see cref="FailureException"/> when nothing of it was
    /// stored. Ask before the operation is posted; who uses <see cref="Settled"/> alone need not ask at all.
    /// </summary>
    public Task Committed => (completion ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>
    /// Called once, in commit order, by the writer's loop, after the commit (null) or when nothing was stored (the reason).
    /// Must be quick and must not throw: the next commit waits for it.
    /// </summary>
    public Action<StoreOperation, Failure?>? Settled { get; init; }

    /// <summary>How many rows it touches, for the bound of a batch.</summary>
    public virtual int Weight => 1;

    /// <summary>Set by the engine when this operation alone is refused (queue full, key conflict); the others of the batch go on.</summary>
    public Failure? Refused { get; set; }

    /// <summary>Called by the writer alone. The first word counts.</summary>
    internal void Settle(Failure? failure)
    {
        if (isSettled)
        {
            return;
        }

        isSettled = true;
        failure ??= Refused;
        Settled?.Invoke(this, failure);
        if (failure is null)
        {
            completion?.TrySetResult();
        }
        else
        {
            completion?.TrySetException(failure.AsException());
        }
    }
}

/// <summary>Stores tasks, all or none.</summary>
public sealed class SubmitOperation(IReadOnlyList<NewTask> tasks) : StoreOperation
{
    public IReadOnlyList<NewTask> Tasks { get; } = tasks;

    /// <summary>
    /// Parallel to <see cref="Tasks"/>, or null: the incarnation whose credit takes the task at once. The task is then inserted as
    /// ASSIGNED with attempt 1. Ignored for tasks that are due later, whose key exists already, or whose incarnation has no lease.
    /// </summary>
    public WorkerRef?[]? Credits { get; init; }

    /// <summary>Refused with clw-task-queue-full when more than this many would wait. 0 = no limit.</summary>
    public long Capacity { get; init; }

    /// <summary>Result: the tasks' numbers, in order. For a task whose key exists already: the number of the existing one.</summary>
    public long[] Numbers { get; set; } = [];

    /// <summary>Result: parallel to <see cref="Numbers"/>; false where the key existed already, so nothing was stored.</summary>
    public bool[] Created { get; set; } = [];

    /// <summary>Result: parallel; true where the credit took the task, which is ASSIGNED with attempt 1.</summary>
    public bool[] Assigned { get; set; } = [];

    /// <summary>
    /// Result: parallel; true where the task waits for its time, by the store's clock. Null when every task was ready at once.
    /// </summary>
    public bool[]? Delayed { get; set; }

    /// <summary>Result: parallel; each task's lane.</summary>
    public Lane[] Lanes { get; set; } = [];

    public override int Weight => Tasks.Count;
}

/// <summary>
/// Claims waiting tasks for a worker's credits: highest priority first, then oldest, over all the lanes named. An incarnation without
/// a lease is refused (clw-lease-lost): so every held task has a lease, and looking after the leases looks after every held task.
/// </summary>
public sealed class ClaimOperation(WorkerRef worker, IReadOnlyList<LaneShare> lanes, int count) : StoreOperation
{
    public WorkerRef Worker { get; } = worker;

    /// <summary>The lanes to claim from, each with its own bound.</summary>
    public IReadOnlyList<LaneShare> Lanes { get; } = lanes;

    /// <summary>At most this many together.</summary>
    public int Count { get; } = count;

    /// <summary>Result. Fewer than <see cref="Count"/> means that the lanes have no more (within their bounds).</summary>
    public List<ClaimedTask> Claimed { get; } = [];

    public override int Weight => Count;
}

/// <summary>A lane to claim from, and how many at most from it.</summary>
public readonly record struct LaneShare(Lane Lane, int Most);

/// <summary>Attempts that were reported to run. Those that are no longer current are ignored.</summary>
public sealed class StartedOperation(WorkerRef by, IReadOnlyList<(AttemptRef Attempt, long StartedAt)> started) : StoreOperation
{
    public WorkerRef By { get; } = by;
    public IReadOnlyList<(AttemptRef Attempt, long StartedAt)> Started { get; } = started;
    public override int Weight => Started.Count;
}

/// <summary>What became of an outcome.</summary>
public enum OutcomeVerdict
{
    /// <summary>Recorded; the task ended, or waits for its retry.</summary>
    Recorded,

    /// <summary>The same outcome had been recorded before: a repetition, harmless.</summary>
    Repeated,

    /// <summary>The attempt is not the current one; refused.</summary>
    Superseded,

    /// <summary>The task was cancelled while it ran; the result is kept as late_result.</summary>
    KeptAsLate,

    /// <summary>The task is not here (removed by retention).</summary>
    Unknown,
}

/// <summary>Records outcomes, each fenced by attempt, incarnation and state.</summary>
public sealed class OutcomeOperation(IReadOnlyList<Outcome> outcomes) : StoreOperation
{
    public IReadOnlyList<Outcome> Outcomes { get; } = outcomes;

    /// <summary>Result, parallel.</summary>
    public OutcomeVerdict[] Verdicts { get; set; } = [];

    /// <summary>Result, parallel: the state that followed. Meaningful where the verdict is Recorded.</summary>
    public TaskState[] States { get; set; } = [];

    /// <summary>Result, parallel: when a retry is due (unix ms), 0 where none is.</summary>
    public long[] RetryAt { get; set; } = [];

    public override int Weight => Outcomes.Count;
}

/// <summary>Why held tasks go back to the queue.</summary>
public enum ReturnReason
{
    /// <summary>The worker gave them back unstarted, stopped them on our order, or never received them: nobody is blamed.</summary>
    HandedBack,

    /// <summary>The incarnation is proven dead or its lease ended: losses rise.</summary>
    WorkerLost,
}

/// <summary>Puts single held attempts back into the queue. Those that are no longer current are ignored.</summary>
public sealed class ReturnOperation(WorkerRef by, IReadOnlyList<AttemptRef> attempts, ReturnReason reason) : StoreOperation
{
    public WorkerRef By { get; } = by;
    public IReadOnlyList<AttemptRef> Attempts { get; } = attempts;
    public ReturnReason Reason { get; } = reason;

    /// <summary>Tasks with more losses than this die.</summary>
    public int MaxLosses { get; init; } = 5;

    /// <summary>Result: the tasks that went back, with their new state (PENDING or DEAD).</summary>
    public List<ReturnedTask> Returned { get; } = [];

    public override int Weight => Attempts.Count;
}

/// <summary>Puts everything that an incarnation holds back into the queue and removes its lease.</summary>
public sealed class ReleaseOperation(WorkerRef worker, ReturnReason reason) : StoreOperation
{
    public WorkerRef Worker { get; } = worker;
    public ReturnReason Reason { get; } = reason;
    public int MaxLosses { get; init; } = 5;

    /// <summary>How the worker ended, for the failure of a task that dies of it; null: nobody knows.</summary>
    public string? Why { get; init; }

    /// <summary>
    /// When set: only if the lease has ended by the store's clock at the time of the commit, so that a heartbeat that came first wins.
    /// </summary>
    public bool OnlyIfExpired { get; init; }

    /// <summary>Result: false when <see cref="OnlyIfExpired"/> held it back.</summary>
    public bool Released { get; set; }

    public List<ReturnedTask> Returned { get; } = [];
}

/// <summary>A task that went back to the queue, or died of it.</summary>
/// <param name="Number">Which.</param>
/// <param name="Lane">Where it waits.</param>
/// <param name="State">PENDING or DEAD.</param>
/// <param name="DueAt">Unix milliseconds, when it has lost its workers so often that it waits; 0: it is ready.</param>
public readonly record struct ReturnedTask(long Number, Lane Lane, TaskState State, long DueAt = 0);

/// <summary>Cancels a task.</summary>
public sealed class CancelOperation(long task, string reason, string by) : StoreOperation
{
    public long Task { get; } = task;
    public string Reason { get; } = reason;
    public string By { get; } = by;

    /// <summary>Cancel it even when a worker holds it. Without it a held task is refused with clw-task-wrong-state.</summary>
    public bool Force { get; init; }

    /// <summary>A holder that is out of reach: what it holds is cancelled without force, since there is nobody to be interrupted.</summary>
    public WorkerRef? OutOfReach { get; init; }

    /// <summary>Whether a task may be cancelled that this incarnation holds.</summary>
    public bool MayTakeFrom(string? worker, long incarnation) =>
        Force || (OutOfReach is { } away && away.Worker == worker && away.Incarnation == incarnation);

    /// <summary>Result: the task as it was before; null and Refused (clw-task-not-found) when it is not here.</summary>
    public TaskRecord? Before { get; set; }
}

/// <summary>Puts an ended task back into the queue, with fresh retries and losses.</summary>
public sealed class RetryOperation(long task) : StoreOperation
{
    public long Task { get; } = task;
    public Lane? Lane { get; set; }
}

/// <summary>Registers an incarnation or renews its lease.</summary>
public sealed class LeaseOperation(IReadOnlyList<Lease> leases) : StoreOperation
{
    public IReadOnlyList<Lease> Leases { get; } = leases;
}

/// <summary>Extends every stored lease to at least this time: what a manager does when it starts.</summary>
public sealed class ExtendLeasesOperation(long until) : StoreOperation
{
    public long Until { get; } = until;

    /// <summary>
    /// Leases that end later are cut to this: they were written before the clock was set back, and a worker that never comes back
    /// would hold its tasks for as long as that was.
    /// </summary>
    public long Latest { get; init; } = long.MaxValue;

    /// <summary>
    /// The time of the start. A lease that was promised for longer than <see cref="Latest"/> allows is cut to what was promised, counted
    /// from here: its worker runs on for as long.
    /// </summary>
    public long Now { get; init; }

    /// <summary>When a lease ends after this operation.</summary>
    public long UntilOf(Lease lease) => Math.Clamp(lease.Until, Until, Math.Max(Math.Max(Until, Latest), Now + lease.Length));
}

/// <summary>Keeps that workers are drained, or that they are not any more.</summary>
public sealed class DrainOperation(IReadOnlyList<Drain> drained, IReadOnlyList<string> undrained) : StoreOperation
{
    /// <summary>Replaces what was kept of the same worker.</summary>
    public IReadOnlyList<Drain> Drained { get; } = drained;

    /// <summary>Workers; those of which nothing is kept are left out.</summary>
    public IReadOnlyList<string> Undrained { get; } = undrained;
}

/// <summary>Makes delayed tasks and retries ready whose time has come.</summary>
public sealed class PromoteOperation(int most = 10_000) : StoreOperation
{
    public int Most { get; } = most;

    /// <summary>Result: how many became ready, by lane.</summary>
    public Dictionary<Lane, int> Promoted { get; } = [];

    /// <summary>Result: when the next one is due (unix ms), or null.</summary>
    public long? NextDue { get; set; }
}

/// <summary>Removes ended tasks that finished before a time, oldest first, and now and then the lanes that have no tasks left.</summary>
public sealed class PruneOperation(long finishedBefore, int most) : StoreOperation
{
    public long FinishedBefore { get; } = finishedBefore;
    public int Most { get; } = most;

    /// <summary>Result: how many tasks were removed.</summary>
    public int Removed => RemovedTasks.Count;

    /// <summary>Result: their numbers. Whoever waits for one waits in vain.</summary>
    public IReadOnlyList<long> RemovedTasks { get; set; } = [];

    /// <summary>
    /// Result: lanes that were removed. Their numbers are not given again, so a claim that still names one finds nothing; a task of
    /// the same names draws another.
    /// </summary>
    public IReadOnlyList<Lane> RemovedLanes { get; set; } = [];
}
