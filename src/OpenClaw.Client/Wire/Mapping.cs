using System.Globalization;
using Google.Protobuf;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

/// <summary>Between the wire's messages and the public words. Pure; bytes are handed over, not copied.</summary>
internal static class Mapping
{
    public static TaskSpec Spec(TaskRequest request, string key)
    {
        var spec = new TaskSpec
        {
            Type = request.Type,
            Payload = UnsafeByteOperations.UnsafeWrap(request.Payload),
            Key = request.Key ?? key,
            Queue = request.Queue ?? "",
            Project = request.Project ?? "",
            Priority = request.Priority,
            DelayMs = Milliseconds(request.Delay),
            TimeoutMs = request.Timeout is { } timeout ? Milliseconds(timeout) : 0,
            Strict = request.Strict,
            PluginVersion = request.PluginVersion ?? "",
        };
        if (request.MaxRetries is { } retries)
        {
            spec.MaxRetries = retries;
        }

        foreach (var (name, value) in request.Labels)
        {
            spec.Labels[name] = value;
        }

        return spec;
    }

    public static ListRequest Request(TaskFilter filter)
    {
        var request = new ListRequest
        {
            Type = filter.Type ?? "",
            Worker = filter.Worker ?? "",
            Queue = filter.Queue ?? "",
            Project = filter.Project ?? "",
            Key = filter.Key ?? "",
        };
        foreach (var (name, value) in filter.Labels)
        {
            request.Labels[name] = value;
        }

        request.States.AddRange(filter.States.Select(s => (V1.TaskState)s));
        return request;
    }

    public static TaskInfo Info(V1.Task task) =>
        new()
        {
            Id = task.Id,
            Type = task.Type,
            State = State(task.State),
            Project = task.Project,
            Queue = task.Queue,
            Priority = task.Priority,
            Attempt = task.Attempt,
            Retries = task.Retries,
            MaxRetries = task.MaxRetries,
            Losses = task.Losses,
            Worker = OrNull(task.Worker),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(task.CreatedAtMs),
            DueAt = At(task.DueAtMs),
            AssignedAt = At(task.AssignedAtMs),
            StartedAt = At(task.StartedAtMs),
            FinishedAt = At(task.FinishedAtMs),
            RunTime = task.RunMicros == 0 ? null : TimeSpan.FromMicroseconds(task.RunMicros),
            Timeout = task.TimeoutMs == 0 ? null : TimeSpan.FromMilliseconds(task.TimeoutMs),
            Key = OrNull(task.Key),
            Labels = task.Labels,
            SubmittedBy = task.SubmittedBy,
            PluginVersion = OrNull(task.PluginVersion),
            Reason = OrNull(task.Reason),
            Failure = task.Failure is { } failure ? Failure(failure) : null,
            Progress = task.Progress is { } progress ? Progress(progress) : null,
            IsUnserved = task.Unserved,
            Payload = task.Payload.Memory,
            Result = task.Result.Memory,
            LateResult = task.LateResult.Memory,
        };

    /// <summary>Null for an event that this version does not know.</summary>
    public static TaskEvent? Event(V1.TaskEvent happened) =>
        happened.EventCase switch
        {
            V1.TaskEvent.EventOneofCase.Task => new TaskStateChanged(Info(happened.Task)),
            V1.TaskEvent.EventOneofCase.Progress => new TaskProgressed(Progress(happened.Progress)),
            V1.TaskEvent.EventOneofCase.Log => new TaskLogged(
                happened.Log.Level,
                happened.Log.Text,
                DateTimeOffset.FromUnixTimeMilliseconds(happened.Log.AtMs)
            ),
            _ => null,
        };

    public static ClusterStatus Status(StatusResponse status) =>
        new()
        {
            Name = status.Cluster,
            IsHealthy = status.Healthy,
            Problems = status.Problems,
            Manager = Manager(status.Manager ?? new()),
            Workers = [.. status.Workers.Select(w => Worker(w, status.TypesOf(w)))],
            QueueDepth = status.QueueDepth,
            Delayed = status.Delayed,
            QueueCapacity = status.QueueCapacity,
            Tasks = status
                .TasksByState.GroupBy(s => State(TaskMessages.ParseState(s.Key) ?? V1.TaskState.Unspecified))
                .ToDictionary(s => s.Key, s => s.Sum(e => e.Value)),
            Unserved = status.Unserved.GroupBy(u => u.Type).ToDictionary(u => u.Key, u => u.Sum(e => e.Waiting), StringComparer.Ordinal),
        };

    private static ManagerInfo Manager(ManagerStatus manager) =>
        new()
        {
            Id = manager.Id,
            State = manager.State,
            Version = manager.Version,
            Address = manager.Address,
            IsLeader = manager.Leader,
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(manager.StartedAtMs),
        };

    private static WorkerInfo Worker(WorkerStatus worker, IReadOnlyList<WorkerType> types) =>
        new()
        {
            Id = worker.Id,
            State = worker.State,
            Address = worker.Address,
            Host = worker.Host,
            Version = worker.Version,
            Environment = worker.Environment,
            Slots = worker.Slots,
            Running = worker.Running,
            Held = worker.Held,
            Types = [.. types.Select(t => t.Name)],
            Labels = worker.Labels,
            ConnectedAt = At(worker.ConnectedAtMs),
            LastHeartbeat = At(worker.LastHeartbeatMs),
            Problem = OrNull(worker.Problem),
        };

    private static TaskFailure Failure(V1.TaskFailure failure) =>
        new()
        {
            Code = failure.Code,
            Message = failure.Message,
            ExitCode = failure.HasExitCode ? failure.ExitCode : null,
            Signal = OrNull(failure.Signal),
            PeakMemoryBytes = failure.HasPeakMemoryBytes ? failure.PeakMemoryBytes : null,
            Cause = OrNull(failure.Cause),
            CorePath = OrNull(failure.CorePath),
            LastLines = failure.LastLines,
            Worker = OrNull(failure.Worker),
            Scope = OrNull(failure.Scope),
            Allowed = failure.HasAllowed ? failure.Allowed : null,
            Used = failure.HasUsed ? failure.Used : null,
        };

    private static TaskProgress Progress(V1.TaskProgress progress) =>
        new(progress.Fraction < 0 ? null : progress.Fraction, progress.Message);

    // The numbers of the public states are those of the wire.
    private static TaskState State(V1.TaskState state) => Enum.IsDefined((TaskState)state) ? (TaskState)state : TaskState.Unknown;

    private static DateTimeOffset? At(long milliseconds) =>
        milliseconds == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static long Milliseconds(TimeSpan span) => (span.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
