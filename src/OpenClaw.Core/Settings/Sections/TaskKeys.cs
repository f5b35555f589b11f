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
        new("task.max_losses", SettingTypes.Int, "A task that loses its worker more often than this is DEAD.")
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

    public static SettingKey<TimeSpan> MaxCpu { get; } =
        new(
            "task.max_cpu_sec",
            SettingTypes.Duration,
            "The processor time of one attempt with all that it starts, in seconds; 0: no limit of its own."
        )
        {
            Default = "0s",
            Min = "0s",
            Max = "365d",
            Aliases = ["task.max_cpu"],
        };

    public static SettingKey<long> MaxProcesses { get; } =
        new(
            "task.max_processes",
            SettingTypes.Int,
            "How many processes and threads one attempt may have at the same time, ended ones that nobody waited for included."
        )
        {
            Default = "4096",
            Min = "1",
            Max = "4194304",
        };

    public static SettingKey<long> MaxOpenFiles { get; } =
        new(
            "task.max_open_files",
            SettingTypes.Int,
            "How many descriptors a process of a task may have (RLIMIT_NOFILE); unset: those of worker.open_files, or what the worker inherited."
        )
        {
            Min = "16",
            Max = "1073741816",
        };

    public static SettingKey<long> MaxFileSize { get; } =
        new(
            "task.max_file_size",
            SettingTypes.Size,
            "The largest file that an executable may write (RLIMIT_FSIZE); unset: no limit of its own."
        )
        {
            Min = "1",
        };

    public static SettingKey<long> MaxOutput { get; } =
        new(
            "task.max_output",
            SettingTypes.Size,
            "What an attempt may leave in its output directory, looked at each second while it runs; unset: no limit of its own."
        )
        {
            Min = "1",
        };

    public static SettingKey<double> MaxCpus { get; } =
        new(
            "task.max_cpus",
            SettingTypes.Number,
            "How many processors one attempt may keep busy; where control groups can hold it. Unset: all."
        )
        {
            Min = "0.01",
            Max = "10000",
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
            MaxCpu,
            MaxProcesses,
            MaxOpenFiles,
            MaxFileSize,
            MaxOutput,
            MaxCpus,
            ReadRoots,
            WriteRoots,
            HttpHosts,
        ];
}
