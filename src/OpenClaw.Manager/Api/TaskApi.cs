using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Watch;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Api;

/// <summary><c>openclaw.v1.TaskService</c>: the public API. Checks, asks the loop, waits for the commit, answers.</summary>
internal sealed partial class TaskApi(OwnerLoop loop, ManagerCore core, ITaskStore store, SpecReader specs, TimeSpan queueRetryAfter)
{
    /// <summary>Submissions that wait for their commit, together; more wait at the door, so that memory stays bounded.</summary>
    private const int MostTasksUnderWay = 64 * 1024;
    private const int MostPerRequest = 10_000;
    private const int MostWaitedFor = 100_000;

    private readonly WeightedGate gate = new(MostTasksUnderWay);

    public RpcService Create() =>
        new RpcService(TaskMethods.Service)
            .Unary<SubmitRequest, SubmitResponse>(TaskMethods.Submit, SubmitAsync)
            .Duplex<SubmitManyRequest, SubmitManyResponse>(TaskMethods.SubmitMany, SubmitManyAsync)
            .Unary<GetRequest, V1.Task>(TaskMethods.Get, GetAsync)
            .Unary<ListRequest, ListResponse>(TaskMethods.List, ListAsync)
            .Unary<CancelRequest, V1.Task>(TaskMethods.Cancel, CancelAsync)
            .Unary<RetryRequest, V1.Task>(TaskMethods.Retry, RetryAsync)
            .ServerStreaming<WaitRequest, WaitResponse>(TaskMethods.Wait, WaitAsync)
            .ServerStreaming<WatchRequest, TaskEvent>(TaskMethods.Watch, WatchAsync);

    private async ValueTask<Result<SubmitResponse>> SubmitAsync(SubmitRequest request, RpcServerContext context)
    {
        var read = specs.Read(request.Task, context.Principal);
        if (!read.IsOk)
        {
            return read.Failure;
        }

        var stored = await StoreAsync([read.Value], request.Task.Strict);
        if (!stored.IsOk)
        {
            return stored.Failure;
        }

        var (operation, unserved) = stored.Value;
        return new SubmitResponse
        {
            Id = new TaskId(operation.Numbers[0]).ToString(),
            Created = operation.Created[0],
            Unserved = unserved.Count > 0,
        };
    }

    private async Task<Result<(SubmitOperation Operation, IReadOnlyList<string> Unserved)>> StoreAsync(
        IReadOnlyList<NewTask> tasks,
        bool strict
    )
    {
        await gate.EnterAsync(tasks.Count);
        try
        {
            var (refusal, operation, unserved) = await loop.AskAsync<(Failure?, SubmitOperation?, IReadOnlyList<string>)>(() =>
            {
                if (core.Stopping)
                {
                    return (new Failure(Catalogue.ManagerStopping, "The manager is stopping; nothing was stored"), null, []);
                }

                var unserved = Unserved(tasks);
                return strict && unserved.Count > 0
                    ? (new Failure(Catalogue.TypeUnserved, $"No connected worker serves {string.Join(", ", unserved)}"), null, unserved)
                    : (null, core.Submit(tasks), unserved);
            });
            if (refusal is not null)
            {
                return refusal;
            }

            await operation!.Committed;
            return (operation, unserved);
        }
        catch (FailureException e) when (e.Failure.Entry == Catalogue.TaskQueueFull)
        {
            var seconds = queueRetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return e.Failure with { Data = new Dictionary<string, string>(e.Failure.Data) { [LinkFailures.RetryAfterKey] = seconds } };
        }
        catch (FailureException e)
        {
            return e.Failure;
        }
        finally
        {
            gate.Leave(tasks.Count);
        }
    }

    private IReadOnlyList<string> Unserved(IReadOnlyList<NewTask> tasks)
    {
        List<string>? unserved = null;
        string? last = null;
        foreach (var task in tasks)
        {
            if (task.Type == last)
            {
                continue;
            }

            last = task.Type;
            if (!core.Dispatcher.IsServed(last) && unserved?.Contains(last) != true)
            {
                (unserved ??= []).Add(last);
            }
        }

        return unserved ?? (IReadOnlyList<string>)[];
    }

    private async ValueTask<Result<V1.Task>> GetAsync(GetRequest request, RpcServerContext context)
    {
        if (!TaskId.TryParse(request.Id, out var id))
        {
            return NotAnId(request.Id);
        }

        return await LoadAsync(id, context.Cancellation);
    }

