using System.Runtime.CompilerServices;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

/// <summary>
/// A cluster in the words of the wire: what our own programs use and what the public client stands on. Safe for any number of threads;
/// make one and keep it. Messages are those of <c>openclaw.v1</c>. Failures of the world are values (<see cref="Result{T}"/>); methods that answer with a
/// stream throw <see cref="FailureException"/>, and so does a <see cref="Result{T}.Value"/> that is asked for in vain.
/// </summary>
internal sealed partial class WireClient : IDisposable
{
    private readonly WireOptions options;
    private readonly Caller caller;

    private WireClient(WireOptions options)
    {
        this.options = options;
        caller = new(options);
    }

    /// <summary>A client of the cluster. Nothing is dialled before the first call.</summary>
    /// <exception cref="ArgumentException">There is no address.</exception>
    public static WireClient Connect(WireOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Addresses.Count == 0 ? throw new ArgumentException("at least one address", nameof(options)) : new(options);
    }

    /// <summary>
    /// Stores one task; answered after the commit, so that what was acknowledged is never lost. When the answer is lost, the call is
    /// repeated if the task has a <see cref="TaskSpec.Key"/>. Without one <c>clw-connection-lost</c> means that the task may or may
    /// not be stored: the client never risks a second one by itself.
    /// </summary>
    public async Task<Result<SubmitResponse>> SubmitAsync(TaskSpec task, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        var repeat = task.Key.Length > 0 ? Repeat.Always : Repeat.WhenNotArrived;
        var result = await caller.CallAsync(TaskMethods.Submit, new SubmitRequest { Task = task }, repeat, cancellation);
        return result.Failure is { } failure && failure.Entry == Catalogue.ConnectionLost && task.Key.Length == 0
            ? failure with
            {
                Message = $"{failure.Message.TrimEnd('.')}; the task may or may not be stored",
                Next = "Look with: clw task list. A task with an idempotency key (--key) is submitted again safely",
            }
            : result;
    }

