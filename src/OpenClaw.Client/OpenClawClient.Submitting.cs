using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;

namespace OpenClaw.Client;

// Tasks on their way into the cluster.
public partial class OpenClawClient
{
    /// <summary>Stores a task without a payload.</summary>
    /// <inheritdoc cref="SubmitAsync(TaskRequest, CancellationToken)"/>
    /// <param name="type">The type.</param>
    /// <param name="cancellationToken">Gives up; the task may or may not be stored then.</param>
    public Task<TaskHandle> SubmitAsync(string type, CancellationToken cancellationToken = default) =>
        SubmitAsync(new TaskRequest(type), cancellationToken);

    /// <summary>Stores a task with a payload, which is written by <see cref="OpenClawClientOptions.Json"/>.</summary>
    /// <inheritdoc cref="SubmitAsync(TaskRequest, CancellationToken)"/>
    /// <param name="type">The type.</param>
    /// <param name="payload">The payload. A text becomes a JSON text: for text that is JSON already there is <see cref="TaskRequest.FromJson"/>.</param>
    /// <param name="cancellationToken">Gives up; the task may or may not be stored then.</param>
    /// <typeparam name="T">What the payload is.</typeparam>
    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    public Task<TaskHandle> SubmitAsync<T>(string type, T payload, CancellationToken cancellationToken = default) =>
        SubmitAsync(TaskRequest.Create(type, payload, Json), cancellationToken);

    /// <summary>Stores a task with a payload, by a source-generated context: ready for trimming and native AOT.</summary>
    /// <inheritdoc cref="SubmitAsync(TaskRequest, CancellationToken)"/>
    /// <param name="type">The type.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="typeInfo">How it is written.</param>
    /// <param name="cancellationToken">Gives up; the task may or may not be stored then.</param>
    /// <typeparam name="T">What the payload is.</typeparam>
    public Task<TaskHandle> SubmitAsync<T>(
        string type,
        T payload,
        JsonTypeInfo<T> typeInfo,
        CancellationToken cancellationToken = default
    ) => SubmitAsync(TaskRequest.Create(type, payload, typeInfo), cancellationToken);

    /// <summary>Stores a task. It is answered when the task is on disk: what was acknowledged is never lost.</summary>
    /// <param name="request">The task.</param>
    /// <param name="cancellationToken">Gives up; the task may or may not be stored then.</param>
    /// <returns>The stored task, to wait for, watch or cancel.</returns>
    /// <exception cref="OpenClawException">
    /// <c>clw-payload-invalid</c>, <c>clw-payload-too-large</c>, <c>clw-task-queue-full</c>, <c>clw-type-unserved</c>,
    /// <c>clw-key-conflict</c>. Or the cluster was not reached: nothing is stored then, except with <c>clw-connection-lost</c>, after
    /// which it may be.
    /// </exception>
    public virtual async Task<TaskHandle> SubmitAsync(TaskRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var spec = Mapping.Spec(request, generateKeys ? new GeneratedKeys().Next() : "");
        var stored = Open(await Wire.SubmitAsync(spec, cancellationToken), cancellationToken);
        return new(this, stored.Id) { Existed = !stored.Created, IsUnserved = stored.Unserved };
    }

    /// <summary>Submits a task, waits until it has ended, and reads its result.</summary>
    /// <param name="request">The task.</param>
    /// <param name="cancellationToken">Gives up waiting; a task that is stored goes on.</param>
    /// <typeparam name="T">What the result is.</typeparam>
    /// <returns>Default when the result is JSON's null.</returns>
    /// <exception cref="TaskFailedException">The task did not end well.</exception>
    /// <exception cref="OpenClawException">As of <see cref="SubmitAsync(TaskRequest, CancellationToken)"/> and <see cref="WaitAsync"/>.</exception>
    /// <exception cref="System.Text.Json.JsonException">The result is no <typeparamref name="T"/>.</exception>
    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    public async Task<T?> RunAsync<T>(TaskRequest request, CancellationToken cancellationToken = default) =>
        await (await SubmitAsync(request, cancellationToken)).ResultAsync<T>(cancellationToken);

