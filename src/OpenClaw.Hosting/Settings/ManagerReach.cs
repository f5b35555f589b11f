using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>
/// Where a token may be sent. On this machine it goes over loopback, or to the address that the manager of the data directory wrote
/// down, which is one of this machine's own and never leaves it. Any other address would carry it, and every payload, in the clear:
/// where TLS is not spoken, somebody has to say aloud that the network is protected by other means.
/// </summary>
public static class ManagerReach
{
    /// <summary>Null when every manager that was named may be talked to.</summary>
    /// <param name="loaded">The settings.</param>
    /// <param name="tls">Where TLS is spoken the network may be anybody's.</param>
    public static Failure? Check(LoadedSettings loaded, TlsPlan tls)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(tls);
        var settings = loaded.Settings;
        IReadOnlyList<HostPort> named = settings.Find(ClusterKeys.ManagerAddress) is { At.Kind: not SourceKind.Default }
            ? settings.Cluster.ManagerAddress
            : [];
        return TokenReach.WithoutTls(
            named.Where(a => !tls.Dials(a)),
            settings.Cluster.Insecure,
            $"Name the CA, a certificate and its key: --tls-ca, --tls-cert, --tls-key, or put them into {TlsPlan.SystemCertificates} (docs/security.md). If the network is protected by other means, say --insecure-manager (or cluster.insecure: true)"
        );
    }
}
