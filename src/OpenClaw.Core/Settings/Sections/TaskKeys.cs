using OpenClaw.Abi.Crashes;

namespace OpenClaw.Core.Settings;

/// <summary>Rows of <c>task</c>: what one task may use and how it is repeated.</summary>
public static class TaskKeys
{
    public const string PluginDirDefault = "/etc/claw/plugins";

    public static SettingKey<double> MaxMemoryGb { get; } =
        new("task.max_memory_gb", SettingTypes.Number, "The memory of one task in GiB; unset: bounded by worker.max_memory alone.")
        {
            // Below a MiB no process starts: zero and its like are mistakes, not limits.
            Min = "0.001",
            Max = "65536",
        };

    public static SettingKey<TimeSpan> Timeout { get; } =
        new("task.timeout_sec", SettingTypes.Duration, "How long one attempt may run; 0: no limit. A submission may say its own.")
        {
            Default = "5m",
            Min = "0s",
            Max = "365d",
            Aliases = ["task.timeout"],
        };

    public static SettingKey<TimeSpan> KillGrace { get; } =
        new("task.kill_grace", SettingTypes.Duration, "The time between SIGTERM and SIGKILL for a task that must end.")
        {
            Default = "5s",
            Min = "0s",
            Max = "10m",
        };

    public static SettingKey<long> MaxRetries { get; } =
        new("task.max_retries", SettingTypes.Int, "How often a task that failed is tried again before it is DEAD.")
        {
            Default = "3",
            Min = "0",
            Max = "1000",
        };

    public static SettingKey<long> MaxLosses { get; } =
        new("task.max_losses", SettingTypes.Int, "How often a task may lose its worker before it is DEAD.")
        {
            Default = "5",
            Min = "0",
            Max = "1000",
        };

    public static SettingKey<TaskIsolation> Isolation { get; } =
        new(
            "task.isolation",
            SettingTypes.Choice<TaskIsolation>(),
            "pool: a pre-started process takes one task at a time; task: a fresh process for each."
        )
        {
            Default = "pool",
        };

    public static SettingKey<long> RecycleAfter { get; } =
        new(
            "task.recycle_after",
            SettingTypes.Int,
            "A pooled process is replaced after so many tasks; 0: never. A start costs CPU (some 35 ms, 5 where clw-runner is native): replacing often is felt when tasks are short."
        )
        {
            Default = "100000",
            Min = "0",
            Max = "100000000",
        };

    public static SettingKey<string> PluginDir { get; } =
        new("task.plugin_dir", SettingTypes.Path, "Where the plugins are.") { Default = PluginDirDefault, Flags = ["--plugin-dir"] };

    public static SettingKey<bool> EnableCoreDumps { get; } =
        new("task.enable_core_dumps", SettingTypes.Bool, "Keep a core of a process that crashed.")
        {
            Default = "false",
            Flags = ["--core-dump"],
        };

    public static SettingKey<long> CoreMaxBytes { get; } =
        new("task.core_max_bytes", SettingTypes.Size, "The largest core that is kept.") { Default = "2G", Min = "1M" };

    public static SettingKey<string> CorePath { get; } =
        new("task.core_path", SettingTypes.Path, "Where a core is kept; %p stands for the process that it is of.")
        {
            Default = CoreShelf.DefaultTemplate,
            Flags = ["--core-path"],
        };

    public static SettingKey<long> CoreKeep { get; } =
        new("task.core_keep", SettingTypes.Int, "How many cores are kept at core_path; beyond that the oldest are removed.")
        {
            Default = "10",
            Min = "1",
            Max = "10000",
        };

    public static SettingKey<long> CoreKeepBytes { get; } =
        new("task.core_keep_bytes", SettingTypes.Size, "How much of the disk the cores at core_path may take together.")
        {
            Default = "10G",
            Min = "1M",
        };

    public static SettingKey<long> OomScore { get; } =
        new(
            "task.oom_score",
            SettingTypes.Int,
            "What the kernel adds to a task's score when memory runs out: higher dies first, so that the worker lives."
        )
        {
            Default = "500",
            Min = "-1000",
            Max = "1000",
            Flags = ["--oom-score"],
        };

    public static SettingKey<IReadOnlyList<string>> ReadRoots { get; } =
        new(
            "task.read_roots",
            SettingTypes.TextList,
            "Directories below which load_image may read, besides the plugin's own and the task's output."
        )
        {
            Default = "",
        };

    public static SettingKey<IReadOnlyList<string>> WriteRoots { get; } =
        new("task.write_roots", SettingTypes.TextList, "Directories below which img:save(path) may write, besides the task's output.")
        {
            Default = "",
        };

    public static SettingKey<IReadOnlyList<string>> HttpHosts { get; } =
        new(
            "task.http_hosts",
            SettingTypes.TextList,
            "Hosts that Lua tasks may ask over http: name, name:port, *.domain or *; private addresses only by name. Empty: http is off."
        )
        {
            Default = "",
        };

    public static IReadOnlyList<SettingKey> All =>
        [
            MaxMemoryGb,
            Timeout,
            KillGrace,
            MaxRetries,
            MaxLosses,
            Isolation,
            RecycleAfter,
            PluginDir,
            EnableCoreDumps,
            CoreMaxBytes,
            CorePath,
            CoreKeep,
            CoreKeepBytes,
            OomScore,
            ReadRoots,
            WriteRoots,
            HttpHosts,
        ];
}
