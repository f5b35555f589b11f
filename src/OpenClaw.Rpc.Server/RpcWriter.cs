using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc.Server;

/// <summary>The responses of a call. One writer at a time, beside one reader; valid until the handler has returned.</summary>
public sealed class RpcWriter<T>
    where T : class, IMessage<T>, IBufferMessage
{
    /// <summary>From this many waiting bytes on, <see cref="Write"/> asks for a flush.</summary>
    public const int FlushAt = 32 * 1024;

    private readonly RpcServerContext context;
    private readonly PipeWriter pipe;

    internal RpcWriter(RpcServerContext context)
    {
        this.context = context;
        pipe = context.Http.Response.BodyWriter;
    }

    /// <summary>
    /// False sends the next messages as they are even if the call is compressed: for content that does not shrink, or that an
    /// attacker could guess by its size.
    /// </summary>
    public bool Compress { get; set; } = true;

    /// <summary>
    /// Serialises a message into the response without sending it: the next <see cref="FlushAsync"/>, or the end of the handler, does.
    /// </summary>
    /// <returns>True when enough has gathered that it should be flushed now.</returns>
    /// <exception cref="FailureException">The message is over the size limit.</exception>
    public bool Write(T message)
    {
        context.Begin();
        if (MessageWriter.Write(pipe, message, context.Options.MaxSendSize, context.Gzip && Compress) is { } failure)
        {
            throw failure.AsException();
        }
        return pipe.UnflushedBytes >= FlushAt;
    }

    /// <summary>Sends what was written; before the first message it sends the response's headers. Waits while the client reads slowly.</summary>
    /// <exception cref="FailureException">The client went away, or the call's time is used up. Let it pass: it is the call's status.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync()
    {
        context.Begin();
        FlushResult result;
        var clock = default(StallClock);
        try
        {
            var flushing = pipe.FlushAsync(context.Cancellation);
            if (!flushing.IsCompleted)
            {
                clock.Start(context.Options.SendTimeout, static call => ((RpcServerContext)call!).Stall(), context);
            }
            result = await flushing;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw (context.Reason() ?? context.ClientGone()).AsException(e);
        }
        finally
        {
            clock.Dispose();
        }
        // A stream that was reset takes everything and sends nothing.
        if (result.IsCompleted || result.IsCanceled)
        {
            throw (context.Reason() ?? context.ClientGone()).AsException();
        }
    }

    /// <summary>Sends one message.</summary>
    /// <exception cref="FailureException">As for <see cref="Write"/> and <see cref="FlushAsync"/>.</exception>
    public ValueTask WriteAsync(T message)
    {
        Write(message);
        return FlushAsync();
    }
}
