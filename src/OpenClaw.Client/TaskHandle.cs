using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;

namespace OpenClaw.Client;

/// <summary>A task that is stored, and what can be done with it. Immutable and safe for any number of threads; it holds no connection of its own.</summary>
public sealed class TaskHandle
{
    private readonly OpenClawClient client;

    /// <summary>A handle of a task whose id is known. Nothing is asked: whether there is such a task shows at the first call.</summary>
    /// <param name="client">Asks.</param>
    /// <param name="id">The id, <c>task-…</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="id"/> is empty.</exception>
    public TaskHandle(OpenClawClient client, string id)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        this.client = client;
        Id = id;
    }

    /// <summary>The id, <c>task-…</c>.</summary>
    public string Id { get; }

    /// <summary>Whether a task with the same key had been stored before, so that this is that one and no new one.</summary>
    public bool Existed { get; init; }

    /// <summary>Whether no connected worker served the type when the task was submitted: it waits until one does.</summary>
    public bool IsUnserved { get; init; }

    /// <summary>The task as it is now.</summary>
    /// <inheritdoc cref="OpenClawClient.GetAsync" path="/exception"/>
    /// <param name="cancellationToken">Gives up asking.</param>
    public Task<TaskInfo> GetAsync(CancellationToken cancellationToken = default) => client.GetAsync(Id, cancellationToken);

    /// <summary>Waits until the task has ended, well or not. Giving up does not touch the task.</summary>
    /// <inheritdoc cref="OpenClawClient.WaitAsync" path="/exception"/>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The task as it ended.</returns>
    public Task<TaskInfo> WaitAsync(CancellationToken cancellationToken = default) => client.WaitAsync(Id, cancellationToken);

    /// <summary>Waits until the task has ended and reads its result by a source-generated context: ready for trimming and native AOT.</summary>
    /// <param name="typeInfo">How the result is read.</param>
    /// <param name="cancellationToken">Gives up waiting; the task goes on.</param>
    /// <typeparam name="T">What the result is.</typeparam>
    /// <returns>Default when the result is JSON's null.</returns>
    /// <exception cref="TaskFailedException">The task did not end well.</exception>
    /// <exception cref="OpenClawException">As of <see cref="OpenClawClient.WaitAsync"/>.</exception>
    /// <exception cref="System.Text.Json.JsonException">The result is no <typeparamref name="T"/>.</exception>
    public async Task<T?> ResultAsync<T>(JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        var task = await client.WaitAsync(Id, cancellationToken);
        return task.Succeeded ? task.ResultAs(typeInfo) : throw new TaskFailedException(task);
    }

    /// <summary>Waits until the task has ended and reads its result.</summary>
    /// <param name="cancellationToken">Gives up waiting; the task goes on.</param>
    /// <typeparam name="T">What the result is.</typeparam>
    /// <returns>Default when the result is JSON's null.</returns>
    /// <exception cref="TaskFailedException">The task did not end well.</exception>
    /// <exception cref="OpenClawException">As of <see cref="OpenClawClient.WaitAsync"/>.</exception>
    /// <exception cref="System.Text.Json.JsonException">The result is no <typeparamref name="T"/>.</exception>
    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    public async Task<T?> ResultAsync<T>(CancellationToken cancellationToken = default)
    {
        var task = await client.WaitAsync(Id, cancellationToken);
        return task.Succeeded ? task.ResultAs<T>(client.Json) : throw new TaskFailedException(task);
    }

    /// <summary>Follows the task: its state now, every change, progress and log lines; ends with the task.</summary>
    /// <inheritdoc cref="OpenClawClient.WatchAsync" path="/exception"/>
    /// <param name="cancellationToken">Ends the watch; the task goes on.</param>
    public IAsyncEnumerable<TaskEvent> WatchAsync(CancellationToken cancellationToken = default) =>
        client.WatchAsync(Id, cancellationToken);

    /// <summary>Cancels the task.</summary>
    /// <inheritdoc cref="OpenClawClient.CancelAsync" path="/exception"/>
    /// <param name="reason">Why; kept with the task.</param>
    /// <param name="force">Also when a worker holds it: its attempt is then stopped.</param>
    /// <param name="cancellationToken">Gives up asking.</param>
    /// <returns>The task as it is now.</returns>
    public Task<TaskInfo> CancelAsync(string? reason = null, bool force = false, CancellationToken cancellationToken = default) =>
        client.CancelAsync(Id, reason, force, cancellationToken);

    /// <summary>Puts the ended task back into the queue with fresh retries.</summary>
    /// <inheritdoc cref="OpenClawClient.RetryAsync" path="/exception"/>
    /// <param name="cancellationToken">Gives up asking.</param>
    /// <returns>The task as it is now.</returns>
    public Task<TaskInfo> RetryAsync(CancellationToken cancellationToken = default) => client.RetryAsync(Id, cancellationToken);

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
