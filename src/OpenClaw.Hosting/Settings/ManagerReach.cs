using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>
/// Where a token may be sent. On this machine it goes over loopback, or to the address that the manager of the data directory wrote
/// down, which is one of this machine's own and never leaves it. Any other address would carry it, and every payload, in the clear:
/// until there is TLS, somebody has to say aloud that the network is protected by other means.
/// </summary>
public static class ManagerReach
{
    /// <summary>Null when every manager that was named may be talked to.</summary>
    public static Failure? Check(LoadedSettings loaded)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        var settings = loaded.Settings;
        IReadOnlyList<HostPort> named = settings.Find(ClusterKeys.ManagerAddress) is { At.Kind: not SourceKind.Default }
            ? settings.Cluster.ManagerAddress
            : [];
        return TokenReach.WithoutTls(
            named,
            settings.Cluster.Insecure,
            "If the network is protected by other means, say --insecure-manager (or cluster.insecure: true)"
        );
    }
}
