using OpenClaw.Core.Telemetry;

namespace OpenClaw.Core.Settings;

/// <summary>Rows of <c>log</c>.</summary>
public static class LogKeys
{
    public static SettingKey<LogSeverity> Level { get; } =
        new("log.level", SettingTypes.Choice<LogSeverity>(), "The least severity that is written.")
        {
            Default = "info",
            Flags = ["--log-level"],
        };

    public static SettingKey<string> Directory { get; } =
        new("log.directory", SettingTypes.Path, "Where the log files are; unset: /var/log/openclaw, or below the home directory.")
        {
            Flags = ["--log-dir"],
        };

    public static SettingKey<long> MaxBytes { get; } =
        new("log.max_bytes", SettingTypes.Size, "A log file that would grow beyond this is rotated.")
        {
            Default = "64M",
            Min = "64K",
            Max = "64G",
        };

    public static SettingKey<long> KeepFiles { get; } =
        new("log.keep_files", SettingTypes.Int, "How many rotated files are kept beside the current one.")
        {
            Default = "5",
            Min = "1",
            Max = "1000",
        };

    public static SettingKey<long> QueueLines { get; } =
        new(
            "log.queue_lines",
            SettingTypes.Int,
            "How many lines wait for the disk; beyond it the newest are dropped, counted and reported."
        )
        {
            Default = "16384",
            Min = "16",
            Max = "10000000",
        };

    public static SettingKey<long> KeepBytes { get; } =
        new(
            "log.keep_bytes",
            SettingTypes.Size,
            "Memory for the last lines that no log file takes (the directory cannot be written, the disk is full); clw logs shows them."
        )
        {
            Default = "1M",
            Min = "16K",
            Max = "1G",
        };

    public static IReadOnlyList<SettingKey> All => [Level, Directory, MaxBytes, KeepFiles, QueueLines, KeepBytes];
}

/// <summary>The section <c>log</c>. Immutable.</summary>
public sealed record LogSettings
{
    public required LogSeverity Level { get; init; }

    /// <summary>Null when not set; the resolved directory stands in <c>PathsPlan</c>.</summary>
    public required string? Directory { get; init; }

    /// <summary>Bytes of one file.</summary>
    public required long MaxBytes { get; init; }

    public required int KeepFiles { get; init; }

    public required int QueueLines { get; init; }

    /// <summary>Bytes of memory for lines that no file takes, for each log of a program.</summary>
    public required long KeepBytes { get; init; }

    internal static LogSettings From(OpenClawSettings settings) =>
        new()
        {
            Level = settings.Get(LogKeys.Level),
            Directory = settings.TextOrNull(LogKeys.Directory),
            MaxBytes = settings.Get(LogKeys.MaxBytes),
            KeepFiles = settings.Int(LogKeys.KeepFiles),
            QueueLines = settings.Int(LogKeys.QueueLines),
            KeepBytes = settings.Get(LogKeys.KeepBytes),
        };
}
