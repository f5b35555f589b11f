using System.Net;

namespace OpenClaw.Rpc.Client;

/// <summary>A request body that stays open: hands the HTTP/2 stream to the writer and ends when it is told to.</summary>
internal sealed class StreamingContent : HttpContent
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

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers travel now, not with the first message: the peer may want to speak first.
        await stream.FlushAsync(cancellationToken);
        this.stream.TrySetResult(stream);
        await ended.Task.WaitAsync(cancellationToken);
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
