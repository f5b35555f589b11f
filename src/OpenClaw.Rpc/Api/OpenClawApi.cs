using OpenClaw.Rpc.Health;
using OpenClaw.V1;

namespace OpenClaw.Rpc.Api;

/// <summary>The methods of <c>openclaw.v1.TaskService</c>.</summary>
public static class TaskMethods
{
    public const string Service = "openclaw.v1.TaskService";

    public static RpcMethod<SubmitRequest, SubmitResponse> Submit { get; } =
        new(Service, nameof(Submit), RpcMethodKind.Unary, SubmitRequest.Parser, SubmitResponse.Parser);

    public static RpcMethod<SubmitManyRequest, SubmitManyResponse> SubmitMany { get; } =
        new(Service, nameof(SubmitMany), RpcMethodKind.Duplex, SubmitManyRequest.Parser, SubmitManyResponse.Parser);

    public static RpcMethod<GetRequest, V1.Task> Get { get; } =
        new(Service, nameof(Get), RpcMethodKind.Unary, GetRequest.Parser, V1.Task.Parser);

    public static RpcMethod<ListRequest, ListResponse> List { get; } =
        new(Service, nameof(List), RpcMethodKind.Unary, ListRequest.Parser, ListResponse.Parser);

    public static RpcMethod<CancelRequest, V1.Task> Cancel { get; } =
        new(Service, nameof(Cancel), RpcMethodKind.Unary, CancelRequest.Parser, V1.Task.Parser);

    public static RpcMethod<RetryRequest, V1.Task> Retry { get; } =
        new(Service, nameof(Retry), RpcMethodKind.Unary, RetryRequest.Parser, V1.Task.Parser);

    public static RpcMethod<WaitRequest, WaitResponse> Wait { get; } =
        new(Service, nameof(Wait), RpcMethodKind.ServerStreaming, WaitRequest.Parser, WaitResponse.Parser);

    public static RpcMethod<WatchRequest, TaskEvent> Watch { get; } =
        new(Service, nameof(Watch), RpcMethodKind.ServerStreaming, WatchRequest.Parser, TaskEvent.Parser);
}

/// <summary>The methods of <c>openclaw.v1.WorkerService</c>.</summary>
public static class WorkerMethods
{
    public const string Service = "openclaw.v1.WorkerService";

    public static RpcMethod<WorkerMessage, ManagerMessage> Session { get; } =
        new(Service, nameof(Session), RpcMethodKind.Duplex, WorkerMessage.Parser, ManagerMessage.Parser);

    public static RpcMethod<ReportDeathRequest, ReportDeathResponse> ReportDeath { get; } =
        new(Service, nameof(ReportDeath), RpcMethodKind.Unary, ReportDeathRequest.Parser, ReportDeathResponse.Parser);
}

/// <summary>The methods of <c>openclaw.v1.ClusterService</c>.</summary>
public static class ClusterMethods
{
    public const string Service = "openclaw.v1.ClusterService";

    public static RpcMethod<StatusRequest, StatusResponse> Status { get; } =
        new(Service, nameof(Status), RpcMethodKind.Unary, StatusRequest.Parser, StatusResponse.Parser);

    public static RpcMethod<DrainRequest, DrainResponse> Drain { get; } =
        new(Service, nameof(Drain), RpcMethodKind.Unary, DrainRequest.Parser, DrainResponse.Parser);

    public static RpcMethod<RestartWorkerRequest, RestartWorkerResponse> RestartWorker { get; } =
        new(Service, nameof(RestartWorker), RpcMethodKind.Unary, RestartWorkerRequest.Parser, RestartWorkerResponse.Parser);

    public static RpcMethod<ReloadRequest, ReloadResponse> Reload { get; } =
        new(Service, nameof(Reload), RpcMethodKind.Unary, ReloadRequest.Parser, ReloadResponse.Parser);
}

/// <summary>The methods of <c>openclaw.v1.LogService</c>.</summary>
public static class LogMethods
{
    public const string Service = "openclaw.v1.LogService";

    public static RpcMethod<LogsRequest, LogLines> Logs { get; } =
        new(Service, nameof(Logs), RpcMethodKind.ServerStreaming, LogsRequest.Parser, LogLines.Parser);
}

/// <summary>The methods of <c>openclaw.v1.MetricService</c>.</summary>
public static class MetricMethods
{
    public const string Service = "openclaw.v1.MetricService";

    public static RpcMethod<QueryMetricsRequest, QueryMetricsResponse> QueryMetrics { get; } =
        new(Service, nameof(QueryMetrics), RpcMethodKind.Unary, QueryMetricsRequest.Parser, QueryMetricsResponse.Parser);

    public static RpcMethod<ListMetricsRequest, ListMetricsResponse> ListMetrics { get; } =
        new(Service, nameof(ListMetrics), RpcMethodKind.Unary, ListMetricsRequest.Parser, ListMetricsResponse.Parser);
}

/// <summary>The methods of <c>grpc.health.v1.Health</c>.</summary>
public static class HealthMethods
{
    public const string Service = "grpc.health.v1.Health";

    public static RpcMethod<HealthCheckRequest, HealthCheckResponse> Check { get; } =
        new(Service, nameof(Check), RpcMethodKind.Unary, HealthCheckRequest.Parser, HealthCheckResponse.Parser);

    public static RpcMethod<HealthCheckRequest, HealthCheckResponse> Watch { get; } =
        new(Service, nameof(Watch), RpcMethodKind.ServerStreaming, HealthCheckRequest.Parser, HealthCheckResponse.Parser);
}
