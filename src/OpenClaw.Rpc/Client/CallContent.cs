using System.Net;

namespace OpenClaw.Rpc.Client;

/// <summary>
/// The body of a request, which knows whether any of it was handed to a connection, and to which: a call of which nothing was sent
/// certainly did not arrive, and may be made again whatever it does.
/// </summary>
/// <param name="channel">Numbers its connections.</param>
internal abstract class CallContent(RpcChannel channel) : HttpContent
{
    private volatile int connection;

    /// <summary>The number of the connection that got it; 0: none did.</summary>
    public int Connection => connection;

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        connection = channel.Connection;
        return SendAsync(stream, cancellationToken);
    }

    protected abstract Task SendAsync(Stream stream, CancellationToken cancellation);
}
