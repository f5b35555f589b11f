namespace OpenClaw.Core.Settings;

/// <summary>Rows of <c>cluster</c>: how workers and managers hold together. Both sides read them.</summary>
public static class ClusterKeys
{
    public const int ManagerPortDefault = 9090;

    public static SettingKey<string> WorkerId { get; } =
        new(
            "cluster.worker_id",
            SettingTypes.Text,
            "The worker's name in the cluster, unique there; unset: made once and kept in the state directory."
        )
        {
            Aliases = ["worker.id"],
            Flags = ["--id"],
        };

    public static SettingKey<IReadOnlyList<HostPort>> ManagerAddress { get; } =
        new(
            "cluster.manager_address",
            SettingTypes.Addresses(ManagerPortDefault),
            "Where managers listen for workers and clients: one address or a list, tried in turn."
        )
        {
            Default = "127.0.0.1:9090",
            Flags = ["--manager"],
        };

    public static SettingKey<string> ManagerHost { get; } =
        new(
            "cluster.manager_host",
            SettingTypes.Text,
            "The host of the one manager; replaces manager_address of the same or a weaker source."
        )
        {
            ExtraVariables = ["OPENCLAW_MANAGER_HOST"],
        };

    public static SettingKey<long> ManagerPort { get; } =
        new(
            "cluster.manager_port",
            SettingTypes.Int,
            "The port that goes with manager_host; alone it replaces the port of manager_address."
        )
        {
            ExtraVariables = ["OPENCLAW_MANAGER_PORT"],
            Min = "1",
            Max = "65535",
        };

    public static SettingKey<TimeSpan> ReconnectInterval { get; } =
        new("cluster.reconnect_interval", SettingTypes.Duration, "The wait before the first reconnection; it grows from there.")
        {
            Default = "5s",
            Min = "10ms",
            Max = "1h",
        };

    public static SettingKey<TimeSpan> MaxReconnectInterval { get; } =
        new("cluster.max_reconnect_interval", SettingTypes.Duration, "The longest wait between two reconnections.")
        {
            Default = "1m",
            Min = "10ms",
            Max = "1d",
        };

    public static SettingKey<long> MaxReconnectAttempts { get; } =
        new(
            "cluster.max_reconnect_attempts",
            SettingTypes.Int,
            "After so many failed attempts in a row the worker ends, to be restarted by its supervisor; 0: never give up."
        )
        {
            Default = "0",
            Min = "0",
            Max = "1000000",
        };

    public static SettingKey<TimeSpan> ConnectTimeout { get; } =
        new("cluster.connect_timeout", SettingTypes.Duration, "How long a connection may take to be opened, handshake included.")
        {
            Default = "5s",
            Min = "100ms",
            Max = "5m",
        };

    public static SettingKey<TimeSpan> HeartbeatInterval { get; } =
        new(
            "cluster.heartbeat_interval",
            SettingTypes.Duration,
            "How often a worker sends a heartbeat; late by three of them it is UNREACHABLE."
        )
        {
            Default = "10s",
            Min = "100ms",
            Max = "5m",
        };

    public static SettingKey<TimeSpan> AckTimeout { get; } =
        new(
            "cluster.ack_timeout",
            SettingTypes.Duration,
            "Without an acknowledged heartbeat for so long the worker opens a new connection."
        )
        {
            Default = "1m",
            Min = "200ms",
            Max = "1h",
        };

    public static SettingKey<TimeSpan> LeaseStop { get; } =
        new(
            "cluster.lease_stop",
            SettingTypes.Duration,
            "So long after its last acknowledged heartbeat a worker stops the attempts it runs."
        )
        {
            Default = "5m20s",
            Min = "1s",
            Max = "1d",
        };

    public static SettingKey<TimeSpan> TaskReassignAfter { get; } =
        new(
            "cluster.task_reassign_after",
            SettingTypes.Duration,
            "So long after a worker's last heartbeat its tasks go to others when its death is not proven."
        )
        {
            Default = "6m",
            Min = "1s",
            Max = "2d",
        };

    public static SettingKey<OnLinkLoss> OnLinkLossKey { get; } =
        new(
            "cluster.on_link_loss",
            SettingTypes.Choice<OnLinkLoss>(),
            "What a worker does with running attempts at lease_stop: stop them, or continue and let the fence decide."
        )
        {
            Default = "stop",
        };

    public static SettingKey<long> FlapDrops { get; } =
        new("cluster.flap_drops", SettingTypes.Int, "A worker that drops more often than this within flap_window is held back.")
        {
            Default = "3",
            Min = "1",
            Max = "1000",
        };

    public static SettingKey<TimeSpan> FlapWindow { get; } =
        new("cluster.flap_window", SettingTypes.Duration, "The window in which drops are counted.")
        {
            Default = "1m",
            Min = "1s",
            Max = "1h",
        };

    public static SettingKey<TimeSpan> FlapHold { get; } =
        new("cluster.flap_hold", SettingTypes.Duration, "How long a flapping worker gets no tasks.")
        {
            Default = "30s",
            Min = "0s",
            Max = "1h",
        };

    public static SettingKey<string> Environment { get; } =
        new("cluster.environment", SettingTypes.Text, "The environment that the worker belongs to; deployments go to one environment.")
        {
            Default = "default",
        };

    public static SettingKey<IReadOnlyDictionary<string, string>> Labels { get; } =
        new("cluster.labels", SettingTypes.Labels, "Names with values that describe the worker: zone=a,disk=ssd.") { Default = "" };

    public static SettingKey<bool> Insecure { get; } =
        new(
            "cluster.insecure",
            SettingTypes.Bool,
            "Talk to a manager beyond this machine without TLS: token and payloads can be read on the way."
        )
        {
            Default = "false",
            Flags = ["--insecure-manager"],
        };

    public static IReadOnlyList<SettingKey> All =>
        [
            WorkerId,
            ManagerAddress,
            Insecure,
            ManagerHost,
            ManagerPort,
            ReconnectInterval,
            MaxReconnectInterval,
            MaxReconnectAttempts,
            ConnectTimeout,
            HeartbeatInterval,
            AckTimeout,
            LeaseStop,
            TaskReassignAfter,
            OnLinkLossKey,
            FlapDrops,
            FlapWindow,
            FlapHold,
            Environment,
            Labels,
        ];
}
