using System.Net;
using System.Net.Sockets;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Manager;

/// <summary>Why the system does not let a manager listen, other than that the port is taken.</summary>
internal static class ListenFailures
{
    /// <summary>The system does not tell which of the two addresses it is about: that is found by asking again.</summary>
    public static Failure Of(SocketError error, HostPort listen, HostPort web)
    {
        var isWeb = !Refuses(listen) && Refuses(web);
        var address = isWeb ? web : listen;
        return error switch
        {
            SocketError.AddressAlreadyInUse => new(
                Catalogue.PortInUse,
                $"The manager cannot listen on {address}: the port is taken",
                isWeb ? "Choose another for metrics: --web 127.0.0.1:PORT (0: the system chooses)" : null
            ),
            SocketError.AddressNotAvailable => new(
                Catalogue.ListenFailed,
                $"The manager cannot listen on {address}: no network of this machine has that address",
                "See which addresses it has: ip address; or listen on 127.0.0.1"
            ),
            SocketError.AccessDenied => new(
                Catalogue.ListenFailed,
                $"The manager cannot listen on {address}: this user may not take that port",
                "Choose a port from 1024 on"
            ),
            _ => new(Catalogue.ListenFailed, $"The manager cannot listen on {address}: {error}"),
        };
    }

    private static bool Refuses(HostPort address)
    {
        if (!IPAddress.TryParse(address.Host, out var ip))
        {
            return false;
        }

        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(ip, address.Port));
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
