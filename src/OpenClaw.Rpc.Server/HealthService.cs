using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Health;
using Status = OpenClaw.Rpc.Health.HealthCheckResponse.Types.ServingStatus;

namespace OpenClaw.Rpc.Server;

/// <summary>
/// <c>grpc.health.v1.Health</c>: what load balancers and Kubernetes ask, without signing in. The empty name is the server as a whole.
/// Safe for any number of threads.
/// </summary>
public sealed class HealthService
{
    /// <summary>Watches at once on one connection: nobody signs in for them, and each stays for as long as it likes.</summary>
    public const int MostWatches = 16;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> watches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Status> statuses = new(StringComparer.Ordinal);

    // Done and replaced at each change: whoever watches looks again.
    private TaskCompletionSource changed = NewSignal();

    /// <param name="services">The names that may be asked about beside the empty one. All begin as not serving.</param>
    public HealthService(params string[] services)
    {
        foreach (var service in services.Append(""))
        {
            statuses[service] = Status.NotServing;
        }
    }

    /// <summary>Says of all names whether they are served; who watches is told.</summary>
    public void SetServing(bool serving)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            foreach (var service in statuses.Keys.ToList())
            {
                statuses[service] = serving ? Status.Serving : Status.NotServing;
            }
            told = changed;
            changed = NewSignal();
        }
        told.SetResult();
    }

    /// <summary>The service, for the endpoint.</summary>
    public RpcService Build() =>
        new RpcService(HealthMethods.Service) { Open = true }
            .Unary(HealthMethods.Check, (request, _) => ValueTask.FromResult(Check(request.Service)))
            .ServerStreaming(HealthMethods.Watch, WatchAsync);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Result<HealthCheckResponse> Check(string service)
    {
        var (status, _) = Look(service);
        return status == Status.ServiceUnknown
            ? new Failure(Catalogue.ServiceNotFound, $"There is no service '{service}' here")
            : new HealthCheckResponse { Status = status };
    }

    private async ValueTask<Failure?> WatchAsync(
        HealthCheckRequest request,
        RpcWriter<HealthCheckResponse> responses,
        RpcServerContext context
    )
    {
        if (!Enter(context.ConnectionId))
        {
            return new Failure(
                Catalogue.Usage,
                $"{MostWatches} watches are open on this connection and no more are allowed",
                "Share a watch, or ask with Check"
            );
        }

        try
        {
            Status? said = null;
            while (true)
            {
                var (status, next) = Look(request.Service);
                if (status != said)
                {
                    await responses.WriteAsync(new() { Status = status });
                    said = status;
                }
                await next.WaitAsync(context.Cancellation);
            }
        }
        finally
        {
            Leave(context.ConnectionId);
        }
    }

    private bool Enter(string connection)
    {
        lock (gate)
        {
            var open = watches.GetValueOrDefault(connection);
            watches[connection] = Math.Min(open + 1, MostWatches);
            return open < MostWatches;
        }
    }

    private void Leave(string connection)
    {
        lock (gate)
        {
            if (--watches[connection] == 0)
            {
                watches.Remove(connection);
            }
        }
    }

    private (Status Status, Task Changed) Look(string service)
    {
        lock (gate)
        {
            return (statuses.GetValueOrDefault(service, Status.ServiceUnknown), changed.Task);
        }
    }
}
