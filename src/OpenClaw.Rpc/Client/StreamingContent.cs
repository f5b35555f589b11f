namespace OpenClaw.Rpc.Client;

/// <summary>A request body that stays open: hands the HTTP/2 stream to the writer and ends when it is told to.</summary>
internal sealed class StreamingContent(RpcChannel channel) : CallContent(channel)
{
    private readonly TaskCompletionSource<Stream> stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The body's stream, once the connection stands. Cancelled when there will be none.</summary>
    public Task<Stream> Stream => stream.Task;

    /// <summary>Ends the body (END_STREAM). May be called more than once.</summary>
    public void End() => ended.TrySetResult();

    /// <summary>Says that no stream will come.</summary>
    public void Abandon()
    {
        stream.TrySetCanceled();
        ended.TrySetResult();
    }

    protected override async Task SendAsync(Stream stream, CancellationToken cancellation)
    {
        // The headers travel now, not with the first message: the peer may want to speak first.
        await stream.FlushAsync(cancellation);
        this.stream.TrySetResult(stream);
        await ended.Task.WaitAsync(cancellation);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        Abandon();
        base.Dispose(disposing);
    }
}
