using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OpenClaw.Hosting.Links;

/// <summary>A bare TCP connection, opened and closed at once: does anything listen there?</summary>
public static class TcpProbe
{
    /// <summary>True when the address accepts a TCP connection; false on every failure of the network. An address that is none is false too.</summary>
    public static async ValueTask<bool> AnswersAsync(string address, CancellationToken ct)
    {
        if (Parse(address) is not { } target)
        {
            return false;
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target, ct);
            return true;
        }
        catch (SocketException)
        {
            // Nobody there: the very thing that a probe asks.
            return false;
        }
    }

    /// <summary>Host and port of <c>host:port</c>, <c>[v6]:port</c> or a URI with a known or written port; null when it is none of them.</summary>
    public static DnsEndPoint? Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Port: > 0, DnsSafeHost.Length: > 0 }
                ? new(uri.DnsSafeHost, uri.Port)
                : null;
        }

        var colon = address.LastIndexOf(':');
        if (
            colon <= 0
            || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0
        )
        {
            return null;
        }

        var host = address[..colon];
        if (host is ['[', .. var inner, ']'])
        {
            return new(inner, port);
        }

        return host.Contains(':', StringComparison.Ordinal) ? null : new(host, port);
    }
}
