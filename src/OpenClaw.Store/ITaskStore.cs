using OpenClaw.Core.Tasks;

namespace OpenClaw.Store;

/// <summary>
/// Where tasks are kept. Two engines implement it (SQLite for one machine, PostgreSQL for many) and one contract suite holds both
/// to the same rules; what several managers may rely on is said there. Thread-safe.
/// </summary>
public interface ITaskStore : IAsyncDisposable
{
    /// <summary>The store's name for messages: its file, or its host and database.</summary>
    string Name { get; }

    /// <summary>
    /// Carries out the operations in order, in one durable transaction. Returns after the commit. Called by one caller at a time
    /// (<c>StoreWriter</c>).
    /// </summary>
    /// <exception cref="Core.Errors.FailureException">Nothing was stored (disk full, …); the store is as before and can be used.</exception>
    /// <exception cref="CommitUncertainException">Whether it was stored is unknown. The process must end: only a fresh look at the store can tell.</exception>
    ValueTask ExecuteAsync(IReadOnlyList<StoreOperation> operations, CancellationToken cancellation);

    /// <summary>The task, or null. Sees every commit that was acknowledged before the call.</summary>
    ValueTask<TaskRecord?> GetAsync(long number, CancellationToken cancellation);

    /// <summary>
    /// Tasks by number, in the order given, until their payloads, results and failures together have <paramref name="maxBytes"/>: one
    /// task more than fits, so that a page is never empty. Those not there are left out.
    /// </summary>
    ValueTask<TaskPage> GetManyAsync(IReadOnlyList<long> numbers, long maxBytes, CancellationToken cancellation);

    /// <summary>The states of tasks by number, in the order given; those not there are left out. Reads no payloads and results.</summary>
    ValueTask<IReadOnlyList<(long Number, TaskState State)>> StatesAsync(IReadOnlyList<long> numbers, CancellationToken cancellation);

    /// <summary>Tasks that match, newest first.</summary>
    ValueTask<IReadOnlyList<TaskRecord>> ListAsync(TaskFilter filter, CancellationToken cancellation);

    /// <summary>
    /// The tasks that are DEAD, those that died last first, without payloads and results. Costs what it returns, however many tasks there
    /// are.
    /// </summary>
    /// <param name="since">Unix milliseconds; who died before is left out.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellation">Stops it.</param>
    ValueTask<IReadOnlyList<TaskRecord>> LastDeadAsync(long since, int most, CancellationToken cancellation);

    /// <summary>How many wait, by lane; lanes without waiting tasks are left out.</summary>
    ValueTask<IReadOnlyList<LaneCount>> CountLanesAsync(CancellationToken cancellation);

    /// <summary>
    /// How many of the tasks that wait are not due yet, by queue, as of the last commit; queues without any are left out. Immutable, and
    /// at hand: figures are taken of it every second.
    /// </summary>
    IReadOnlyDictionary<string, long> DelayedByQueue { get; }

    /// <summary>How many tasks are kept in each state; index = the state's number.</summary>
    ValueTask<long[]> CountStatesAsync(CancellationToken cancellation);

    /// <summary>All leases.</summary>
    ValueTask<IReadOnlyList<Lease>> LeasesAsync(CancellationToken cancellation);

    /// <summary>All workers that are drained, by name.</summary>
    ValueTask<IReadOnlyList<Drain>> DrainsAsync(CancellationToken cancellation);

    /// <summary>The attempts that an incarnation holds (ASSIGNED or RUNNING), with lane.</summary>
    ValueTask<IReadOnlyList<(AttemptRef Attempt, Lane Lane)>> HeldByAsync(WorkerRef worker, CancellationToken cancellation);
}

/// <summary>A commit ended in a way that leaves its result unknown. Never answered as a failure: the process ends (clw-store-uncertain).</summary>
public sealed class CommitUncertainException(string message, Exception? inner = null) : Exception(message, inner);
