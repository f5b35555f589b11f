using System.Runtime.CompilerServices;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Client;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc;

/// <summary>
/// One streaming call. One thread may write while another reads; two writers or two readers at once are the caller's fault.
/// Failures of the world come as <see cref="FailureException"/> from the reading side, which is the authority on how the call ended;
/// a failed write says at most that it ended. Dispose it always; disposing before the end resets the stream: the server sees a cancelled call.
/// </summary>
public sealed partial class RpcCall<TReq, TRes> : IAsyncDisposable, IDisposable
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage
{
    private readonly RpcChannel channel;
    private readonly RpcMethod<TReq, TRes> method;
    private readonly CallOptions options;
    private readonly CancellationTokenSource source;
    private readonly CancellationTokenRegistration onCancel;
    private readonly CancellationTokenRegistration link;
    private readonly TaskCompletionSource<Failure?> status = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamingContent? content;
    private readonly CallContent body;
    private readonly Task<HttpResponseMessage?> head;
    private volatile bool disposed;

    internal RpcCall(RpcChannel channel, RpcMethod<TReq, TRes> method, in CallOptions options, TReq? request)
    {
        this.channel = channel;
        this.method = method;
        this.options = options;
        body = request is null ? content = new(channel) : new MessageContent(channel, Serialise(request));
        source = new();
        if (options.Timeout is { TotalMilliseconds: <= int.MaxValue } timeout)
        {
            source.CancelAfter(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero);
        }
        head = StartAsync(channel.NewRequest(method.Path, body, options));
        link = options.Cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), source);
        onCancel = source.Token.UnsafeRegister(static call => ((RpcCall<TReq, TRes>)call!).Abort(), this);
    }

    /// <summary>
    /// Completes when the call has ended: null for OK, else why not. The end of a stream is seen by reading it, so somebody has to
    /// read (or dispose).
    /// </summary>
    public Task<Failure?> Status => status.Task;

    /// <summary>The trailers; complete when <see cref="Status"/> is.</summary>
    public RpcMetadata Trailers { get; } = [];

    /// <summary>The response's headers, when they have arrived. A server may send them long before its first message, or never.</summary>
    /// <exception cref="FailureException">The call ended without them.</exception>
    public async Task<RpcMetadata> ResponseHeadersAsync()
    {
        var response = await head ?? throw (await status.Task ?? RpcChannel.NoMessage()).AsException();
        var headers = new RpcMetadata();
        ResponseReading.CopyTo(response.Headers.NonValidated, headers);
        return headers;
    }

    /// <summary>Gives the call up if it has not ended, and frees what it holds.</summary>
    public void Dispose()
    {
        disposed = true;
        Finish(TransportFailures.Cancelled(method.Path));
        onCancel.Dispose();
        link.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        // So that no request outlives its owner; it never faults and is quick, since the call is cancelled.
        await head;
        source.Dispose();
    }

    // Never faults: what goes wrong is the call's status.
    private async Task<HttpResponseMessage?> StartAsync(HttpRequestMessage request)
    {
        try
        {
            var response = await channel.SendAsync(request, source.Token);
            if (source.IsCancellationRequested)
            {
                response.Dispose();
            }
            return response;
        }
        catch (Exception e)
        {
            Finish(Explain(e));
            return null;
        }
    }

    // The first end counts. After it nothing is on the wire any more: a call that the peer has not ended is reset.
    private void Finish(Failure? failure)
    {
        if (failure?.Entry == Catalogue.CallCancelled)
        {
            // The peer may see the deadline a moment before we do and cancel; it is the deadline all the same.
            failure = OwnReason() ?? failure;
        }
        if (!status.TrySetResult(failure))
        {
            return;
        }
        content?.End();
        if (failure is not null)
        {
            source.Cancel();
        }
    }

    private void Abort()
    {
        if (OwnReason() is { } reason)
        {
            Finish(reason);
        }
        content?.Abandon();
        if (head is { IsCompletedSuccessfully: true })
        {
            head.Result?.Dispose();
        }
    }

    // Why this side ended the call, or null if it did not.
    private Failure? OwnReason() =>
        disposed || options.Cancellation.IsCancellationRequested ? TransportFailures.Cancelled(method.Path)
        : source.IsCancellationRequested && !status.Task.IsCompleted ? TransportFailures.Deadline(method.Path)
        : null;

    private Failure Explain(Exception e) => (e as FailureException)?.Failure ?? OwnReason() ?? channel.Classify(e, body);

    private ReadOnlyMemory<byte> Serialise(TReq request)
    {
        var frame = new PooledBuffer();
        return MessageWriter.Write(frame, request, channel.Options.MaxSendSize, options.Compress) is { } tooLarge
            ? throw tooLarge.AsException()
            : frame.Written;
    }
}
