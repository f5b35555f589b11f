using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;
using OpenClaw.RpcPeer.Wire;

namespace OpenClaw.RpcPeer;

/// <summary><c>grpc.testing.TestService</c> as the public interop description asks, on our server.</summary>
internal static class InteropService
{
    private const string EchoInitial = "x-grpc-test-echo-initial";
    private const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    /// <summary>A failure of ours with everything that one can have, for who asks for this code.</summary>
    private const int OurSample = 8;

    public static RpcService Build() =>
        new RpcService(TestMethods.Service)
            .Unary(TestMethods.EmptyCall, (request, _) => ValueTask.FromResult<Result<Empty>>(request))
            .Unary(TestMethods.UnaryCall, (request, context) => ValueTask.FromResult(Answer(request, context)))
            .ServerStreaming(TestMethods.StreamingOutputCall, (request, responses, context) => SendAsync(request, responses, context))
            .ClientStreaming(TestMethods.StreamingInputCall, CountAsync)
            .Duplex(TestMethods.FullDuplexCall, ConverseAsync);

    private static Result<SimpleResponse> Answer(SimpleRequest request, RpcServerContext context)
    {
        EchoMetadata(context);
        if (Unexpected(request.ExpectCompressed, context) is { } unexpected)
        {
            return unexpected;
        }
        if (AskedFor(request.ResponseStatus) is { } failure)
        {
            return failure;
        }
        context.Compress = request.ResponseCompressed is { Value: true };
        return new SimpleResponse { Payload = Zeros(request.ResponseSize) };
    }

    private static async ValueTask<Failure?> SendAsync(
        StreamingOutputCallRequest request,
        RpcWriter<StreamingOutputCallResponse> responses,
        RpcServerContext context
    )
    {
        foreach (var wanted in request.ResponseParameters)
        {
            if (wanted.IntervalUs > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(wanted.IntervalUs), TimeProvider.System, context.Cancellation);
            }
            responses.Compress = wanted.Compressed is { Value: true };
            await responses.WriteAsync(new() { Payload = Zeros(wanted.Size) });
        }
        return AskedFor(request.ResponseStatus);
    }

    private static async ValueTask<Result<StreamingInputCallResponse>> CountAsync(
        RpcReader<StreamingInputCallRequest> requests,
        RpcServerContext context
    )
    {
        var size = 0;
        await foreach (var request in requests.ReadAllAsync())
        {
            if (Unexpected(request.ExpectCompressed, context) is { } unexpected)
            {
                return unexpected;
            }
            size += request.Payload?.Body.Length ?? 0;
        }
        return new StreamingInputCallResponse { AggregatedPayloadSize = size };
    }

    private static async ValueTask<Failure?> ConverseAsync(
        RpcReader<StreamingOutputCallRequest> requests,
        RpcWriter<StreamingOutputCallResponse> responses,
        RpcServerContext context
    )
    {
        EchoMetadata(context);
        await foreach (var request in requests.ReadAllAsync())
        {
            if (await SendAsync(request, responses, context) is { } failure)
            {
                return failure;
            }
        }
        return null;
    }

    private static void EchoMetadata(RpcServerContext context)
    {
        if (context.Metadata.Get(EchoInitial) is { } initial)
        {
            context.ResponseHeaders.Add(EchoInitial, initial);
        }
        if (context.Metadata.TryGetBytes(EchoTrailing, out var trailing))
        {
            context.ResponseTrailers.Add(EchoTrailing, trailing);
        }
    }

    private static Failure? Unexpected(BoolValue? expected, RpcServerContext context) =>
        expected is null || expected.Value == context.RequestWasCompressed
            ? null
            : new Failure(Catalogue.Usage, $"The request came {(expected.Value ? "plain" : "compressed")}, and was said not to.");

    private static Failure? AskedFor(EchoStatus? status) =>
        status switch
        {
            null or { Code: 0 } => null,
            { Code: OurSample } => new(Catalogue.TaskQueueFull, status.Message, "Wait a little")
            {
                Data = new Dictionary<string, string> { ["retry_after"] = "1.5", ["queue"] = "größer" },
            },
            _ => FailureStatus.ToFailure(new((RpcCode)status.Code, status.Message), []),
        };

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
}
