using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>Our client against our server: the four kinds, and how they end well.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private EchoServer server = null!;
    private RpcChannel channel = null!;

    public async ValueTask InitializeAsync()
    {
        server = await EchoServer.StartAsync(new() { Compress = true });
        channel = server.Channel();
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(100_000, false)]
    [InlineData(3_000_000, false)]
    [InlineData(100_000, true)]
    public async Task UnaryAnswers(int size, bool compress)
    {
        var request = new EchoRequest { Text = "ünïcode", Payload = Bytes(size) };
        var reply = (await channel.UnaryAsync(EchoService.Unary, request, new() { Compress = compress })).Value;
        Assert.Equal((request.Text, request.Payload), (reply.Text, reply.Payload));
    }

    [Fact]
    public async Task AnEmptyMessageIsAMessage() =>
        Assert.Equal(new EchoReply(), (await channel.UnaryAsync(EchoService.Unary, new())).Value);

    [Fact]
    public async Task ManyUnaryCallsShareOneConnection()
    {
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 3000).Select(async n => (await channel.UnaryAsync(EchoService.Unary, new() { Count = n })).Value.Number)
        );
        Assert.Equal(Enumerable.Range(0, 3000), replies);
        var peers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(async _ => (await channel.UnaryAsync(EchoService.Unary, new() { Text = "who" })).Value.Text)
        );
        Assert.Single(peers.Distinct());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(10_000, 10)]
    [InlineData(50, 100_000)]
    public async Task ServerStreamingDelivers(int count, int size)
    {
        await using var call = channel.ServerStreaming(EchoService.Repeat, new EchoRequest { Count = count, Payload = Bytes(size) });
        var numbers = new List<int>();
        await foreach (var reply in call.ReadAllAsync())
        {
            Assert.Equal(size, reply.Payload.Length);
            numbers.Add(reply.Number);
        }
        Assert.Equal(Enumerable.Range(0, count), numbers);
        Assert.Null(await call.Status);
        Assert.Null(await call.ReadAsync());
    }

    [Fact]
    public async Task ClientStreamingIsAnswered()
    {
        await using var call = channel.ClientStreaming(EchoService.Join);
        for (var i = 0; i < 1000; i++)
        {
            if (call.Write(new() { Text = $"{i}" }))
            {
                await call.FlushAsync();
            }
        }
        Assert.Equal(string.Join(',', Enumerable.Range(0, 1000)), (await call.FinishAsync()).Value.Text);
        Assert.Null(await call.Status);
    }

    [Fact]
    public async Task ClientStreamingWithoutMessagesIsAnswered()
    {
        await using var call = channel.ClientStreaming(EchoService.Join);
        Assert.Equal(0, (await call.FinishAsync()).Value.Number);
    }

    [Fact]
    public async Task DuplexIsInterleaved()
    {
        await using var call = channel.Duplex(EchoService.Chat);
        await call.ResponseHeadersAsync();
        for (var i = 0; i < 200; i++)
        {
            await call.WriteAsync(new() { Count = i });
            Assert.Equal(i, (await call.ReadAsync())!.Number);
        }
        await call.CompleteAsync();
        Assert.Null(await call.ReadAsync());
        Assert.Null(await call.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DuplexCarriesBatchesBothWaysAtOnce(bool compress)
    {
        const int Count = 20_000;
        await using var call = channel.Duplex(EchoService.Chat, new() { Compress = compress });
        var payload = Bytes(compress ? 1000 : 100);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Count; i++)
            {
                if (call.Write(new() { Count = i, Payload = payload }))
                {
                    await call.FlushAsync();
                }
            }
            await call.CompleteAsync();
        });
        var next = 0;
        await foreach (var reply in call.ReadAllAsync())
        {
            Assert.Equal((next++, payload), (reply.Number, reply.Payload));
        }
        await writing;
        Assert.Equal(Count, next);
    }

    [Fact]
    public async Task HeadersTrailersAndBytesTravel()
    {
        var headers = new RpcMetadata();
        var trailers = new RpcMetadata();
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        var result = await channel.UnaryAsync(
            EchoService.Unary,
            new() { Text = "metadata" },
            new()
            {
                Metadata = new RpcMetadata().Add("x-ask", "one").Add("x-ask", "two, three").Add("x-ask-bin", bytes),
                ResponseHeaders = headers,
                ResponseTrailers = trailers,
            }
        );
        Assert.True(result.IsOk);
        Assert.Equal("one, two, three", string.Join(", ", headers.GetAll("x-answer")));
        Assert.Equal("done", trailers.Get("x-end"));
        Assert.True(trailers.TryGetBytes("x-end-bin", out var back));
        Assert.Equal(bytes, back);
    }

    [Fact]
    public async Task AuthenticationDecidesBeforeTheHandler()
    {
        await using var guarded = await EchoServer.StartAsync(
            new()
            {
                Authenticate = context =>
                {
                    context.Principal = "local";
                    return context.Authorization == "Bearer right" ? null : new Failure(Catalogue.AuthRefused, "wrong token");
                },
            }
        );
        using var stranger = guarded.Channel();
        Assert.Equal(Catalogue.AuthRefused, (await stranger.UnaryAsync(EchoService.Unary, new() { Text = "who" })).Failure!.Entry);
        using var friend = guarded.Channel(new() { Authorization = () => "Bearer right" });
        Assert.StartsWith("local@127.0.0.1:", (await friend.UnaryAsync(EchoService.Unary, new() { Text = "who" })).Value.Text);
    }

    [Fact]
    public void KindsAreChecked()
    {
        Assert.Throws<ArgumentException>(() => channel.Duplex(EchoService.Unary));
        Assert.Throws<ArgumentException>(() =>
            new RpcService("other").Unary(EchoService.Unary, (_, _) => ValueTask.FromResult<Result<EchoReply>>(new EchoReply()))
        );
    }

    private static ByteString Bytes(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++)
        {
            bytes[i] = (byte)(i % 251);
        }
        return ByteString.CopyFrom(bytes);
    }
}
