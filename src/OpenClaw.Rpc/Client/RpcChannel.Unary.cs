using System.Runtime.CompilerServices;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Client;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc;

public sealed partial class RpcChannel
{
    /// <summary>One request, one response. Never throws for a failure of the world.</summary>
    /// <exception cref="ArgumentException">The method is a streaming one: the caller's fault.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<TRes>> UnaryAsync<TReq, TRes>(RpcMethod<TReq, TRes> method, TReq request, CallOptions options = default)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        RequireKind(method, RpcMethodKind.Unary);
        var body = new PooledBuffer();
        if (MessageWriter.Write(body, request, Options.MaxSendSize, options.Compress) is { } tooLarge)
        {
            return tooLarge;
        }
        var clock = CallClock.Start(options.Timeout, options.Cancellation);
        var content = new MessageContent(this, body.Written);
        try
        {
            using var message = NewRequest(method.Path, content, options);
            using var response = await SendAsync(message, clock.Token);
            // The request was written whole before the response is handed out. On any other way out the transport may
            // still hold the array, so it is left to the garbage collector.
            body.Dispose();
            var result = await ReadUnaryAsync(method, response, options, clock.Token);
            // The server may see the deadline a moment before we do and cancel; it is the deadline all the same.
            return result.Failure is { Entry.Kind: FailureKind.Cancelled } && clock.Reason(method.Path) is { } own ? own : result;
        }
        catch (Exception e)
        {
            return clock.Reason(method.Path) ?? Classify(e, content);
        }
        finally
        {
            clock.Dispose();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<TRes>> ReadUnaryAsync<TReq, TRes>(
        RpcMethod<TReq, TRes> method,
        HttpResponseMessage response,
        CallOptions options,
        CancellationToken token
    )
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        var failure = ResponseReading.CheckHead(response, out var encoding, out var ended);
        if (options.ResponseHeaders is { } headers && !ended)
        {
            ResponseReading.CopyTo(response.Headers.NonValidated, headers);
        }
        if (failure is not null || ended)
        {
            if (options.ResponseTrailers is { } only)
            {
                ResponseReading.CopyTo(response.Headers.NonValidated, only);
            }
            return failure ?? NoMessage();
        }
        using var received = new PooledBuffer();
        var stream = response.Content.ReadAsStream(token);
        TRes? result = null;
        var rules = new ReadRules(Options.MaxReceiveSize, encoding, IsServer: false);
        while (true)
        {
            var read = await stream.ReadAsync(received.GetMemory(), token);
            if (read == 0)
            {
                break;
            }
            received.Advance(read);
            if (TakeOne(received, method.Responses, rules, ref result) is { } broken)
            {
                return broken;
            }
        }
        var trailers = response.TrailingHeaders.NonValidated;
        if (options.ResponseTrailers is { } sink)
        {
            ResponseReading.CopyTo(trailers, sink);
        }
        failure = ResponseReading.ReadStatus(trailers);
        if (failure is not null)
        {
            return failure;
        }
        if (received.Length > 0)
        {
            return MessageReader.Truncated(received.Length);
        }
        return result is null ? NoMessage() : result;
    }

    // Takes what has arrived; more than one message in a unary answer breaks the protocol.
    private static Failure? TakeOne<T>(PooledBuffer received, MessageParser<T> parser, in ReadRules rules, ref T? result)
        where T : class, IMessage<T>, IBufferMessage
    {
        var sequence = received.Sequence;
        switch (MessageReader.Read(ref sequence, parser, rules, out var message, out var failure))
        {
            case ReadOutcome.Failed:
                return failure;
            case ReadOutcome.Message when result is not null:
                return MessageReader.Broken("a call with one answer got several", "cardinality");
            case ReadOutcome.Message:
                result = message;
                received.Consume(received.Length - (int)sequence.Length);
                return received.Length == 0 ? null : TakeOne(received, parser, rules, ref result);
            default:
                return null;
        }
    }

    internal static Failure NoMessage() => MessageReader.Broken("a call with one answer ended well without it", "cardinality");

    internal static void RequireKind<TReq, TRes>(RpcMethod<TReq, TRes> method, RpcMethodKind kind)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        if (method.Kind != kind)
        {
            throw new ArgumentException($"{method.Path} is {method.Kind}, not {kind}.", nameof(method));
        }
    }
}
