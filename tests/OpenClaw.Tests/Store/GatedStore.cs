using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

/// <summary>A store whose commits a test lets through one by one, or lets end as it likes. Reading is not part of it.</summary>
internal sealed class GatedStore : StoreOfNothing
{
    private readonly SemaphoreSlim permits = new(0);
    private readonly SemaphoreSlim begun = new(0);

    public List<StoreOperation[]> Batches { get; } = [];
    public Exception? Fault { get; set; }
    public Action? OnExecute { get; set; }
    public int Threads => threads.Count;

    private readonly HashSet<int> threads = [];

    public override ValueTask ExecuteAsync(IReadOnlyList<StoreOperation> operations, CancellationToken cancellation)
    {
        Batches.Add([.. operations]);
        threads.Add(Environment.CurrentManagedThreadId);
        OnExecute?.Invoke();
        begun.Release();
        permits.Wait(CancellationToken.None);
        return Fault is null ? ValueTask.CompletedTask : throw Fault;
    }

    /// <summary>Waits until the next commit is under way.</summary>
    public Task BegunAsync() => begun.WaitAsync(TestContext.Current.CancellationToken);

    public void Permit(int commits = 1) => permits.Release(commits);
}

/// <summary>Keeps nothing and answers nothing; a base for test stores.</summary>
internal abstract class StoreOfNothing : ITaskStore
{
    public string Name => "nothing";

    public abstract ValueTask ExecuteAsync(IReadOnlyList<StoreOperation> operations, CancellationToken cancellation);

    public ValueTask<TaskRecord?> GetAsync(long number, CancellationToken cancellation) => throw new NotSupportedException();

    public virtual ValueTask<TaskPage> GetManyAsync(IReadOnlyList<long> numbers, long maxBytes, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual ValueTask<IReadOnlyList<(long Number, TaskState State)>> StatesAsync(
        IReadOnlyList<long> numbers,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<TaskRecord>> ListAsync(TaskFilter filter, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<TaskRecord>> LastDeadAsync(long since, int most, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<LaneCount>> CountLanesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public IReadOnlyDictionary<string, long> DelayedByQueue => throw new NotSupportedException();

    public ValueTask<long[]> CountStatesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Lease>> LeasesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Drain>> DrainsAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<(AttemptRef Attempt, Lane Lane)>> HeldByAsync(WorkerRef worker, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
