using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Settings;

/// <summary>
/// Where a token may be sent: to this machine, and elsewhere only with TLS, which the caller judges, or when somebody has said that the
/// network is protected by other means. Any other way would carry it, and every payload, in the clear.
/// </summary>
public static class TokenReach
{
    /// <summary>Null when the token may be sent to all of them without TLS.</summary>
    /// <param name="addresses">Where it would go. One that our own manager left on this machine is this machine: leave it out.</param>
    /// <param name="allowed">Somebody has said so.</param>
    /// <param name="next">How to say so, for a person.</param>
    public static Failure? WithoutTls(IEnumerable<HostPort> addresses, bool allowed, string next)
    {
        var beyond = allowed ? [] : addresses.Where(a => !a.IsLoopback).ToList();
        return beyond.Count == 0
            ? null
            : new(
                Catalogue.AddressInsecure,
                $"The manager at {string.Join(" and ", beyond)} is beyond this machine: the token would be sent there without TLS",
                next
            );
    }
}
