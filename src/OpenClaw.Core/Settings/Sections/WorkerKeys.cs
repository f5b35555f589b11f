using System.Globalization;

namespace OpenClaw.Core.Settings;

/// <summary>Rows of <c>worker</c>: the program as a whole, its supervisor included.</summary>
public static class WorkerKeys
{
    public static SettingKey<long> Slots { get; } =
        new("worker.slots", SettingTypes.Int, "How many tasks run at the same time; default: the number of cores.")
        {
            Default = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            Min = "1",
            Max = "10000",
            Flags = ["--slots"],
        };

    public static SettingKey<long> Prefetch { get; } =
        new(
            "worker.prefetch",
            SettingTypes.Int,
            "How many tasks beyond its slots the worker takes at most in advance; of each type no more than run in 50 ms."
        )
        {
            Default = "4096",
            Min = "0",
            Max = "100000",
        };

    public static SettingKey<long> MaxMemory { get; } =
        new(
            "worker.max_memory",
            SettingTypes.Size,
            "The memory of the worker with everything it runs; unset: what the machine or the container has."
        )
        {
            Min = "64M",
            Flags = ["--max-mem"],
            ExtraVariables = ["CLW_MAX_MEM"],
        };

    public static SettingKey<long> OpenFiles { get; } =
        new("worker.open_files", SettingTypes.Int, "How many descriptors the worker asks for (RLIMIT_NOFILE); unset: what it inherited.")
        {
            Min = "256",
            Max = "1073741816",
            ExtraVariables = ["ULIMIT_NOFILE"],
        };

    public static SettingKey<CgroupUse> Cgroup { get; } =
        new(
            "worker.cgroup",
            SettingTypes.Choice<CgroupUse>(),
            "auto: tasks run in control groups (v2) where the worker may make some; off: limits are held by looking at the processes."
        )
        {
            Default = "auto",
        };

    public static SettingKey<string> StateDir { get; } =
        new("worker.state_dir", SettingTypes.Path, "Where identity and outbox are; unset: /var/lib/openclaw, or below the home directory.")
        {
            Flags = ["--state-dir"],
        };

    public static SettingKey<long> OutboxMaxBytes { get; } =
        new(
            "worker.outbox_max_bytes",
            SettingTypes.Size,
            "How much the outbox keeps of what is not acknowledged yet; full, the worker starts no more tasks."
        )
        {
            Default = "1G",
            Min = "1M",
        };

    public static SettingKey<TimeSpan> OutputMaxAge { get; } =
        new(
            "worker.output_max_age",
            SettingTypes.Duration,
            "How long the output directory of a task that has ended is kept on the worker after its last change."
        )
        {
            Default = "7d",
            Min = "1m",
        };

    public static SettingKey<long> OutputMaxBytes { get; } =
        new(
            "worker.output_max_bytes",
            SettingTypes.Size,
            "How much the output directories of ended tasks may have together; beyond it the oldest are removed."
        )
        {
            Default = "10G",
            Min = "1M",
        };

    public static SettingKey<long> HealthPort { get; } =
        new("worker.health_port", SettingTypes.Int, "The port of the health document; 0: the system chooses.")
        {
            Default = "9091",
            Min = "0",
            Max = "65535",
            Flags = ["--health-port"],
        };

    public static SettingKey<TimeSpan> ShutdownGrace { get; } =
        new(
            "worker.shutdown_grace",
            SettingTypes.Duration,
            "How long a worker may take to stop: its tasks may end until task.kill_grace and 3 s are left, then it hands them back."
        )
        {
            Default = "30s",
            Min = "0s",
            Max = "1d",
        };

    public static SettingKey<long> RespawnAttempts { get; } =
        new(
            "worker.respawn_attempts",
            SettingTypes.Int,
            "How often the supervisor starts a program again within respawn_window before it gives up."
        )
        {
            Default = "10",
            Min = "0",
            Max = "100000",
        };

    public static SettingKey<TimeSpan> RespawnWindow { get; } =
        new("worker.respawn_window", SettingTypes.Duration, "The window in which restarts are counted.")
        {
            Default = "5m",
            Min = "1s",
            Max = "1d",
        };

    public static IReadOnlyList<SettingKey> All =>
        [
            Slots,
            Prefetch,
            MaxMemory,
            OpenFiles,
            Cgroup,
            StateDir,
            OutboxMaxBytes,
            OutputMaxAge,
            OutputMaxBytes,
            HealthPort,
            ShutdownGrace,
            RespawnAttempts,
            RespawnWindow,
        ];
}
