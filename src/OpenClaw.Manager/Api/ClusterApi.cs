using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Security;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Manager.Api;

/// <summary><c>openclaw.v1.ClusterService</c>.</summary>
internal sealed class ClusterApi(
    OwnerLoop loop,
    ManagerCore core,
    ITaskStore store,
    ManagerCertificates certificates,
    Func<ReloadOutcome> reload,
    TimeProvider time
)
{
    private const int MostNames = 10_000;
    private const int MostReasonBytes = 500;

    /// <summary>How long a worker may take to look at its files before it says whether it restarts.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    public RpcService Create() =>
        new RpcService(ClusterMethods.Service)
            .Unary(ClusterMethods.Status, StatusAsync)
            .Unary(ClusterMethods.Drain, DrainAsync)
            .Unary(ClusterMethods.RestartWorker, RestartWorkerAsync)
            .Unary(ClusterMethods.Reload, ReloadAsync);

    private async ValueTask<Result<StatusResponse>> StatusAsync(StatusRequest request, RpcServerContext context)
    {
        if (request.Workers.Count > 0)
        {
            return await loop.AskAsync(() => core.Status(request.Workers));
        }

        var status = await loop.AskAsync(core.Status);
        var counts = await store.CountStatesAsync(context.Cancellation);
        for (var i = 0; i < counts.Length; i++)
        {
            status.TasksByState[Transitions.Name((TaskState)i)] = counts[i];
        }

        var lanes = await store.CountLanesAsync(context.Cancellation);
        status.QueueDepth = lanes.Sum(l => l.Ready + l.Delayed);
        status.Delayed = lanes.Sum(l => l.Delayed);
        status.Poison.AddRange(
            await Poison.ReadAsync(
                store,
                counts[(int)TaskState.Dead],
                DateTimeOffset.FromUnixTimeMilliseconds(status.NowMs),
                context.Cancellation
            )
        );
        status.Problems.AddRange(status.Poison.Select(Poison.Problem));
        status.Problems.AddRange(certificates.Problems(status.Workers.Where(w => w.State != "stopped").Select(w => w.Id)));
        status.Healthy &= !certificates.HasEnded;
        return status;
    }

    private async ValueTask<Result<DrainResponse>> DrainAsync(DrainRequest request, RpcServerContext context)
    {
        if (request.Workers.Count is 0 or > MostNames)
        {
            return new Failure(Catalogue.Usage, $"Name 1 to {MostNames} workers");
        }

        if (Encoding.UTF8.GetByteCount(request.Reason) > MostReasonBytes || request.Reason.Any(char.IsControl))
        {
            return new Failure(Catalogue.Usage, $"A reason has at most {MostReasonBytes} bytes and no control characters");
        }

        try
        {
            var ordered = await loop.AskAsync(() =>
                core.Stopping
                    ? new Failure(Catalogue.ManagerStopping, "The manager is stopping; nothing was changed")
                    : core.Drain(request.Workers, request.Drained, request.Reason, context.Principal)
            );
            if (!ordered.IsOk)
            {
                return ordered.Failure;
            }

            await ordered.Value.Committed;
        }
        catch (FailureException e)
        {
            return e.Failure;
        }

        return await loop.AskAsync(() => core.Drained(request.Workers));
    }

    private async ValueTask<Result<RestartWorkerResponse>> RestartWorkerAsync(RestartWorkerRequest request, RpcServerContext context)
    {
        var answer = new TaskCompletionSource<Failure?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = await loop.AskAsync(() => core.Restart(request.Worker, request.Incarnation, refusal => answer.TrySetResult(refusal)));
        if (!told.IsOk)
        {
            return told.Failure;
        }

        if (!told.Value)
        {
            return new RestartWorkerResponse { Told = false };
        }

        try
        {
            if (await answer.Task.WaitAsync(AnswerWithin, time, context.Cancellation) is { } refusal)
            {
                return refusal;
            }
        }
        catch (TimeoutException)
        {
            // It has the order all the same, and who waits for its return sees whether it carried it out.
        }

        return new RestartWorkerResponse { Told = true };
    }

    private async ValueTask<Result<ReloadResponse>> ReloadAsync(ReloadRequest request, RpcServerContext context)
    {
        var outcome = reload();
        var response = new ReloadResponse();
        response.Changed.AddRange(outcome.Changed);
        response.NeedRestart.AddRange(outcome.NeedRestart);
        response.Problems.AddRange(outcome.Problems);
        response.Workers.AddRange(await loop.AskAsync(core.TellToReload));
        return response;
    }
}
