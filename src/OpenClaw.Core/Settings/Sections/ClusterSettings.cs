namespace OpenClaw.Core.Settings;

/// <summary>What happens to running attempts when a worker's lease has run out.</summary>
public enum OnLinkLoss
{
    /// <summary>They are stopped: nothing runs twice at the same time.</summary>
    Stop,

    /// <summary>They go on: attempts may overlap, and the fence accepts the current one's outcome alone.</summary>
    Continue,
}

/// <summary>The section <c>cluster</c>. Immutable. Defaults are the schema's: <c>OpenClawSettings.Defaults.Cluster with { … }</c>.</summary>
public sealed record ClusterSettings
{
    /// <summary>Null when nobody chose a name: the worker makes one and keeps it.</summary>
    public required string? WorkerId { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<HostPort> ManagerAddress { get; init; }

    /// <summary>A manager beyond this machine is talked to without TLS, because somebody said so.</summary>
    public required bool Insecure { get; init; }

    public required TimeSpan ReconnectInterval { get; init; }

    public required TimeSpan MaxReconnectInterval { get; init; }

    /// <summary>0: never give up.</summary>
    public required int MaxReconnectAttempts { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan HeartbeatInterval { get; init; }

    public required TimeSpan AckTimeout { get; init; }

    public required TimeSpan LeaseStop { get; init; }

    /// <summary>At least <see cref="LeaseStop"/> plus the kill grace, plus 10 %.</summary>
    public required TimeSpan TaskReassignAfter { get; init; }

    public required OnLinkLoss OnLinkLoss { get; init; }

    public required int FlapDrops { get; init; }

    public required TimeSpan FlapWindow { get; init; }

    public required TimeSpan FlapHold { get; init; }

    public required string Environment { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    internal static ClusterSettings From(OpenClawSettings settings) =>
        new()
        {
            WorkerId = settings.TextOrNull(ClusterKeys.WorkerId),
            ManagerAddress = settings.Get(ClusterKeys.ManagerAddress),
            Insecure = settings.Get(ClusterKeys.Insecure),
            ReconnectInterval = settings.Get(ClusterKeys.ReconnectInterval),
            MaxReconnectInterval = settings.Get(ClusterKeys.MaxReconnectInterval),
            MaxReconnectAttempts = settings.Int(ClusterKeys.MaxReconnectAttempts),
            ConnectTimeout = settings.Get(ClusterKeys.ConnectTimeout),
            HeartbeatInterval = settings.Get(ClusterKeys.HeartbeatInterval),
            AckTimeout = settings.Get(ClusterKeys.AckTimeout),
            LeaseStop = settings.Get(ClusterKeys.LeaseStop),
            TaskReassignAfter = settings.Get(ClusterKeys.TaskReassignAfter),
            OnLinkLoss = settings.Get(ClusterKeys.OnLinkLossKey),
            FlapDrops = settings.Int(ClusterKeys.FlapDrops),
            FlapWindow = settings.Get(ClusterKeys.FlapWindow),
            FlapHold = settings.Get(ClusterKeys.FlapHold),
            Environment = settings.Get(ClusterKeys.Environment),
            Labels = settings.Get(ClusterKeys.Labels),
        };
}
