using System.Diagnostics;
using OpenClaw.Core.Errors;

namespace OpenClaw.Store;

/// <summary>
/// The one writer of a manager: everything that changes the store goes through it, in the order in which it was posted.
/// Group commit without a timer: an operation that finds the writer idle is committed at once; what arrives during a commit is the
/// next batch and one transaction. Owns a thread, because SQLite blocks. Posting is thread-safe.
/// </summary>
/// <remarks>
/// What a crash means here: an operation that was not settled was never acknowledged, committed or not. An operation settled without
/// a failure is durable.
/// </remarks>
public sealed class StoreWriter : IAsyncDisposable
{
    private readonly ITaskStore store;
    private readonly StoreWriterOptions options;
    private readonly Action<Exception> onUncertain;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource abandoned = new();

    // Guards everything below. Nothing that blocks or calls out runs under it.
    private readonly object gate = new();
    private readonly Queue<StoreOperation> inbox = new();
    private readonly LinkedList<Waiter> waiters = new();
    private int inboxRows;
    private bool stopping;
    private bool dead;

    /// <param name="store">Used by this writer alone for writing.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="onUncertain">
    /// Called once, on the writer's thread, when a commit's result is unknown or the code of an operation is broken. Nothing of that
    /// batch nor of what waits is settled any more: the process must end (clw-store-uncertain).
    /// </param>
    public StoreWriter(ITaskStore store, StoreWriterOptions options, Action<Exception> onUncertain)
    {
        this.store = store;
        this.options = options;
        this.onUncertain = onUncertain;
        new Thread(Run) { Name = "store-writer", IsBackground = true }.Start();
    }

    /// <summary>
    /// Posts an operation and never waits: for those whose number their poster bounds already (claims by credits, outcomes by what is
    /// held, leases by workers). Over <see cref="StoreWriterOptions.InboxHardLimitRows"/> it is settled at once, on the caller's
    /// thread, with clw-store-busy; after <see cref="StopAsync"/> with clw-manager-stopping.
    /// </summary>
    public void Post(StoreOperation operation)
    {
        Failure refusal;
        lock (gate)
        {
            if (dead)
            {
                return; // The process is about to end; an answer now could only be a guess.
            }

            if (!stopping && (inbox.Count == 0 || inboxRows + operation.Weight <= options.InboxHardLimitRows))
            {
                Enqueue(operation);
                return;
            }

            refusal = stopping ? Stopping() : Busy();
        }

        StoreMetrics.RefusedOne();
        operation.Settle(refusal);
    }

    /// <summary>
    /// Posts an operation when there is room, first come, first served: back-pressure for whoever brings work from outside. Completes
    /// when it is in the inbox, not when it is committed. The cancellation takes it back while it waits for room.
    /// </summary>
    public ValueTask PostAsync(StoreOperation operation, CancellationToken cancellation)
    {
        LinkedListNode<Waiter> node;
        lock (gate)
        {
            if (dead)
            {
                return new ValueTask(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation));
            }

            if (!stopping && waiters.Count == 0 && HasRoom(operation))
            {
                Enqueue(operation);
                return ValueTask.CompletedTask;
            }

            if (!stopping)
            {
                node = waiters.AddLast(new Waiter(operation));
                return new ValueTask(WaitForRoomAsync(node, cancellation));
            }
        }

        operation.Settle(Stopping());
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Takes nothing more, commits what waits and ends the thread. The cancellation abandons what is not committed yet: it is settled
    /// with clw-manager-stopping. May be called more than once.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }

        await using (cancellation.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), abandoned))
        {
            await ended.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        abandoned.Dispose();
    }

    private async Task WaitForRoomAsync(LinkedListNode<Waiter> node, CancellationToken cancellation)
    {
        await using var registration = cancellation.UnsafeRegister(
            (_, token) =>
            {
                lock (gate)
                {
                    if (node.List is null)
                    {
                        return; // It came in just before.
                    }

                    waiters.Remove(node);
                }

                node.Value.Admitted.TrySetCanceled(token);
            },
            null
        );
        await node.Value.Admitted.Task;
    }

    // The writer's thread: the only one that calls the store and settles what was taken into the inbox.
    private void Run()
    {
        var batch = new List<StoreOperation>();
        try
        {
            while (TakeBatch(batch, out var rows))
            {
                var failure = abandoned.IsCancellationRequested ? Stopping() : Commit(batch, rows);
                foreach (var operation in batch)
                {
                    operation.Settle(failure);
                }

                batch.Clear();
            }
        }
        catch (Exception error)
        {
            // A commit of unknown result, or a bug in an operation: neither may be answered as failed. The process ends.
            lock (gate)
            {
                dead = true;
            }

            onUncertain(error);
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    /// <summary>Null when the batch is durable, the reason when nothing of it was stored.</summary>
    private Failure? Commit(List<StoreOperation> batch, int rows)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var execution = store.ExecuteAsync(batch, CancellationToken.None);
            if (execution.IsCompleted)
            {
                execution.GetAwaiter().GetResult();
            }
            else
            {
                // This thread has nothing else to do than to wait for the database.
                execution.AsTask().GetAwaiter().GetResult();
            }

            StoreMetrics.Committed(ok: true, rows, StoreMetrics.Since(start));
            return null;
        }
        catch (FailureException error)
        {
            StoreMetrics.Committed(ok: false, rows, StoreMetrics.Since(start));
            return error.Failure;
        }
    }

    /// <summary>Waits for work; false when there is none and none will come.</summary>
    private bool TakeBatch(List<StoreOperation> batch, out int rows)
    {
        rows = 0;
        lock (gate)
        {
            while (inbox.Count == 0)
            {
                if (stopping && waiters.Count == 0)
                {
                    return false;
                }

                Monitor.Wait(gate);
            }

            while (inbox.TryPeek(out var next) && (batch.Count == 0 || rows + next.Weight <= options.MaxBatchRows))
            {
                inbox.Dequeue();
                batch.Add(next);
                rows += next.Weight;
            }

            inboxRows -= rows;
            StoreMetrics.Waiting(-rows);
            while (waiters.First is { } first && HasRoom(first.Value.Operation))
            {
                waiters.Remove(first);
                Enqueue(first.Value.Operation);
                first.Value.Admitted.TrySetResult();
            }

            return true;
        }
    }

    private bool HasRoom(StoreOperation operation) => inbox.Count == 0 || inboxRows + operation.Weight <= options.InboxRows;

    private void Enqueue(StoreOperation operation)
    {
        inbox.Enqueue(operation);
        inboxRows += operation.Weight;
        StoreMetrics.Waiting(operation.Weight);
        if (inbox.Count == 1)
        {
            Monitor.Pulse(gate);
        }
    }

    private static Failure Busy() => new(Catalogue.StoreBusy, "too many changes wait to be stored");

    private static Failure Stopping() => new(Catalogue.ManagerStopping, "the manager is stopping; nothing was stored");

    private sealed record Waiter(StoreOperation Operation)
    {
        // Completed under the gate, so its continuation must not run there.
        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
