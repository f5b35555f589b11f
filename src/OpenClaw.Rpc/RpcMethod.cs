using Google.Protobuf;

namespace OpenClaw.Rpc;

/// <summary>How many messages travel each way in one call.</summary>
public enum RpcMethodKind
{
    Unary,
    ClientStreaming,
    ServerStreaming,
    Duplex,
}

/// <summary>
/// One method of a service: its name on the wire and how its messages are read. Immutable; make one per method
/// and keep it in a static field, since channels remember the address they made for it.
/// </summary>
public sealed class RpcMethod<TReq, TRes>
    where TReq : class, IMessage<TReq>, IBufferMessage
    where TRes : class, IMessage<TRes>, IBufferMessage
{
    /// <param name="service">The full name of the service with its package: <c>openclaw.v1.Tasks</c>.</param>
    /// <param name="name">The name of the method: <c>Submit</c>.</param>
    /// <param name="kind">How many messages travel each way.</param>
    /// <param name="requests">Reads requests; the generated <c>Parser</c> of the message.</param>
    /// <param name="responses">Reads responses.</param>
    public RpcMethod(string service, string name, RpcMethodKind kind, MessageParser<TReq> requests, MessageParser<TRes> responses)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Service = service;
        Name = name;
        Kind = kind;
        Requests = requests;
        Responses = responses;
        Path = $"/{service}/{name}";
    }

    public string Service { get; }

    public string Name { get; }

    public RpcMethodKind Kind { get; }

    public MessageParser<TReq> Requests { get; }

    public MessageParser<TRes> Responses { get; }

    /// <summary>The HTTP/2 <c>:path</c>: <c>/package.Service/Method</c>, case-sensitive.</summary>
    public string Path { get; }

    public override string ToString() => Path;
}
