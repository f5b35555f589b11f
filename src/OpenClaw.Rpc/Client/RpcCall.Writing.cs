using System.Runtime.CompilerServices;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc;

public sealed partial class RpcCall<TReq, TRes>
{
    /// <summary>From this many waiting bytes on, <see cref="Write"/> asks for a flush.</summary>
    public const int FlushAt = 32 * 1024;

    private readonly PooledBuffer outgoing = new();
    private Stream? requestStream;

    /// <summary>
    /// Adds a message to those that the next <see cref="FlushAsync"/> sends, without sending it. Cheap; meant for a loop that writes
    /// all it has and then flushes once.
    /// </summary>
    /// <returns>True when enough has gathered that it should be flushed now; the buffer is bounded only by those who heed it.</returns>
    /// <exception cref="FailureException">The message is over the size limit; the call goes on without it.</exception>
    public bool Write(TReq message)
    {
        if (content is null)
        {
            throw new InvalidOperationException($"{method.Path} takes one request, and it was sent.");
        }
        if (MessageWriter.Write(outgoing, message, channel.Options.MaxSendSize, options.Compress) is { } failure)
        {
            throw failure.AsException();
        }
        return outgoing.Length >= FlushAt;
    }

    /// <summary>
    /// Sends what was written, in one piece. Completes when the transport has taken it, which a slow peer delays; that is the
    /// call's back-pressure.
    /// </summary>
    /// <exception cref="FailureException">The call has ended.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync()
    {
        if (outgoing.Length == 0)
        {
            return;
        }
        try
        {
            var token = source.Token;
            requestStream ??= await content!.Stream;
            await requestStream.WriteAsync(outgoing.Written, token);
            outgoing.Consume(outgoing.Length);
            await requestStream.FlushAsync(token);
        }
        catch (Exception e) when (e is not FailureException)
        {
            throw WriteFailure(e).AsException(e);
        }
    }

    /// <summary>Sends one message.</summary>
    /// <exception cref="FailureException">The call has ended, or the message is over the size limit.</exception>
    public ValueTask WriteAsync(TReq message)
    {
        Write(message);
        return FlushAsync();
    }

    /// <summary>Sends what was written and says that no more will come. Reading goes on. May be called more than once.</summary>
    /// <exception cref="FailureException">The call has ended with a failure before everything was sent.</exception>
    public async ValueTask CompleteAsync()
    {
        await FlushAsync();
        content?.End();
    }

    private Failure WriteFailure(Exception e)
    {
        if (status.Task is { IsCompletedSuccessfully: true, Result: { } known })
        {
            return known;
        }
        return OwnReason()
            ?? (
                status.Task.IsCompleted || e is OperationCanceledException
                    ? new Failure(
                        Catalogue.ConnectionLost,
                        $"The other side ended the call {method.Path} while it was written to; what it answered says why."
                    )
                    {
                        Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["cause"] = "ended" },
                    }
                    : channel.Classify(e, body)
            );
    }
}
