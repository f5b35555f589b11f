using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc.Server;

/// <summary>Carries one call from its head to its status, the same way for all kinds; what a kind does in between is its own.</summary>
internal abstract class RpcHandler(bool streamsIn)
{
    /// <summary>Whether anybody may call.</summary>
    public bool Open { get; set; }

    public async Task InvokeAsync(HttpContext http, RpcServerOptions options, ILogger logger)
    {
        TimeSpan? timeout = null;
        var malformed = false;
        if (http.Request.Headers.TryGetValue(RpcProtocol.TimeoutHeader, out var header))
        {
            malformed = !RpcTimeout.TryParse(header.ToString(), out var parsed);
            timeout = parsed;
        }
        using var context = new RpcServerContext(http, options, malformed ? null : timeout);
        try
        {
            var failure =
                malformed ? MessageReader.Broken($"'{header}' is no {RpcProtocol.TimeoutHeader}", "timeout")
                : Open ? null
                : options.Authenticate?.Invoke(context);
            if (failure is null)
            {
                Unbind(http);
                failure = await HandleAsync(context);
            }
            // A late answer is no answer: the client has given up by its own clock.
            context.End(context.DeadlinePassed ? context.Reason() : failure);
        }
        catch (FailureException e)
        {
            EndWith(context, e.Failure);
        }
        catch (OperationCanceledException) when (context.Reason() is { } reason)
        {
            EndWith(context, reason);
        }
        catch (Exception e)
        {
            RpcLog.HandlerThrew(logger, context.Method, e);
            EndWith(context, new(Catalogue.Internal, $"The call {context.Method} failed inside the server; its log says why."));
        }
    }

    /// <summary>Reads, calls the handler, writes. Null for OK.</summary>
    protected abstract ValueTask<Failure?> HandleAsync(RpcServerContext context);

    /// <summary>The one request of a call that has one.</summary>
    protected static async ValueTask<T> ReadOneAsync<T>(RpcServerContext context, MessageParser<T> parser)
        where T : class, IMessage<T>, IBufferMessage
    {
        var reader = new RpcReader<T>(context, parser, single: true);
        var request =
            await reader.ReadAsync() ?? throw MessageReader.Broken("a call with one request came without it", "cardinality").AsException();
        // The end of the client's side is waited for: a stream that is half open after its answer would have to be reset.
        return await reader.ReadAsync() is null
            ? request
            : throw MessageReader.Broken("a call with one request came with several", "cardinality").AsException();
    }

    protected static async ValueTask<Failure?> WriteOneAsync<T>(RpcServerContext context, Result<T> result)
        where T : class, IMessage<T>, IBufferMessage
    {
        if (!result.IsOk)
        {
            return result.Failure;
        }
        if (context.DeadlinePassed)
        {
            return null;
        }
        // A small one is not flushed: message and trailers leave together when the handler's task ends. A large one is bounded in time.
        var writer = new RpcWriter<T>(context);
        if (writer.Write(result.Value))
        {
            await writer.FlushAsync();
        }
        return null;
    }

    private void Unbind(HttpContext http)
    {
        // A stream lives for hours: neither its size nor its rate means anything. The size of each message is limited.
        if (streamsIn)
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null;
            }
            if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }
        }
    }

    private static void EndWith(RpcServerContext context, Failure failure)
    {
        // Nobody listens any more, and the transport has already ended the stream.
        if (!context.Http.RequestAborted.IsCancellationRequested)
        {
            context.End(context.DeadlinePassed ? context.Reason() : failure);
        }
    }
}

internal sealed class UnaryRpcHandler<TReq, TRes>(RpcMethod<TReq, TRes> method, UnaryHandler<TReq, TRes> handler) : RpcHandler(false)
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage
{
    protected override async ValueTask<Failure?> HandleAsync(RpcServerContext context) =>
        await WriteOneAsync(context, await handler(await ReadOneAsync(context, method.Requests), context));
}

internal sealed class ServerStreamingRpcHandler<TReq, TRes>(RpcMethod<TReq, TRes> method, ServerStreamingHandler<TReq, TRes> handler)
    : RpcHandler(false)
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage
{
    protected override async ValueTask<Failure?> HandleAsync(RpcServerContext context) =>
        await handler(await ReadOneAsync(context, method.Requests), new(context), context);
}

internal sealed class ClientStreamingRpcHandler<TReq, TRes>(RpcMethod<TReq, TRes> method, ClientStreamingHandler<TReq, TRes> handler)
    : RpcHandler(true)
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage
{
    protected override async ValueTask<Failure?> HandleAsync(RpcServerContext context) =>
        await WriteOneAsync(context, await handler(new(context, method.Requests, single: false), context));
}

internal sealed class DuplexRpcHandler<TReq, TRes>(RpcMethod<TReq, TRes> method, DuplexHandler<TReq, TRes> handler) : RpcHandler(true)
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage
{
    protected override ValueTask<Failure?> HandleAsync(RpcServerContext context) =>
        handler(new(context, method.Requests, single: false), new(context), context);
}
