using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.RpcPeer;
using OpenClaw.RpcPeer.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>
/// The cases of gRPC's public interop list, by its names, as our client runs them against any server. Sizes are those of the list.
/// </summary>
internal static class InteropCases
{
    private const string Initial = "x-grpc-test-echo-initial";
    private const string Trailing = "x-grpc-test-echo-trailing-bin";
    private const string Special = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n";

    public static IReadOnlyDictionary<string, Func<RpcChannel, Task>> All { get; } =
        new Dictionary<string, Func<RpcChannel, Task>>
        {
            ["empty_unary"] = EmptyUnaryAsync,
            ["large_unary"] = channel => LargeUnaryAsync(channel, Large()),
            ["client_streaming"] = ClientStreamingAsync,
            ["server_streaming"] = ServerStreamingAsync,
            ["ping_pong"] = PingPongAsync,
            ["empty_stream"] = EmptyStreamAsync,
            ["timeout_on_sleeping_server"] = TimeoutOnSleepingServerAsync,
            ["cancel_after_begin"] = CancelAfterBeginAsync,
            ["cancel_after_first_response"] = CancelAfterFirstResponseAsync,
            ["status_code_and_message"] = channel => StatusAsync(channel, "test status message"),
            ["special_status_message"] = channel => StatusAsync(channel, Special),
            ["unimplemented_method"] = channel => UnimplementedAsync(channel, TestMethods.UnimplementedCall),
            ["unimplemented_service"] = channel => UnimplementedAsync(channel, TestMethods.UnimplementedService),
            ["custom_metadata"] = CustomMetadataAsync,
            ["client_compressed_unary"] = ClientCompressedUnaryAsync,
            ["server_compressed_unary"] = ServerCompressedUnaryAsync,
        };

    public static StreamingOutputCallRequest Ask(int size, int sent) =>
        new() { ResponseParameters = { new ResponseParameters { Size = size } }, Payload = Zeros(sent) };

    private static async Task EmptyUnaryAsync(RpcChannel channel) =>
        Assert.Equal(new Empty(), (await channel.UnaryAsync(TestMethods.EmptyCall, new())).Value);

    private static async Task LargeUnaryAsync(RpcChannel channel, SimpleRequest request, CallOptions options = default)
    {
        var reply = (await channel.UnaryAsync(TestMethods.UnaryCall, request, options)).Value;
        Assert.Equal(new byte[314159], reply.Payload.Body.ToByteArray());
    }

    private static async Task ClientStreamingAsync(RpcChannel channel)
    {
        await using var call = channel.ClientStreaming(TestMethods.StreamingInputCall);
        foreach (var size in new[] { 27182, 8, 1828, 45904 })
        {
            await call.WriteAsync(new() { Payload = Zeros(size) });
        }
        Assert.Equal(74922, (await call.FinishAsync()).Value.AggregatedPayloadSize);
    }

    private static async Task ServerStreamingAsync(RpcChannel channel)
    {
        int[] wanted = [31415, 9, 2653, 58979];
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.AddRange(wanted.Select(size => new ResponseParameters { Size = size }));
        await using var call = channel.ServerStreaming(TestMethods.StreamingOutputCall, request);
        var got = new List<int>();
        await foreach (var reply in call.ReadAllAsync())
        {
            got.Add(reply.Payload.Body.Length);
        }
        Assert.Equal(wanted, got);
    }

    private static async Task PingPongAsync(RpcChannel channel)
    {
        await using var call = channel.Duplex(TestMethods.FullDuplexCall);
        foreach (var (size, sent) in new[] { (31415, 27182), (9, 8), (2653, 1828), (58979, 45904) })
        {
            await call.WriteAsync(Ask(size, sent));
            Assert.Equal(size, (await call.ReadAsync())!.Payload.Body.Length);
        }
        await call.CompleteAsync();
        Assert.Null(await call.ReadAsync());
    }

    private static async Task EmptyStreamAsync(RpcChannel channel)
    {
        await using var call = channel.Duplex(TestMethods.FullDuplexCall);
        await call.CompleteAsync();
        Assert.Null(await call.ReadAsync());
    }

    private static async Task TimeoutOnSleepingServerAsync(RpcChannel channel)
    {
        await using var call = channel.Duplex(TestMethods.FullDuplexCall, new() { Timeout = TimeSpan.FromMilliseconds(1) });
        try
        {
            await call.WriteAsync(new() { Payload = Zeros(27182) });
        }
        catch (FailureException)
        {
            // The time may be used up before the request has left; the reading side says it.
        }
        Assert.Equal(Catalogue.DeadlineExceeded, await FailureOfAsync(call));
    }

