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

    /// <summary>An address that the public network does not lead to.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return IPAddress.IsLoopback(address)
                || address.IsIPv6LinkLocal
                || address.IsIPv6SiteLocal
                || address.IsIPv6UniqueLocal
                || address.IsIPv6Multicast
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