    /// <summary>Submits a task, waits until it has ended, and reads its result by a source-generated context.</summary>
    /// <inheritdoc cref="RunAsync{T}(TaskRequest, CancellationToken)"/>
    /// <param name="request">The task.</param>
    /// <param name="typeInfo">How the result is read.</param>
    /// <param name="cancellationToken">Gives up waiting; a task that is stored goes on.</param>
    public async Task<T?> RunAsync<T>(TaskRequest request, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        await (await SubmitAsync(request, cancellationToken)).ResultAsync(typeInfo, cancellationToken);

    /// <summary>
    /// Stores many tasks that are at hand, in batches, several under way at a time. A batch that meets a full queue is sent again when
    /// the manager says so, for as long as the token allows.
    /// </summary>
    /// <param name="requests">The tasks.</param>
    /// <param name="options">How many travel together; null: the defaults.</param>
    /// <param name="cancellationToken">Gives up; what was sent may or may not be stored then.</param>
    /// <returns>All of them, stored.</returns>
    /// <exception cref="OpenClawException">
    /// Not all are stored: <see cref="OpenClawException.Details"/> tells how many are (<c>acknowledged</c>), how many may be
    /// (<c>uncertain</c>), and which was at fault (<c>index</c>), when one was. Tasks with keys of your own can all be submitted again.
    /// </exception>
    public virtual async Task<SubmittedTasks> SubmitManyAsync(
        IEnumerable<TaskRequest> requests,
        SubmitManyOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(requests);
        var ids = new List<string>();
        var source = new RequestSource(requests.ToAsyncEnumerable(), generateKeys);
        var summary = await SubmitManyAsync(
            source,
            options,
            receipt =>
            {
                ids.AddRange(receipt.Ids);
                return default;
            },
            cancellationToken
        );
        return new(ids, (int)summary.Existing, summary.UnservedTypes);
    }

    /// <summary>
    /// Stores a stream of tasks, of any length, in bounded memory: it is read as fast as the receipts are taken and the cluster stores.
    /// Nothing is sent before the receipts are enumerated, and who stops enumerating ends the submission; what was under way may or may
    /// not be stored then. When the stream itself fails, what it gave before is stored, the receipts come, and then its exception.
    /// </summary>
    /// <inheritdoc cref="SubmitManyAsync(IEnumerable{TaskRequest}, SubmitManyOptions?, CancellationToken)" path="/exception"/>
    /// <param name="requests">The tasks.</param>
    /// <param name="options">How many travel together; null: the defaults.</param>
    /// <param name="cancellationToken">Gives up; what was sent may or may not be stored then.</param>
    /// <returns>A receipt for each, in their order, after it is stored.</returns>
    public virtual IAsyncEnumerable<SubmitReceipt> SubmitManyAsync(
        IAsyncEnumerable<TaskRequest> requests,
        SubmitManyOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(requests);
        return StreamAsync(requests, options, cancellationToken);
    }

    private async IAsyncEnumerable<SubmitReceipt> StreamAsync(
        IAsyncEnumerable<TaskRequest> requests,
        SubmitManyOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // What is acknowledged and not yet taken; when it is full, nothing more is sent.
        var taken = Channel.CreateBounded<BulkReceipt>(
            new BoundedChannelOptions((options ?? new()).Ahead) { SingleReader = true, SingleWriter = true }
        );
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var submission = SubmitInto(taken.Writer, new RequestSource(requests, generateKeys), options, ending.Token);
        try
        {
            await foreach (var receipt in taken.Reader.ReadAllAsync(CancellationToken.None))
            {
                var batch = new SubmittedTasks(receipt.Ids, receipt.Existing, receipt.UnservedTypes);
                for (var i = 0; i < receipt.Ids.Count; i++)
                {
                    yield return new(receipt.First + i, receipt.Ids[i], batch);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await submission.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        await submission;
    }

    private async Task SubmitInto(
        ChannelWriter<BulkReceipt> receipts,
        RequestSource source,
        SubmitManyOptions? options,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await SubmitManyAsync(source, options, Give, cancellationToken);
        }
        finally
        {
            // The reader takes what is there and then looks how the submission ended.
            receipts.Complete();
        }

        // Where there is room a receipt is given after a cancellation too: its tasks are stored.
        ValueTask Give(BulkReceipt receipt) => receipts.TryWrite(receipt) ? default : receipts.WriteAsync(receipt, cancellationToken);
    }

    private async Task<BulkSummary> SubmitManyAsync(
        RequestSource source,
        SubmitManyOptions? options,
        Func<BulkReceipt, ValueTask> acknowledge,
        CancellationToken cancellationToken
    )
    {
        var chosen = options ?? new();
        var result = await Wire.SubmitManyAsync(
            source.SpecsAsync(cancellationToken),
            new BulkOptions
            {
                BatchSize = chosen.BatchSize,
                Ahead = chosen.Ahead,
                OnAcknowledgedAsync = acknowledge,
            },
            cancellationToken
        );
        var summary = Open(result, cancellationToken);
        source.ThrowIfFailed();
        return summary;
    }
}
