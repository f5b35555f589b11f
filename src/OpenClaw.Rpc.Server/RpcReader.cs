using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc.Server;

/// <summary>The requests of a call. One reader at a time; valid until the handler has returned.</summary>
public sealed class RpcReader<T>
    where T : class, IMessage<T>, IBufferMessage
{
    private readonly RpcServerContext context;
    private readonly PipeReader pipe;
    private readonly MessageParser<T> parser;
    private readonly ReadRules rules;
    private ReadOnlySequence<byte> buffer;
    private bool holding;
    private bool ended;
    private Failure? failure;
    private volatile bool stopped;

    internal RpcReader(RpcServerContext context, MessageParser<T> parser)
    {
        this.context = context;
        this.parser = parser;
        pipe = context.Http.Request.BodyReader;
        var encoding = context.Http.Request.Headers[RpcProtocol.EncodingHeader];
        rules = new(context.Options.MaxReceiveSize, encoding.Count == 0 ? null : encoding.ToString(), IsServer: true);
    }

    /// <summary>The next message; null when the client has said that no more will come.</summary>
    /// <exception cref="FailureException">
    /// The client went away, broke the protocol, or the call's time is used up. Let it pass: it is the call's status.
    /// </exception>
    public ValueTask<T?> ReadAsync() => TryRead(out var message) ? new(message) : ReadSlowlyAsync();

    /// <summary>Takes a message that has already arrived. False says nothing about the future: ask <see cref="ReadAsync"/>.</summary>
    public bool TryRead([NotNullWhen(true)] out T? message)
    {
        message = null;
        if (!holding || failure is not null)
        {
            return false;
        }
        return MessageReader.Read(ref buffer, parser, rules, out message, out failure) == ReadOutcome.Message && message is not null;
    }

    /// <summary>Ends the reading from our side: a read that waits, and every later one, gets null. May be called by any thread.</summary>
    public void Stop()
    {
        stopped = true;
        pipe.CancelPendingRead();
    }

    /// <summary>All messages until the client ends its side.</summary>
    /// <exception cref="FailureException">As for <see cref="ReadAsync"/>.</exception>
    public async IAsyncEnumerable<T> ReadAllAsync()
    {
        while (await ReadAsync() is { } message)
        {
            yield return message;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T?> ReadSlowlyAsync()
    {
        while (true)
        {
            if (failure is not null)
            {
                throw failure.AsException();
            }
            if (stopped)
            {
                return null;
            }
            if (ended)
            {
                return buffer.IsEmpty ? null : throw (failure = MessageReader.Truncated(buffer.Length)).AsException();
            }
            if (holding)
            {
                holding = false;
                pipe.AdvanceTo(buffer.Start, buffer.End);
            }
            await FillAsync();
            if (TryRead(out var message))
            {
                return message;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync()
    {
        try
        {
            // The token costs something, and a small request is there already.
            if (!pipe.TryRead(out var result))
            {
                result = await pipe.ReadAsync(context.Cancellation);
            }
            buffer = result.Buffer;
            holding = true;
            ended = result.IsCompleted;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            failure = context.Reason() ?? context.ClientGone();
        }
    }
}
