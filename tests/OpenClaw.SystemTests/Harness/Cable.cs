using System.Net;
using System.Net.Sockets;
using OpenClaw.Core.Settings;

namespace OpenClaw.SystemTests.Harness;

/// <summary>A way to an address that a test can cut: connections through it break, and new ones are closed until it is mended.</summary>
internal sealed class Cable : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<Task<Socket>> dial;
    private readonly Lock gate = new();
    private readonly HashSet<Socket> ends = [];
    private readonly Task accepting;
    private bool isCut;

    public Cable(HostPort target)
        : this(() => DialAsync(target)) { }

    /// <param name="dial">Opens a connection of the far end; called once for each of the near end.</param>
    public Cable(Func<Task<Socket>> dial)
    {
        this.dial = dial;
        listener.Start();
        accepting = AcceptAsync();
    }

    public HostPort Address => new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);

    public void Cut()
    {
        lock (gate)
        {
            isCut = true;
            foreach (var end in ends)
            {
                end.Dispose();
            }

            ends.Clear();
        }
    }

    /// <summary>Connections through it are reset (RFC 9293: RST), as by a server that is gone; new ones are carried. Ends that were open.</summary>
    public int Reset()
    {
        lock (gate)
        {
            var open = ends.Count(e => e.Connected);
            foreach (var end in ends)
            {
                // Closed at once and with what is still to be sent dropped: that is how a socket sends RST.
                end.Close(timeout: 0);
            }

            ends.Clear();
            return open;
        }
    }

    public void Mend()
    {
        lock (gate)
        {
            isCut = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        listener.Stop();
        await accepting;
    }

    private async Task AcceptAsync()
    {
        var carrying = new List<Task>();
        try
        {
            while (true)
            {
                var near = await listener.AcceptSocketAsync();
                if (Take(near))
                {
                    carrying.Add(CarryAsync(near));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }

        await Task.WhenAll(carrying);
    }

    private async Task CarryAsync(Socket near)
    {
        try
        {
            using var far = await dial();
            if (Take(far))
            {
                await await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, or one side has gone: the other goes with it.
        }
        finally
        {
            near.Dispose();
        }
    }

    private static async Task<Socket> DialAsync(HostPort target)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, target.Port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer) is var count and > 0)
        {
            await to.SendAsync(buffer.AsMemory(0, count));
        }
    }

    private bool Take(Socket end)
    {
        lock (gate)
        {
            if (isCut)
            {
                end.Dispose();
                return false;
            }

            ends.Add(end);
            return true;
        }
    }
}
