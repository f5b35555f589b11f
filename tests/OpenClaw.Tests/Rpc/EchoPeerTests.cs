using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>Our server under another implementation's client.</summary>
public sealed class JsClientTests
{
    [Fact]
    public async Task AForeignClientIsServed()
    {
        await using var server = await EchoServer.StartAsync(new() { Compress = true });
        await using var peer = await ForeignPeers.StartNodeAsync("client.mjs", ForeignPeers.EchoProto, server.Address.Authority);
        var (code, errors) = await peer.EndAsync();
        Assert.True(code == 0, string.Join('\n', peer.All) + errors);
        Assert.Equal(16, peer.All.Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));
        await server.Echo.Cancelled.On("hang-js-deadline");
        await server.Echo.Cancelled.On("hang-js-cancel");
        Assert.Contains("a secret of the server", Assert.Single(server.Log.Errors));
    }
}

/// <summary>Our client against another implementation's server.</summary>
public sealed class JsServerTests : IAsyncLifetime
{
    private PeerProcess peer = null!;
    private RpcChannel channel = null!;

    public async ValueTask InitializeAsync()
    {
        peer = await ForeignPeers.StartNodeAsync("server.mjs", ForeignPeers.EchoProto);
        channel = new(await peer.AddressAsync());
    }

    public async ValueTask DisposeAsync()
    {
        channel?.Dispose();
        if (peer is not null)
        {
            await peer.DisposeAsync();
        }
    }

    [Fact]
    public async Task TheFourKindsWork()
    {
        foreach (var compress in new[] { false, true })
        {
            var options = new CallOptions { Compress = compress };
            var request = new EchoRequest
            {
                Text = "ünïcode",
                Count = 7,
                Payload = ByteString.CopyFrom(new byte[300_000]),
            };
            var reply = (await channel.UnaryAsync(EchoService.Unary, request, options)).Value;
            Assert.Equal((request.Text, request.Payload), (reply.Text, reply.Payload));

            await using var repeat = channel.ServerStreaming(EchoService.Repeat, new() { Count = 2000 }, options);
            var numbers = new List<int>();
            await foreach (var r in repeat.ReadAllAsync())
            {
                numbers.Add(r.Number);
            }
            Assert.Equal(Enumerable.Range(0, 2000), numbers);

            await using var join = channel.ClientStreaming(EchoService.Join, options);
            for (var i = 0; i < 1000; i++)
            {
                join.Write(new() { Text = $"{i}" });
            }
            Assert.Equal(1000, (await join.FinishAsync()).Value.Number);

            await using var chat = channel.Duplex(EchoService.Chat, options);
            for (var i = 0; i < 100; i++)
            {
                await chat.WriteAsync(new() { Count = i });
                Assert.Equal(i, (await chat.ReadAsync())!.Number);
            }
            await chat.CompleteAsync();
            Assert.Null(await chat.ReadAsync());
        }
    }

    [Fact]
    public async Task FailuresArriveWhole()
    {
        var trailers = new RpcMetadata();
        AssertSample((await channel.UnaryAsync(EchoService.Unary, new() { Text = "fail" }, new() { ResponseTrailers = trailers })).Failure);
        Assert.True(trailers.TryGetBytes("x-extra-bin", out var extra));
        Assert.Equal([0, 255, 1], extra);

        await using var repeat = channel.ServerStreaming(EchoService.Repeat, new() { Count = 2, Fail = true });
        Assert.NotNull(await repeat.ReadAsync());
        Assert.NotNull(await repeat.ReadAsync());
        AssertSample((await Assert.ThrowsAsync<FailureException>(async () => await repeat.ReadAsync())).Failure);

        await using var join = channel.ClientStreaming(EchoService.Join);
        await join.WriteAsync(new() { Fail = true });
        AssertSample((await join.FinishAsync()).Failure);

        var foreign = (await channel.UnaryAsync(EchoService.Unary, new() { Text = "foreign" })).Failure!;
        Assert.Equal(("clw-remote-failure", "nein", "OUT_OF_RANGE"), (foreign.Code, foreign.Message, foreign.Data["grpc_status"]));
    }

    [Fact]
    public async Task DeadlinesAndCancellingReachIt()
    {
        var withDeadline = new CallOptions { Timeout = TimeSpan.FromSeconds(30) };
        Assert.Equal("true", (await channel.UnaryAsync(EchoService.Unary, new() { Text = "deadline" }, withDeadline)).Value.Text);
        var soon = new CallOptions { Timeout = TimeSpan.FromMilliseconds(80) };
        Assert.Equal(
            Catalogue.DeadlineExceeded,
            (await channel.UnaryAsync(EchoService.Unary, new() { Text = "hang-deadline" }, soon)).Failure!.Entry
        );
        await peer.Lines.On("cancelled hang-deadline");

        using var source = new CancellationTokenSource();
        var unary = channel.UnaryAsync(EchoService.Unary, new() { Text = "hang-unary" }, new() { Cancellation = source.Token }).AsTask();
        var repeat = channel.ServerStreaming(EchoService.Repeat, new() { Text = "hang-repeat" });
        var chat = channel.Duplex(EchoService.Chat);
        await chat.WriteAsync(new() { Text = "hang-chat" });
        foreach (var name in new[] { "hang-unary", "hang-repeat", "hang-chat" })
        {
            await peer.Lines.On($"started {name}");
        }
        await source.CancelAsync();
        await repeat.DisposeAsync();
        await chat.DisposeAsync();
        Assert.Equal(Catalogue.CallCancelled, (await unary).Failure!.Entry);
        foreach (var name in new[] { "hang-unary", "hang-repeat", "hang-chat" })
        {
            await peer.Lines.On($"cancelled {name}");
        }
    }

    [Fact]
    public async Task MetadataTravels()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        var options = new CallOptions
        {
            Metadata = new RpcMetadata().Add("x-ask", "one").Add("x-ask", "two").Add("x-ask-bin", bytes),
            ResponseHeaders = [],
            ResponseTrailers = [],
        };
        Assert.True((await channel.UnaryAsync(EchoService.Unary, new() { Text = "metadata" }, options)).IsOk);
        Assert.Equal("one, two", string.Join(", ", options.ResponseHeaders.GetAll("x-answer")));
        Assert.True(options.ResponseTrailers.TryGetBytes("x-end-bin", out var back));
        Assert.Equal(bytes, back);
    }

    [Fact]
    public async Task AnUnknownMethodIsSaid()
    {
        var none = new RpcMethod<EchoRequest, EchoReply>(
            "openclaw.test.v1.Echo",
            "None",
            RpcMethodKind.Unary,
            EchoRequest.Parser,
            EchoReply.Parser
        );
        Assert.Equal(Catalogue.Unimplemented, (await channel.UnaryAsync(none, new())).Failure!.Entry);
    }

    private static void AssertSample(Failure? failure)
    {
        Assert.NotNull(failure);
        Assert.Equal(Catalogue.TaskQueueFull, failure.Entry);
        Assert.Equal("voll: 100 % „normal“ 🦀\nzweite Zeile", failure.Message);
        Assert.Equal("Warte fünf Sekunden", failure.Next);
    }
}
