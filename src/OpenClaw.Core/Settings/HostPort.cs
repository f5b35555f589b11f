using System.Globalization;
using System.Net;

namespace OpenClaw.Core.Settings;

/// <summary>A host and a port. The host is a name, an IPv4 address, or an IPv6 address without brackets.</summary>
/// <param name="Host">Not empty.</param>
/// <param name="Port">0 to 65535; 0 lets the system choose when listening.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Whether only this machine can reach the address: <c>localhost</c> or a loopback address.</summary>
    public bool IsLoopback =>
        string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Reads <c>host:port</c>, <c>[v6]:port</c>, or a bare host when there is a default port.</summary>
    public static bool TryParse(string text, int? defaultPort, out HostPort value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = default;
        text = text.Trim();
        var bracket = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        var bareV6 = bracket < 0 && text.Count(c => c == ':') > 1;
        var colon = bareV6 ? -1 : text.IndexOf(':', Math.Max(bracket, 0));
        var host = colon < 0 ? text : text[..colon];
        if (bracket >= 0)
        {
            host = bracket == host.Length - 1 ? host[1..^1] : "";
        }
        var isV6 = bracket >= 0 || bareV6;
        if (isV6 ? !IsV6(host) : Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
        {
            return false;
        }
        var port = defaultPort ?? -1;
        if (colon >= 0 && !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }
        value = new(host, port);
        return port is >= 0 and <= 65535;
    }

    /// <summary><c>host:port</c>, an IPv6 address in brackets.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port.ToString(CultureInfo.InvariantCulture)}";

    private static bool IsV6(string host) => Uri.CheckHostName(host) == UriHostNameType.IPv6;
}
