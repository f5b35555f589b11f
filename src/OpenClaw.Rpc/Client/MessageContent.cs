namespace OpenClaw.Rpc.Client;

/// <summary>A body of one message, framed already.</summary>
internal sealed class MessageContent(RpcChannel channel, ReadOnlyMemory<byte> frame) : CallContent(channel)
{
    protected override Task SendAsync(Stream stream, CancellationToken cancellation) => stream.WriteAsync(frame, cancellation).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = frame.Length;
        return true;
    }
}
