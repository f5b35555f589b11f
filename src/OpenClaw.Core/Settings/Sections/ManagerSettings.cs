namespace OpenClaw.Core.Settings;

/// <summary>Rows of <c>manager</c>.</summary>
public static class ManagerKeys
{
    public static SettingKey<HostPort> Listen { get; } =
        new("manager.listen", SettingTypes.Address(9090), "Where the manager listens for workers and clients (gRPC).")
        {
            Default = "127.0.0.1:9090",
            Flags = ["--listen"],
        };

    public static SettingKey<HostPort> Web { get; } =
        new("manager.web", SettingTypes.Address(9080), "Where the manager serves dashboard and metrics.")
        {
            Default = "127.0.0.1:9080",
            Flags = ["--web"],
        };

    public static SettingKey<string> DataDir { get; } =
        new(
            "manager.data_dir",
            SettingTypes.Path,
            "Where the database and the local token are; unset: /var/lib/openclaw, or below the home directory."
        )
        {
            Flags = ["--data-dir"],
        };

    public static SettingKey<string> ClusterName { get; } =
        new("manager.cluster_name", SettingTypes.Text, "The cluster's name in listings and metrics.") { Default = "local" };

    public static SettingKey<long> MaxWorkers { get; } =
        new("manager.max_workers", SettingTypes.Int, "More workers than this are refused.")
        {
            Default = "10000",
            Min = "1",
            Max = "1000000",
        };

    public static SettingKey<bool> Insecure { get; } =
        new(
            "manager.insecure",
            SettingTypes.Bool,
            "Listen beyond this machine without TLS and sign-in, because the network is protected by other means."
        )
        {
            Default = "false",
            Flags = ["--insecure"],
        };

    public static SettingKey<TimeSpan> ShutdownGrace { get; } =
        new(
            "manager.shutdown_grace",
            SettingTypes.Duration,
            "How long a stopping manager may take to write what it has accepted; calls under way get 5 s."
        )
        {
            Default = "30s",
            Min = "0s",
            Max = "1h",
        };

    public static IReadOnlyList<SettingKey> All => [Listen, Web, DataDir, ClusterName, MaxWorkers, Insecure, ShutdownGrace];
}

/// <summary>The section <c>manager</c>. Immutable.</summary>
public sealed record ManagerSettings
{
    public required HostPort Listen { get; init; }

    public required HostPort Web { get; init; }

    /// <summary>Null when not set; the resolved directory stands in <c>PathsPlan</c>.</summary>
    public required string? DataDir { get; init; }

    public required string ClusterName { get; init; }

    public required int MaxWorkers { get; init; }

    public required bool Insecure { get; init; }

    public required TimeSpan ShutdownGrace { get; init; }

    internal static ManagerSettings From(OpenClawSettings settings) =>
        new()
        {
            Listen = settings.Get(ManagerKeys.Listen),
            Web = settings.Get(ManagerKeys.Web),
            DataDir = settings.TextOrNull(ManagerKeys.DataDir),
            ClusterName = settings.Get(ManagerKeys.ClusterName),
            MaxWorkers = settings.Int(ManagerKeys.MaxWorkers),
            Insecure = settings.Get(ManagerKeys.Insecure),
            ShutdownGrace = settings.Get(ManagerKeys.ShutdownGrace),
        };
}
