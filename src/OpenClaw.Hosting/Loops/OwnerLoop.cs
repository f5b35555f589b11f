using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OpenClaw.Hosting.Loops;

/// <summary>
/// The one loop that owns the state of a program's core. Everybody else posts; what is posted runs here, one after the other, in the
/// order of posting, and must not block. After each run of waiting work the loop calls <c>after</c> once.
/// </summary>
/// <remarks>
/// The loop has no thread of its own: whoever finds it idle runs it, one at a time. <see cref="Post"/> leaves that to a thread of the
/// pool, <see cref="RunOrPost"/> and <see cref="AskAsync"/> to the caller's own thread, which saves two changes of thread where the
/// caller is on the pool anyway (measured: a third of a submission's way).
/// The inbox has no bound of its own: each poster is bounded instead (calls by their admission, sessions by waiting for what they
/// posted, runners by <see cref="PassAsync"/>, store operations by the writer's inbox).
/// </remarks>
/// <param name="after">Runs in the loop when the inbox has run empty, and after every <paramref name="most"/> posts: dispatch, flush.</param>
/// <param name="onFault">
/// A post threw: the state is in doubt and is not patched. Called once, the loop has ended; the program must end, its supervisor
/// starts another, and what is durable tells what is true.
/// </param>
/// <param name="logger">Where a fault is told.</param>
/// <param name="most">Posts that run before <paramref name="after"/> gets its turn although more wait.</param>
public sealed partial class OwnerLoop(Action after, Action<Exception> onFault, ILogger<OwnerLoop> logger, int most = 256)
    : IThreadPoolWorkItem
{
    // Work, and what is done instead when the loop ends before it.
    private readonly ConcurrentQueue<(Action Work, Action? Dropped)> inbox = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // 1: somebody runs the loop, or will. From the start, so that nothing runs before RunAsync.
    private int owned = 1;

    // No more is taken. Set by Complete; what was posted before still runs.
    private volatile bool completed;

    // The loop has ended: nothing runs any more. Written by its owner alone.
    private volatile bool over;

    /// <summary>Queues work for the loop; it runs on a thread of the pool. Dropped after the loop has ended.</summary>
    public void Post(Action work)
    {
        if (TryAdd(work, null) && Interlocked.Exchange(ref owned, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>
    /// Queues work for the loop and runs it here and now, behind what waits, if nobody else runs the loop. For callers whose thread may
    /// be kept for that long; never for one that others wait for (the store's writer, the watcher of pipes), nor under a lock.
    /// </summary>
    public void RunOrPost(Action work)
    {
        if (TryAdd(work, null) && Interlocked.Exchange(ref owned, 1) == 0)
        {
            Execute();
        }
    }

    /// <summary>
    /// Runs work in the loop, like <see cref="RunOrPost"/>, and completes with its result; is cancelled when the loop ends before, by
    /// order or by a fault.
    /// </summary>
    public Task<T> AskAsync<T>(Func<T> work)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var added = TryAdd(
            () =>
            {
                try
                {
                    answer.SetResult(work());
                }
                catch (Exception e)
                {
                    // Half done, like any other post that throws: whoever asked hears it, and the loop ends with it.
                    answer.SetException(e);
                    throw;
                }
            },
            () => answer.TrySetCanceled()
        );
        if (!added)
        {
            answer.TrySetCanceled();
        }
        else if (Interlocked.Exchange(ref owned, 1) == 0)
        {
            Execute();
        }

        return answer.Task;
    }

    /// <summary>
    /// Completes when everything that was posted before has run, or the loop has ended. A poster without a bound of its own waits for it
    /// now and then. Nothing runs on the caller's thread.
    /// </summary>
    public Task PassAsync()
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryAdd(passed.SetResult, passed.SetResult))
        {
            return Task.CompletedTask;
        }

        if (Interlocked.Exchange(ref owned, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return passed.Task;
    }

    /// <summary>Ends the loop after what was posted before.</summary>
    public void Complete()
    {
        completed = true;
        if (Interlocked.Exchange(ref owned, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Begins to run what is posted. Completes at <see cref="Complete"/> or a fault, which is told and not thrown: it has one addressee.</summary>
    public Task RunAsync()
    {
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return ended.Task;
    }

    /// <summary>One run: what waits, up to the bound. Called by the owner.</summary>
    public void Execute()
    {
        if (over)
        {
            // The end found posts that came at the same moment.
            DropAll();
            return;
        }

        try
        {
            for (var run = 0; run < most && inbox.TryDequeue(out var post); run++)
            {
                post.Work();
            }

            after();
        }
        catch (Exception e)
        {
            LogFault(logger, e);
            over = completed = true;
            Interlocked.MemoryBarrier();

            // Whoever still asks would wait for ever, and the program could not end.
            DropAll();
            onFault(e);
            ended.TrySetResult();
            return;
        }

        // In this order: what was posted before the end was ordered is in the inbox when the order is seen.
        var ending = completed;
        if (!inbox.IsEmpty)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        if (ending)
        {
            over = true;
            Interlocked.MemoryBarrier();
            DropAll();
            ended.TrySetResult();
            return;
        }

        Volatile.Write(ref owned, 0);

        // Whoever posted before the line above found the loop owned and left it to us; so did Complete.
        Interlocked.MemoryBarrier();
        if ((!inbox.IsEmpty || completed) && Interlocked.Exchange(ref owned, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryAdd(Action work, Action? dropped)
    {
        if (completed)
        {
            return false;
        }

        inbox.Enqueue((work, dropped));
        Interlocked.MemoryBarrier();
        if (over)
        {
            // The end may have passed between the look and the line above; with a barrier on either side one of the two sees the other.
            DropAll();
        }

        return true;
    }

    private void DropAll()
    {
        while (inbox.TryDequeue(out var post))
        {
            post.Dropped?.Invoke();
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "The owner loop failed; the process ends and is started again")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
