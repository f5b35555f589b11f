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
    private readonly bool single;
    private volatile bool stopped;
    private volatile bool late;

    /// <param name="context">The call.</param>
    /// <param name="parser">The generated parser.</param>
    /// <param name="single">The call has one request: it is waited for from the beginning, and its end with it.</param>
    internal RpcReader(RpcServerContext context, MessageParser<T> parser, bool single)
    {
        this.context = context;
        this.parser = parser;
        this.single = single;
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
        var compressed = !buffer.FirstSpan.IsEmpty && buffer.FirstSpan[0] != 0;
        if (MessageReader.Read(ref buffer, parser, rules, out message, out failure) != ReadOutcome.Message || message is null)
        {
            return false;
        }
        context.RequestWasCompressed = compressed;
        return true;
    }

    /// <summary>Ends the reading from our side: a read that waits, and every later one, gets null. May be called by any thread.</summary>
    public void Stop()
    {
        stopped = true;
        pipe.CancelPendingRead();
    }

    private void Late()
    {
        late = true;
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
        var clock = default(StallClock);
        try
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
                var begun = single || !buffer.IsEmpty;
                if (holding)
                {
                    holding = false;
                    pipe.AdvanceTo(buffer.Start, buffer.End);
                }
                // The token and the clock cost something, and a small request is there already.
                if (!pipe.TryRead(out var result))
                {
                    if (begun && !clock.Runs)
                    {
                        clock.Start(context.Options.ReceiveTimeout, static reader => ((RpcReader<T>)reader!).Late(), this);
                    }
                    result = await FillAsync();
                }
                if (failure is null)
                {
                    Take(result);
                }
                if (TryRead(out var message))
                {
                    return message;
                }
            }
        }
        finally
        {
            clock.Dispose();
            late = false;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> FillAsync()
    {
        try
        {
            return await pipe.ReadAsync(context.Cancellation);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            failure = context.Reason() ?? context.ClientGone();
            return default;
        }
    }

    private void Take(in ReadResult result)
    {
        buffer = result.Buffer;
        holding = true;
        ended = result.IsCompleted;
        if (late && !ended)
        {
            var limit = context.Options.ReceiveTimeout.TotalSeconds;
            failure = new(Catalogue.SlowPeer, $"A message of the call {context.Method} did not arrive whole within {limit:0.###} s.");
        }
    }
}
