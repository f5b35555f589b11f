using OpenClaw.Core.Settings;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Rpc;

namespace OpenClaw.Manager;

/// <summary>What a manager needs to know, checked. Immutable.</summary>
public sealed record ManagerOptions
{
    public string ClusterName { get; init; } = "local";

    /// <summary>This process' name in status and leases.</summary>
    public required string ManagerId { get; init; }
    public required string DataDirectory { get; init; }

    /// <summary>Where workers and clients connect (gRPC).</summary>
    public HostPort Listen { get; init; } = new("127.0.0.1", 9090);

    /// <summary>Dashboard, metrics and health.</summary>
    public HostPort Web { get; init; } = new("127.0.0.1", 9080);
    public int MaxWorkers { get; init; } = 1000;
    public long QueueCapacity { get; init; } = 1_000_000;

    /// <summary>What a refused submission is told to wait.</summary>
    public TimeSpan QueueRetryAfter { get; init; } = TimeSpan.FromSeconds(1);
    public int DefaultMaxRetries { get; init; } = 3;
    public int MaxLosses { get; init; } = 5;

    /// <summary>How long an ended task is kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);
    public TimeSpan TaskReassignAfter { get; init; } = TimeSpan.FromMinutes(6);

    /// <summary>Longer than 5 min by a heartbeat and a reconnection: a manager that is away for so long costs no attempt.</summary>
    public TimeSpan LeaseStop { get; init; } = TimeSpan.FromSeconds(320);

    /// <summary>More losses of its connection than this within the window hold a worker back.</summary>
    public int FlapDrops { get; init; } = 3;
    public TimeSpan FlapWindow { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan FlapHold { get; init; } = TimeSpan.FromSeconds(30);
    public DispatchLimits Limits { get; init; } = new();

    /// <summary>Changes that wait because the store refused them; with more, workers that deliver outcomes are sent away for a while.</summary>
    internal int MostRetries { get; init; } = 10_000;

    /// <summary>Bytes of results and failures that wait with them.</summary>
    internal long MostRetryBytes { get; init; } = 64 << 20;

    /// <summary>Certificate, key and CA, all three; null: no TLS.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>TLS on this machine too.</summary>
    public bool AlwaysTls { get; init; }

    /// <summary>How long a client may take for the TLS handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Allows an address beyond loopback without TLS and sign-in. Said aloud at start.</summary>
    public bool Insecure { get; init; }
    public string Version { get; init; } = "0.1.0";
}
