using Google.Protobuf;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc;

public sealed partial class RpcChannel
{
    /// <summary>One request, many responses. The request is on its way when this returns; read with <see cref="RpcCall{TReq,TRes}.ReadAsync"/>.</summary>
    /// <exception cref="FailureException">The request is over the size limit.</exception>
    public RpcCall<TReq, TRes> ServerStreaming<TReq, TRes>(RpcMethod<TReq, TRes> method, TReq request, CallOptions options = default)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        RequireKind(method, RpcMethodKind.ServerStreaming);
        return new(this, method, options, request);
    }

    /// <summary>Many requests, one response: write, then <see cref="RpcCall{TReq,TRes}.FinishAsync"/>.</summary>
    public RpcCall<TReq, TRes> ClientStreaming<TReq, TRes>(RpcMethod<TReq, TRes> method, CallOptions options = default)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        RequireKind(method, RpcMethodKind.ClientStreaming);
        return new(this, method, options, null);
    }

    /// <summary>Many messages each way, in any order, for as long as both sides like.</summary>
    public RpcCall<TReq, TRes> Duplex<TReq, TRes>(RpcMethod<TReq, TRes> method, CallOptions options = default)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        RequireKind(method, RpcMethodKind.Duplex);
        return new(this, method, options, null);
    }
}