    private async Task<Result<V1.Task>> LoadAsync(TaskId id, CancellationToken cancellation)
    {
        if (await store.GetAsync(id.Number, cancellation) is not { } record)
        {
            return new Failure(Catalogue.TaskNotFound, $"There is no task {id}");
        }

        var task = TaskMapping.ToWire(record, whole: true);
        if (!Transitions.HasEnded(record.State))
        {
            (task.Progress, task.Unserved, var refusers) = await loop.AskAsync(() =>
                core.Dispatcher.IsServed(record.Type)
                    ? (core.Watchers.ProgressOf(record.Number), false, [])
                    : (core.Watchers.ProgressOf(record.Number), true, core.RefusersOf(record.Type))
            );
            task.Refused.AddRange(refusers);
        }

        return task;
    }

    private async ValueTask<Result<ListResponse>> ListAsync(ListRequest request, RpcServerContext context)
    {
        var states = new List<OpenClaw.Core.Tasks.TaskState>();
        foreach (var wire in request.States)
        {
            if (TaskMapping.FromWire(wire) is not { } state)
            {
                return new Failure(Catalogue.Usage, $"There is no state number {(int)wire}");
            }

            states.Add(state);
        }

        if (request.Limit is < 0 or > 10_000)
        {
            return new Failure(Catalogue.Usage, $"The limit {request.Limit} is out of range", "Use 1 to 10000");
        }

        if (request.Labels.Count > TaskLimits.MaxLabels)
        {
            return new Failure(Catalogue.Usage, $"There are {request.Labels.Count} labels; a task has {TaskLimits.MaxLabels} at most");
        }

        long? before = null;
        if (request.PageToken.Length > 0)
        {
            if (!TaskId.TryParse(request.PageToken, out var token))
            {
                return new Failure(Catalogue.Usage, "The page token is not one that a list gave");
            }

            before = token.Number;
        }

        var limit = request.Limit == 0 ? 100 : request.Limit;
        var records = await store.ListAsync(
            new TaskFilter
            {
                States = states.Count == 0 ? null : states,
                Type = NullIfEmpty(request.Type),
                Worker = NullIfEmpty(request.Worker),
                Queue = NullIfEmpty(request.Queue),
                Project = NullIfEmpty(request.Project),
                Key = NullIfEmpty(request.Key),
                Labels = request.Labels,
                Limit = limit,
                Before = before,
                WithoutBodies = true,
            },
            context.Cancellation
        );
        var response = new ListResponse();
        var bytes = 0;
        foreach (var record in records)
        {
            // A page is as long as a message allows; failures carry up to fifty lines each.
            var task = TaskMapping.ToWire(record, whole: false);
            var size = task.CalculateSize();
            if (bytes > 0 && bytes + size > MostBytesPerAnswer)
            {
                break;
            }

            response.Tasks.Add(task);
            bytes += size;
        }

        if (response.Tasks.Count == limit || response.Tasks.Count < records.Count)
        {
            response.NextPageToken = response.Tasks[^1].Id;
        }

        return response;
    }

    private async ValueTask<Result<V1.Task>> CancelAsync(CancelRequest request, RpcServerContext context)
    {
        if (!TaskId.TryParse(request.Id, out var id))
        {
            return NotAnId(request.Id);
        }

        var reason = request.Reason.Length > TaskLimits.MaxMessageChars ? request.Reason[..TaskLimits.MaxMessageChars] : request.Reason;
        return await ChangeAsync(() => core.Cancel(id, reason, context.Principal, request.Force), id, context);
    }

    private async ValueTask<Result<V1.Task>> RetryAsync(RetryRequest request, RpcServerContext context) =>
        TaskId.TryParse(request.Id, out var id) ? await ChangeAsync(() => core.Retry(id), id, context) : NotAnId(request.Id);

    private async Task<Result<V1.Task>> ChangeAsync(Func<StoreOperation> change, TaskId id, RpcServerContext context)
    {
        try
        {
            var operation = await loop.AskAsync(() => core.Stopping ? null : change());
            if (operation is null)
            {
                return new Failure(Catalogue.ManagerStopping, "The manager is stopping; nothing was changed");
            }

            await operation.Committed;
        }
        catch (FailureException e)
        {
            return e.Failure;
        }

        return await LoadAsync(id, context.Cancellation);
    }

    internal static Failure NotAnId(string text) =>
        new(Catalogue.TaskNotFound, $"'{text}' is not a task id", "Ids look like task-7a8b2c; see: clw task list");

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
