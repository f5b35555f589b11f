namespace OpenClaw.Core.Settings;

/// <summary>Whether tasks run in control groups.</summary>
public enum CgroupUse
{
    /// <summary>Where the worker may make some.</summary>
    Auto,
    Off,
}

/// <summary>The section <c>worker</c>. Immutable.</summary>
public sealed record WorkerSettings
{
    /// <summary>At least 1.</summary>
    public required int Slots { get; init; }

    /// <summary>Tasks beyond the slots, at most.</summary>
    public required int Prefetch { get; init; }

    /// <summary>Bytes for the worker's whole tree; null when not set.</summary>
    public required long? MaxMemoryBytes { get; init; }

    /// <summary>RLIMIT_NOFILE to ask for; null when not set.</summary>
    public required long? OpenFiles { get; init; }

    public required CgroupUse Cgroup { get; init; }

    /// <summary>Null when not set; the resolved directory stands in <c>PathsPlan</c>.</summary>
    public required string? StateDir { get; init; }

    /// <summary>Bytes.</summary>
    public required long OutboxMaxBytes { get; init; }

    public required TimeSpan OutputMaxAge { get; init; }

    /// <summary>Bytes.</summary>
    public required long OutputMaxBytes { get; init; }

    /// <summary>0 lets the system choose.</summary>
    public required int HealthPort { get; init; }

    public required TimeSpan ShutdownGrace { get; init; }

    public required int RespawnAttempts { get; init; }

    public required TimeSpan RespawnWindow { get; init; }

    internal static WorkerSettings From(OpenClawSettings settings) =>
        new()
        {
            Slots = settings.Int(WorkerKeys.Slots),
            Prefetch = settings.Int(WorkerKeys.Prefetch),
            MaxMemoryBytes = settings.Has(WorkerKeys.MaxMemory) ? settings.Get(WorkerKeys.MaxMemory) : null,
            OpenFiles = settings.Has(WorkerKeys.OpenFiles) ? settings.Get(WorkerKeys.OpenFiles) : null,
            Cgroup = settings.Get(WorkerKeys.Cgroup),
            StateDir = settings.TextOrNull(WorkerKeys.StateDir),
            OutboxMaxBytes = settings.Get(WorkerKeys.OutboxMaxBytes),
            OutputMaxAge = settings.Get(WorkerKeys.OutputMaxAge),
            OutputMaxBytes = settings.Get(WorkerKeys.OutputMaxBytes),
            HealthPort = settings.Int(WorkerKeys.HealthPort),
            ShutdownGrace = settings.Get(WorkerKeys.ShutdownGrace),
            RespawnAttempts = settings.Int(WorkerKeys.RespawnAttempts),
            RespawnWindow = settings.Get(WorkerKeys.RespawnWindow),
        };
}
