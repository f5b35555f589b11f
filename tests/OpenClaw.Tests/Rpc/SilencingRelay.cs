using System.Net;
using System.Net.Sockets;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>Stands between a client and a server for one connection, and keeps from the client whatever the server says from some moment on.</summary>
internal sealed class SilencingRelay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource silence = new();
    private readonly CancellationTokenSource ended = new();
    private readonly Task carrying;

    private SilencingRelay(int server)
    {
        listener.Start();
        carrying = CarryAsync(server);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public static SilencingRelay To(int server) => new(server);

    /// <summary>Opens a conversation, lets it be answered once, falls silent; how the conversation ends.</summary>
    public async Task<Failure> FallSilentAsync(RpcChannel channel)
    {
        await using var call = channel.Duplex(EchoService.Chat);
        await call.WriteAsync(new EchoRequest { Text = "hello" });
        Assert.Equal("hello", (await call.ReadAsync())!.Text);
        await silence.CancelAsync();
        return (await Assert.ThrowsAsync<FailureException>(async () => await call.ReadAsync())).Failure;
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await carrying;
        listener.Stop();
        silence.Dispose();
        ended.Dispose();
    }

    private async Task CarryAsync(int server)
    {
        using var near = await listener.AcceptSocketAsync(ended.Token);
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await far.ConnectAsync(IPAddress.Loopback, server, ended.Token);
        using var back = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, ended.Token);
        await Task.WhenAll(CopyAsync(near, far, ended.Token), CopyAsync(far, near, back.Token));
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellation) is var count and > 0)
            {
                await to.SendAsync(buffer.AsMemory(0, count), cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Silent, over, or one of the two has gone.
        }
    }
}