    /// <summary>
    /// Stores many tasks in batches, several under way at a time. A batch that meets a full queue is sent again when the manager says
    /// so. After a broken connection the submission goes on if all tasks under way have keys; without keys it ends with
    /// <c>clw-connection-lost</c>, which tells how many are stored (<c>acknowledged</c>) and how many may be (<c>uncertain</c>): nothing
    /// is ever doubled silently. A refusal ends it too, with the <c>index</c> of the task at fault when one is.
    /// </summary>
    public async Task<Result<BulkSummary>> SubmitManyAsync(
        IAsyncEnumerable<TaskSpec> tasks,
        BulkOptions? submitOptions = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var checkedOptions = submitOptions ?? new();
        ArgumentOutOfRangeException.ThrowIfLessThan(checkedOptions.BatchSize, 1, nameof(submitOptions));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkedOptions.BatchSize, 10_000, nameof(submitOptions));
        ArgumentOutOfRangeException.ThrowIfLessThan(checkedOptions.Ahead, 1, nameof(submitOptions));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkedOptions.Ahead, 16, nameof(submitOptions));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, caller.Closing);
        await using var source = tasks.GetAsyncEnumerator(ending.Token);
        return await new BulkSubmission(caller, source, checkedOptions, ending).RunAsync();
    }

    /// <summary>One task with its payload, result and failure. <c>clw-task-not-found</c> when it is not kept.</summary>
    public Task<Result<V1.Task>> GetAsync(string id, CancellationToken cancellation = default) =>
        caller.CallAsync(TaskMethods.Get, new GetRequest { Id = id }, Repeat.Always, cancellation);

    /// <summary>One page of tasks, newest first, without payloads and results.</summary>
    public Task<Result<ListResponse>> ListAsync(ListRequest request, CancellationToken cancellation = default) =>
        caller.CallAsync(TaskMethods.List, request, Repeat.Always, cancellation);

    /// <summary>All tasks that the request's filters leave, page by page, newest first, at most <paramref name="limit"/>.</summary>
    /// <exception cref="FailureException">A page could not be had.</exception>
    public async IAsyncEnumerable<V1.Task> ListAllAsync(
        ListRequest request,
        long limit = long.MaxValue,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        const int largestPage = 1000;
        var page = request.Clone();
        while (limit > 0)
        {
            page.Limit = (int)Math.Min(limit, largestPage);
            var response = (await ListAsync(page, cancellation)).Value;
            foreach (var task in response.Tasks)
            {
                yield return task;
            }

            limit -= response.Tasks.Count;
            if (response.NextPageToken.Length == 0)
            {
                yield break;
            }

            page.PageToken = response.NextPageToken;
        }
    }

    /// <summary>
    /// Cancels a task; the reason is kept with it. A task that a worker holds is cancelled only with <paramref name="force"/>, and
    /// its attempt is then stopped.
    /// </summary>
    public Task<Result<V1.Task>> CancelAsync(string id, string reason = "", bool force = false, CancellationToken cancellation = default) =>
        caller.CallAsync(
            TaskMethods.Cancel,
            new CancelRequest
            {
                Id = id,
                Reason = reason,
                Force = force,
            },
            Repeat.WhenNotArrived,
            cancellation
        );

    /// <summary>Puts a task that ended FAILED, CANCELLED or DEAD back into the queue with fresh retries.</summary>
    public Task<Result<V1.Task>> RetryAsync(string id, CancellationToken cancellation = default) =>
        caller.CallAsync(TaskMethods.Retry, new RetryRequest { Id = id }, Repeat.WhenNotArrived, cancellation);

    /// <summary>What the cluster is and how it does.</summary>
    public Task<Result<StatusResponse>> StatusAsync(CancellationToken cancellation = default) =>
        caller.CallAsync(ClusterMethods.Status, new StatusRequest(), Repeat.Always, cancellation);

    /// <summary>Some workers, and how the manager does; nothing is counted.</summary>
    public Task<Result<StatusResponse>> StatusAsync(IEnumerable<string> workers, CancellationToken cancellation = default)
    {
        var request = new StatusRequest();
        request.Workers.AddRange(workers);
        return caller.CallAsync(ClusterMethods.Status, request, Repeat.Always, cancellation);
    }

    /// <summary>Keeps work from workers, or gives it to them again. Answered when it is stored; repeating it does no harm.</summary>
    public Task<Result<DrainResponse>> DrainAsync(
        IEnumerable<string> workers,
        bool drained,
        string reason = "",
        CancellationToken cancellation = default
    )
    {
        var request = new DrainRequest { Drained = drained, Reason = reason };
        request.Workers.AddRange(workers);
        return caller.CallAsync(ClusterMethods.Drain, request, Repeat.Always, cancellation);
    }

    /// <summary>Tells an incarnation of a worker to restart. It names the incarnation, so repeating it does no harm.</summary>
    public Task<Result<RestartWorkerResponse>> RestartWorkerAsync(
        string worker,
        long incarnation,
        CancellationToken cancellation = default
    ) =>
        caller.CallAsync(
            ClusterMethods.RestartWorker,
            new RestartWorkerRequest { Worker = worker, Incarnation = incarnation },
            Repeat.Always,
            cancellation
        );

    /// <summary>Values of the metrics that the manager keeps.</summary>
    public Task<Result<QueryMetricsResponse>> QueryMetricsAsync(QueryMetricsRequest request, CancellationToken cancellation = default) =>
        caller.CallAsync(MetricMethods.QueryMetrics, request, Repeat.Always, cancellation);

    /// <summary>Every metric that can be asked for.</summary>
    public Task<Result<ListMetricsResponse>> ListMetricsAsync(CancellationToken cancellation = default) =>
        caller.CallAsync(MetricMethods.ListMetrics, new ListMetricsRequest(), Repeat.Always, cancellation);

    /// <summary>The manager and its workers read their configuration again.</summary>
    public Task<Result<ReloadResponse>> ReloadAsync(CancellationToken cancellation = default) =>
        caller.CallAsync(ClusterMethods.Reload, new ReloadRequest(), Repeat.Always, cancellation);

    /// <summary>
    /// A supervisor's proof that every process of a worker's incarnation is gone: what it held is handed over at once. Repeating it
    /// does no harm.
    /// </summary>
    public Task<Result<ReportDeathResponse>> ReportDeathAsync(ReportDeathRequest request, CancellationToken cancellation = default) =>
        caller.CallAsync(WorkerMethods.ReportDeath, request, Repeat.Always, cancellation);

    public void Dispose() => caller.Dispose();
}
