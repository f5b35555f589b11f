using System.Net;
using System.Net.Sockets;

namespace OpenClaw.Runner.Http;

/// <summary>
/// Which hosts a script may ask. A URL is often the payload's, so private addresses (this machine, its network, link-local ones with
/// the secrets of cloud machines) are reached only where the setting names that very host; <c>*</c> and <c>*.domain</c> never lead there.
/// </summary>
internal sealed class HttpHosts(IReadOnlyList<string> allowed)
{
    public bool IsOff => allowed.Count == 0;

    /// <summary>Whether a URL's host and port may be asked, and whether at a private address too.</summary>
    public (bool Allowed, bool PrivateToo) Look(Uri url)
    {
        var wide = false;
        foreach (var entry in allowed)
        {
            if (entry == "*" || (entry.StartsWith("*.", StringComparison.Ordinal) && IsBelow(url.IdnHost, entry[1..]) && url.IsDefaultPort))
            {
                wide |= entry != "*" || url.IsDefaultPort;
            }
            else if (Matches(entry, url))
            {
                return (true, true);
            }
        }
        return (wide, false);
    }

    private static bool IsBelow(string host, string domain) =>
        host.Length > domain.Length && host.EndsWith(domain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Without a port: those of http and https.</summary>
    private static bool Matches(string entry, Uri url)
    {
        var host = url.HostNameType == UriHostNameType.IPv6 ? $"[{url.IdnHost}]" : url.IdnHost;
        return (url.IsDefaultPort && host.Equals(entry, StringComparison.OrdinalIgnoreCase))
            || $"{host}:{url.Port}".Equals(entry, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The IPv4 address that an IPv6 one leads to: mapped, behind NAT64 (64:ff9b::/96), 6to4 (2002::/16); null: to none.</summary>
    private static IPAddress? Within(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }
        var b = address.GetAddressBytes().AsSpan();
        return address.IsIPv4MappedToIPv6 || b[..12].SequenceEqual(Nat64) ? new IPAddress(b[12..])
            : b[0] == 0x20 && b[1] == 0x02 ? new IPAddress(b[2..6])
            : null;
    }

    private static ReadOnlySpan<byte> Nat64 => [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

    // 64:ff9b:1::/48: translated by a gateway of the network's own, to addresses of its choice.
    private static ReadOnlySpan<byte> LocalNat64 => [0, 0x64, 0xff, 0x9b, 0, 1];

    /// <summary>An address that the public network does not lead to.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        address = Within(address) ?? address;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return IPAddress.IsLoopback(address)
                || address.IsIPv6LinkLocal
                || address.IsIPv6SiteLocal
                || address.IsIPv6UniqueLocal
                || address.IsIPv6Multicast
                || address.GetAddressBytes().AsSpan().StartsWith(LocalNat64)
                || address.Equals(IPAddress.IPv6Any);
        }
        var b = address.GetAddressBytes();
        return b[0] is 0 or 10 or 127 or >= 224
            || (b[0] == 100 && (b[1] & 0xC0) == 64)
            || (b[0] == 169 && b[1] == 254)
            || (b[0] == 172 && (b[1] & 0xF0) == 16)
            || (b[0] == 192 && b[1] == 168)
            || (b[0] == 192 && b[1] == 0 && b[2] == 0)
            || (b[0] == 198 && (b[1] & 0xFE) == 18);
    }
}