    private static async Task CancelAfterBeginAsync(RpcChannel channel)
    {
        using var source = new CancellationTokenSource();
        await using var call = channel.ClientStreaming(TestMethods.StreamingInputCall, new() { Cancellation = source.Token });
        await source.CancelAsync();
        Assert.Equal(Catalogue.CallCancelled, (await call.FinishAsync()).Failure?.Entry);
    }

    private static async Task CancelAfterFirstResponseAsync(RpcChannel channel)
    {
        using var source = new CancellationTokenSource();
        await using var call = channel.Duplex(TestMethods.FullDuplexCall, new() { Cancellation = source.Token });
        await call.WriteAsync(Ask(31415, 27182));
        Assert.Equal(31415, (await call.ReadAsync())!.Payload.Body.Length);
        await source.CancelAsync();
        Assert.Equal(Catalogue.CallCancelled, await FailureOfAsync(call));
    }

    private static async Task StatusAsync(RpcChannel channel, string message)
    {
        var status = new EchoStatus { Code = (int)RpcCode.Unknown, Message = message };
        Check((await channel.UnaryAsync(TestMethods.UnaryCall, new() { ResponseStatus = status })).Failure);
        await using var call = channel.Duplex(TestMethods.FullDuplexCall);
        await call.WriteAsync(new() { ResponseStatus = status });
        await call.CompleteAsync();
        Check((await Assert.ThrowsAsync<FailureException>(async () => await call.ReadAsync())).Failure);

        void Check(Failure? failure) =>
            Assert.Equal((Catalogue.RemoteFailure, message, "UNKNOWN"), (failure?.Entry, failure?.Message, failure?.Data["grpc_status"]));
    }

    private static async Task UnimplementedAsync(RpcChannel channel, RpcMethod<Empty, Empty> method) =>
        Assert.Equal(Catalogue.Unimplemented, (await channel.UnaryAsync(method, new())).Failure?.Entry);

    private static async Task CustomMetadataAsync(RpcChannel channel)
    {
        byte[] bytes = [0xab, 0xab, 0xab];
        var options = new CallOptions
        {
            Metadata = new RpcMetadata().Add(Initial, "test_initial_metadata_value").Add(Trailing, bytes),
            ResponseHeaders = [],
            ResponseTrailers = [],
        };
        await LargeUnaryAsync(channel, Large(), options);
        Check(options.ResponseHeaders, options.ResponseTrailers);

        await using var call = channel.Duplex(TestMethods.FullDuplexCall, options);
        await call.WriteAsync(Ask(314159, 271828));
        await call.CompleteAsync();
        Assert.Equal(314159, (await call.ReadAsync())!.Payload.Body.Length);
        Assert.Null(await call.ReadAsync());
        Check(await call.ResponseHeadersAsync(), call.Trailers);

        void Check(RpcMetadata headers, RpcMetadata trailers)
        {
            Assert.Equal(["test_initial_metadata_value"], headers.GetAll(Initial));
            Assert.True(trailers.TryGetBytes(Trailing, out var back));
            Assert.Equal(bytes, back);
        }
    }

    // Without the list's probe: the servers of these two cannot see whether a request came compressed.
    private static Task ClientCompressedUnaryAsync(RpcChannel channel)
    {
        var request = Large();
        request.ExpectCompressed = new() { Value = true };
        return LargeUnaryAsync(channel, request, new() { Compress = true });
    }

    private static async Task ServerCompressedUnaryAsync(RpcChannel channel)
    {
        foreach (var value in new[] { true, false })
        {
            var request = Large();
            request.ResponseCompressed = new() { Value = value };
            await LargeUnaryAsync(channel, request);
            // And what our client read was compressed indeed: the flag of the same answer, read by hand.
            using var raw = new RawClient(new($"http://{channel.Authority}"));
            var reply = await raw.SendAsync(
                TestMethods.UnaryCall.Path,
                RawClient.Frame(request),
                ("te", "trailers"),
                ("grpc-accept-encoding", "gzip")
            );
            Assert.Equal(value ? 1 : 0, reply.Body[0]);
        }
    }

    private static async Task<ErrorEntry?> FailureOfAsync<TReq, TRes>(RpcCall<TReq, TRes> call)
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage =>
        (await Assert.ThrowsAsync<FailureException>(async () => await call.ReadAsync())).Failure.Entry;

    private static SimpleRequest Large() => new() { ResponseSize = 314159, Payload = Zeros(271828) };

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
}
