using System.Globalization;
using OpenClaw.Abi.Crashes;

namespace OpenClaw.Core.Settings;

/// <summary>A check that looks at several keys at once. It runs only when every single value is right.</summary>
/// <param name="Name">The rule's name in tests and documentation.</param>
/// <param name="Fatal">False for what draws a warning only.</param>
/// <param name="Keys">The keys concerned, the one to mend first; the problem points at the first of them that somebody set.</param>
/// <param name="Check">Null, or what is wrong.</param>
public sealed record SettingsRule(string Name, bool Fatal, IReadOnlyList<SettingKey> Keys, Func<OpenClawSettings, string?> Check)
{
    /// <summary>All rules.</summary>
    public static IReadOnlyList<SettingsRule> All { get; } =
    [
        // Work handed to another worker while the first may still run it would run twice.
        new(
            "reassign-after-stop",
            true,
            [ClusterKeys.TaskReassignAfter, ClusterKeys.LeaseStop, TaskKeys.KillGrace],
            s =>
                (s.Cluster.LeaseStop + s.Task.KillGrace) * 1.1 is var least && s.Cluster.TaskReassignAfter < least
                    ? $"must be at least lease_stop plus task.kill_grace plus 10 % ({Show(least)}), not {Show(s.Cluster.TaskReassignAfter)}"
                    : null
        ),
        new(
            "ack-after-heartbeats",
            true,
            [ClusterKeys.AckTimeout, ClusterKeys.HeartbeatInterval],
            s =>
                s.Cluster.AckTimeout < s.Cluster.HeartbeatInterval * 2
                    ? $"must be at least two heartbeat intervals ({Show(s.Cluster.HeartbeatInterval * 2)}), not {Show(s.Cluster.AckTimeout)}"
                    : null
        ),
        new(
            "lease-outlives-heartbeats",
            true,
            [ClusterKeys.LeaseStop, ClusterKeys.HeartbeatInterval],
            s =>
                s.Cluster.LeaseStop < s.Cluster.HeartbeatInterval * 3
                    ? $"must be at least three heartbeat intervals ({Show(s.Cluster.HeartbeatInterval * 3)}), not {Show(s.Cluster.LeaseStop)}"
                    : null
        ),
        new(
            "reconnect-cap",
            true,
            [ClusterKeys.MaxReconnectInterval, ClusterKeys.ReconnectInterval],
            s =>
                s.Cluster.MaxReconnectInterval < s.Cluster.ReconnectInterval
                    ? $"must not be under reconnect_interval ({Show(s.Cluster.ReconnectInterval)})"
                    : null
        ),
        // A relative one would mean another directory for each way to start a worker.
        new(
            "roots-are-absolute",
            true,
            [TaskKeys.ReadRoots, TaskKeys.WriteRoots],
            s =>
                s.Task.ReadRoots.Concat(s.Task.WriteRoots).FirstOrDefault(r => !Path.IsPathRooted(r)) is { } relative
                    ? $"must be absolute directories, not {relative}"
                    : null
        ),
        new(
            "core-path-names-process",
            true,
            [TaskKeys.CorePath],
            s => CoreShelf.WhyNot(s.Task.CorePath) is { } wrong ? $"{wrong}, not {s.Task.CorePath}" : null
        ),
        new(
            "smaller-memory-wins",
            false,
            [TaskKeys.MaxMemoryGb, WorkerKeys.MaxMemory],
            s =>
                s.Task.MaxMemoryBytes is { } task && s.Worker.MaxMemoryBytes is { } worker && task > worker
                    ? $"allows one task more than worker.max_memory allows them all ({SettingTypes.Size.Format(worker)}); the smaller one holds"
                    : null
        ),
    ];

    private static string Show(TimeSpan value) =>
        value.Ticks % TimeSpan.TicksPerMillisecond == 0
            ? SettingTypes.Duration.Format(value)
            : value.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
}
