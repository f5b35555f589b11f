using Google.Protobuf;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>Handles one request with one response.</summary>
public delegate ValueTask<Result<TRes>> UnaryHandler<in TReq, TRes>(TReq request, RpcServerContext context);

/// <summary>Handles one request with many responses. Returns null for OK.</summary>
public delegate ValueTask<Failure?> ServerStreamingHandler<in TReq, TRes>(TReq request, RpcWriter<TRes> responses, RpcServerContext context)
    where TRes : class, IMessage<TRes>, IBufferMessage;

/// <summary>Handles many requests with one response.</summary>
public delegate ValueTask<Result<TRes>> ClientStreamingHandler<TReq, TRes>(RpcReader<TReq> requests, RpcServerContext context)
    where TReq : class, IMessage<TReq>, IBufferMessage;

/// <summary>Handles many messages each way. Returns null for OK; returning ends the call even if the client still writes.</summary>
public delegate ValueTask<Failure?> DuplexHandler<TReq, TRes>(RpcReader<TReq> requests, RpcWriter<TRes> responses, RpcServerContext context)
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage;

/// <summary>
/// A service: methods with their handlers. Build it at start, then give it to
/// <see cref="RpcEndpoint.MapRpc(Microsoft.AspNetCore.Builder.IApplicationBuilder, RpcServerOptions, RpcService[])"/>;
/// not safe for several threads while it is built.
/// <para>Handlers return failures; a <see cref="FailureException"/> thrown is the same. Any other exception is logged and answered with
/// <c>clw-internal</c>, without its text. A cancelled handler is answered by what cancelled it.</para>
/// </summary>
public sealed class RpcService
{
    private readonly Dictionary<string, RpcHandler> handlers = new(StringComparer.Ordinal);

    /// <param name="name">The full name: <c>openclaw.v1.Tasks</c>.</param>
    public RpcService(string name) => Name = name;

    public string Name { get; }

    /// <summary>True: anybody may call, without signing in. For what reveals nothing and changes nothing, such as health.</summary>
    public bool Open { get; init; }

    internal IEnumerable<KeyValuePair<string, RpcHandler>> Handlers => handlers;

    public RpcService Unary<TReq, TRes>(RpcMethod<TReq, TRes> method, UnaryHandler<TReq, TRes> handler)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage =>
        Add(method, RpcMethodKind.Unary, new UnaryRpcHandler<TReq, TRes>(method, handler));

    public RpcService ServerStreaming<TReq, TRes>(RpcMethod<TReq, TRes> method, ServerStreamingHandler<TReq, TRes> handler)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage =>
        Add(method, RpcMethodKind.ServerStreaming, new ServerStreamingRpcHandler<TReq, TRes>(method, handler));

    public RpcService ClientStreaming<TReq, TRes>(RpcMethod<TReq, TRes> method, ClientStreamingHandler<TReq, TRes> handler)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage =>
        Add(method, RpcMethodKind.ClientStreaming, new ClientStreamingRpcHandler<TReq, TRes>(method, handler));

    public RpcService Duplex<TReq, TRes>(RpcMethod<TReq, TRes> method, DuplexHandler<TReq, TRes> handler)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage =>
        Add(method, RpcMethodKind.Duplex, new DuplexRpcHandler<TReq, TRes>(method, handler));

    private RpcService Add<TReq, TRes>(RpcMethod<TReq, TRes> method, RpcMethodKind kind, RpcHandler handler)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        if (method.Kind != kind || method.Service != Name)
        {
            throw new ArgumentException($"{method.Path} is {method.Kind} of {method.Service}, not {kind} of {Name}.", nameof(method));
        }
        handler.Open = Open;
        handlers.Add(method.Path, handler);
        return this;
    }
}
