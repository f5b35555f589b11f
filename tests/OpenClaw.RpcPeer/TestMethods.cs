using Google.Protobuf;
using OpenClaw.Rpc;
using OpenClaw.RpcPeer.Wire;

namespace OpenClaw.RpcPeer;

/// <summary>The methods of <c>grpc.testing.TestService</c>, and the service that nobody has.</summary>
public static class TestMethods
{
    public const string Service = "grpc.testing.TestService";

    public static RpcMethod<Empty, Empty> EmptyCall { get; } = Make(Service, nameof(EmptyCall), Empty.Parser, Empty.Parser);

    public static RpcMethod<SimpleRequest, SimpleResponse> UnaryCall { get; } =
        Make(Service, nameof(UnaryCall), SimpleRequest.Parser, SimpleResponse.Parser);

    public static RpcMethod<StreamingOutputCallRequest, StreamingOutputCallResponse> StreamingOutputCall { get; } =
        Make(
            Service,
            nameof(StreamingOutputCall),
            StreamingOutputCallRequest.Parser,
            StreamingOutputCallResponse.Parser,
            RpcMethodKind.ServerStreaming
        );

    public static RpcMethod<StreamingInputCallRequest, StreamingInputCallResponse> StreamingInputCall { get; } =
        Make(
            Service,
            nameof(StreamingInputCall),
            StreamingInputCallRequest.Parser,
            StreamingInputCallResponse.Parser,
            RpcMethodKind.ClientStreaming
        );

    public static RpcMethod<StreamingOutputCallRequest, StreamingOutputCallResponse> FullDuplexCall { get; } =
        Make(Service, nameof(FullDuplexCall), StreamingOutputCallRequest.Parser, StreamingOutputCallResponse.Parser, RpcMethodKind.Duplex);

    public static RpcMethod<Empty, Empty> UnimplementedCall { get; } = Make(Service, nameof(UnimplementedCall), Empty.Parser, Empty.Parser);

    public static RpcMethod<Empty, Empty> UnimplementedService { get; } =
        Make("grpc.testing.UnimplementedService", "UnimplementedCall", Empty.Parser, Empty.Parser);

    private static RpcMethod<TReq, TRes> Make<TReq, TRes>(
        string service,
        string name,
        MessageParser<TReq> requests,
        MessageParser<TRes> responses,
        RpcMethodKind kind = RpcMethodKind.Unary
    )
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage => new(service, name, kind, requests, responses);
}
