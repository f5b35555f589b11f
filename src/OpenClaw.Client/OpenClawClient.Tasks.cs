using OpenClaw.Client.Wire;

namespace OpenClaw.Client;

// What can be asked of tasks that are stored, and of the cluster.
public partial class OpenClawClient
{
    /// <summary>A handle of a task whose id is known. Nothing is asked.</summary>
    /// <param name="id">The id, <c>task-…</c>.</param>
    public TaskHandle Handle(string id) => new(this, id);

    /// <summary>One task, with its payload, result and failure.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Gives up asking.</param>
    /// <exception cref="OpenClawException"><c>clw-task-not-found</c>: it is not kept. Or the cluster did not answer.</exception>
    public virtual async Task<TaskInfo> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return Mapping.Info(Open(await Wire.GetAsync(id, cancellationToken), cancellationToken));
    }

    /// <summary>Tasks, newest first, without payloads and results. Pages are fetched as the enumeration goes on.</summary>
    /// <param name="filter">Which; null: all.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="OpenClawException">The cluster did not answer; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<TaskInfo> ListAsync(TaskFilter? filter = null, CancellationToken cancellationToken = default)
    {
        var chosen = filter ?? new();
        var tasks = Wire.ListAllAsync(Mapping.Request(chosen), chosen.Limit, cancellationToken);
        return Translate(tasks, Mapping.Info, cancellationToken);
    }

    /// <summary>
    /// Waits until a task has ended, well or not. A connection that breaks is opened again, for as long as the token allows. Giving up
    /// does not touch the task.
    /// </summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The task as it ended.</returns>
    /// <exception cref="OpenClawException"><c>clw-task-not-found</c>: it is not kept. Or the cluster has never answered.</exception>
    public virtual async Task<TaskInfo> WaitAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        await foreach (var task in WaitManyAsync([id], cancellationToken))
        {
            return task;
        }

        throw new InvalidOperationException($"The wait for {id} ended without it.");
    }

    /// <summary>
    /// Tasks as they end, each once, whole, in the order of their ends. A connection that breaks is opened again and asked for those
    /// that are left, for as long as the token allows.
    /// </summary>
    /// <param name="ids">The ids; one that stands there twice counts once. Any number: beyond 100,000 they are waited for in turns.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="OpenClawException">
    /// <c>clw-task-not-found</c>: one of them is not kept. Or the cluster has never answered. Thrown while enumerating.
    /// </exception>
    public virtual IAsyncEnumerable<TaskInfo> WaitManyAsync(IEnumerable<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Translate(Wire.WaitAsync(ids, cancellationToken), Mapping.Info, cancellationToken);
    }

    /// <summary>
    /// Follows one task: its state now, every change, progress and log lines; ends with the task. After a broken connection it goes on
    /// from the task's state then; lines in between are not repeated.
    /// </summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Ends the watch; the task goes on.</param>
    /// <exception cref="OpenClawException"><c>clw-task-not-found</c>, or the cluster has never answered. Thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<TaskEvent> WatchAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return Translate(Wire.WatchAsync(id, cancellationToken), Mapping.Event, cancellationToken);
    }

    /// <summary>Cancels a task; a result that its worker still delivers is kept as <see cref="TaskInfo.LateResult"/>.</summary>
    /// <param name="id">The id.</param>
    /// <param name="reason">Why; kept with the task.</param>
    /// <param name="force">Also when a worker holds it: its attempt is then stopped.</param>
    /// <param name="cancellationToken">Gives up asking.</param>
    /// <returns>The task as it is now.</returns>
    /// <exception cref="OpenClawException">
    /// <c>clw-task-wrong-state</c>: it has ended, or a worker holds it and <paramref name="force"/> is false. <c>clw-task-not-found</c>.
    /// <c>clw-connection-lost</c>: it may or may not be cancelled.
    /// </exception>
    public virtual async Task<TaskInfo> CancelAsync(
        string id,
        string? reason = null,
        bool force = false,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return Mapping.Info(Open(await Wire.CancelAsync(id, reason ?? "", force, cancellationToken), cancellationToken));
    }

    /// <summary>Puts a task that ended failed, cancelled or dead back into the queue with fresh retries.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Gives up asking.</param>
    /// <returns>The task as it is now.</returns>
    /// <exception cref="OpenClawException">
    /// <c>clw-task-wrong-state</c>: it has not ended, or has ended well. <c>clw-task-not-found</c>. <c>clw-connection-lost</c>: it may or
    /// may not be back in the queue.
    /// </exception>
    public virtual async Task<TaskInfo> RetryAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return Mapping.Info(Open(await Wire.RetryAsync(id, cancellationToken), cancellationToken));
    }

    /// <summary>What the cluster is and how it does.</summary>
    /// <param name="cancellationToken">Gives up asking.</param>
    /// <exception cref="OpenClawException">The cluster did not answer, or the token was refused.</exception>
    public virtual async Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        Mapping.Status(Open(await Wire.StatusAsync(cancellationToken), cancellationToken));
}
