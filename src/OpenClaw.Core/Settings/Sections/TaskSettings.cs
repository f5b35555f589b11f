namespace OpenClaw.Core.Settings;

/// <summary>Which process runs a task.</summary>
public enum TaskIsolation
{
    /// <summary>A pre-started process, one task at a time, replaced after <c>recycle_after</c> tasks or any crash.</summary>
    Pool,

    /// <summary>A fresh process for each task.</summary>
    Task,
}

/// <summary>The section <c>task</c>. Immutable.</summary>
public sealed record TaskSettings
{
    /// <summary>Bytes; null when no limit for the single task is set.</summary>
    public required long? MaxMemoryBytes { get; init; }

    /// <summary>Null when an attempt may run without limit (<c>timeout_sec = 0</c>).</summary>
    public required TimeSpan? Timeout { get; init; }

    public required TimeSpan KillGrace { get; init; }

    public required int MaxRetries { get; init; }

    public required int MaxLosses { get; init; }

    public required TaskIsolation Isolation { get; init; }

    /// <summary>0: never.</summary>
    public required int RecycleAfter { get; init; }

    /// <summary>As set; the resolved directory stands in <c>PathsPlan</c>.</summary>
    public required string PluginDir { get; init; }

    public required bool EnableCoreDumps { get; init; }

    public required long CoreMaxBytes { get; init; }

    /// <summary>An absolute path with <c>%p</c> in its last part.</summary>
    public required string CorePath { get; init; }

    public required int CoreKeep { get; init; }

    public required long CoreKeepBytes { get; init; }

    /// <summary>-1000 to 1000.</summary>
    public required int OomScore { get; init; }

    /// <summary>Processor time of one attempt; null: no limit.</summary>
    public required TimeSpan? MaxCpu { get; init; }

    /// <summary>Processes and threads of one attempt.</summary>
    public required int MaxProcesses { get; init; }

    /// <summary>Null when not set.</summary>
    public required long? MaxOpenFiles { get; init; }

    /// <summary>Bytes; null: no limit.</summary>
    public required long? MaxFileSize { get; init; }

    /// <summary>Bytes in the output directory of one attempt; null: no limit.</summary>
    public required long? MaxOutput { get; init; }

    /// <summary>Null: all.</summary>
    public required double? MaxCpus { get; init; }

    /// <summary>Absolute directories that pictures may be read from.</summary>
    public required IReadOnlyList<string> ReadRoots { get; init; }

    /// <summary>Absolute directories that pictures may be written to.</summary>
    public required IReadOnlyList<string> WriteRoots { get; init; }

    /// <summary>Hosts that tasks may ask; empty: http is off.</summary>
    public required IReadOnlyList<string> HttpHosts { get; init; }

    internal static TaskSettings From(OpenClawSettings settings) =>
        new()
        {
            MaxMemoryBytes = settings.Has(TaskKeys.MaxMemoryGb) ? (long)(settings.Get(TaskKeys.MaxMemoryGb) * (1L << 30)) : null,
            Timeout = settings.Get(TaskKeys.Timeout) is var timeout && timeout > TimeSpan.Zero ? timeout : null,
            KillGrace = settings.Get(TaskKeys.KillGrace),
            MaxRetries = settings.Int(TaskKeys.MaxRetries),
            MaxLosses = settings.Int(TaskKeys.MaxLosses),
            Isolation = settings.Get(TaskKeys.Isolation),
            RecycleAfter = settings.Int(TaskKeys.RecycleAfter),
            PluginDir = settings.Get(TaskKeys.PluginDir),
            EnableCoreDumps = settings.Get(TaskKeys.EnableCoreDumps),
            CoreMaxBytes = settings.Get(TaskKeys.CoreMaxBytes),
            CorePath = settings.Get(TaskKeys.CorePath),
            CoreKeep = settings.Int(TaskKeys.CoreKeep),
            CoreKeepBytes = settings.Get(TaskKeys.CoreKeepBytes),
            OomScore = settings.Int(TaskKeys.OomScore),
            MaxCpu = settings.Get(TaskKeys.MaxCpu) is var cpu && cpu > TimeSpan.Zero ? cpu : null,
            MaxProcesses = settings.Int(TaskKeys.MaxProcesses),
            MaxOpenFiles = settings.Has(TaskKeys.MaxOpenFiles) ? settings.Get(TaskKeys.MaxOpenFiles) : null,
            MaxFileSize = settings.Has(TaskKeys.MaxFileSize) ? settings.Get(TaskKeys.MaxFileSize) : null,
            MaxOutput = settings.Has(TaskKeys.MaxOutput) ? settings.Get(TaskKeys.MaxOutput) : null,
            MaxCpus = settings.Has(TaskKeys.MaxCpus) ? settings.Get(TaskKeys.MaxCpus) : null,
            ReadRoots = settings.Get(TaskKeys.ReadRoots),
            WriteRoots = settings.Get(TaskKeys.WriteRoots),
            HttpHosts = settings.Get(TaskKeys.HttpHosts),
        };
}
