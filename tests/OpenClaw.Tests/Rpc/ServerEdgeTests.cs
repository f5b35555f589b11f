using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>What our server answers to clients that do not keep to the protocol.</summary>
public sealed class ServerEdgeTests : IAsyncLifetime
{
    private static readonly byte[] Hello = RawClient.Frame(new EchoRequest { Text = "hello" });
    private EchoServer server = null!;
    private RawClient raw = null!;

    public async ValueTask InitializeAsync()
    {
        server = await EchoServer.StartAsync();
        raw = new(server.Address);
    }

    public async ValueTask DisposeAsync()
    {
        raw.Dispose();
        await server.DisposeAsync();
        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData("/openclaw.test.v1.Echo/Unary", "application/grpc", "POST", 200, "0")]
    [InlineData("/openclaw.test.v1.Echo/Unary", "application/grpc+proto", "POST", 200, "0")]
    [InlineData("/openclaw.test.v1.Echo/Unary", "application/json", "POST", 415, null)]
    [InlineData("/openclaw.test.v1.Echo/Unary", "application/grpc-web", "POST", 415, null)]
    [InlineData("/openclaw.test.v1.Echo/Unary", "application/grpc", "PUT", 405, null)]
    [InlineData("/openclaw.test.v1.Echo/unary", "application/grpc", "POST", 200, "12")]
    [InlineData("/openclaw.test.v1.Other/Unary", "application/grpc", "POST", 200, "12")]
    [InlineData("/", "application/grpc", "POST", 200, "12")]
    [InlineData("/elsewhere", "application/json", "POST", 404, null)]
    public async Task HeadsAreJudged(string path, string type, string method, int http, string? status)
    {
        var reply = await raw.SendAsync(path, Hello, new(method), type);
        Assert.Equal((http, status), (reply.Http, reply.Trailer("grpc-status")));
    }

    [Fact]
    public async Task AnErrorWithoutMessagesIsTrailersOnly()
    {
        var reply = await raw.SendAsync("/openclaw.test.v1.Echo/Unary", RawClient.Frame(new EchoRequest { Text = "fail" }));
        Assert.Equal("8", Assert.Single(reply.Headers.GetValues("grpc-status")));
        Assert.Equal("clw-task-queue-full", Assert.Single(reply.Headers.GetValues("clw-code")));
        Assert.Empty(reply.Trailers);
    }

    [Theory]
    [InlineData(new byte[] { }, "13")] // no message at all
    [InlineData(new byte[] { 0, 0, 0 }, "13")] // ends inside the prefix
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "13")] // ends inside the message
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "13")] // two messages where one is due
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xFF }, "13")] // no EchoRequest
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "13")] // compressed, without an encoding
    [InlineData(new byte[] { 0, 0x7F, 0, 0, 0 }, "8")] // announces 2 GB
    public async Task BrokenBodiesAreAnswered(byte[] body, string status)
    {
        var reply = await raw.SendAsync("/openclaw.test.v1.Echo/Unary", body);
        Assert.Equal((200, status), (reply.Http, reply.Trailer("grpc-status")));
    }

    [Fact]
    public async Task AnUnknownEncodingIsUnimplementedAndSaysWhatIsKnown()
    {
        var reply = await raw.SendAsync("/openclaw.test.v1.Echo/Unary", [1, 0, 0, 0, 1, 0], ("grpc-encoding", "snappy"));
        Assert.Equal(("12", "identity,gzip"), (reply.Trailer("grpc-status"), reply.Trailer("grpc-accept-encoding")));
    }

    [Fact]
    public async Task AMalformedTimeoutIsAnswered()
    {
        var reply = await raw.SendAsync("/openclaw.test.v1.Echo/Unary", Hello, ("grpc-timeout", "soon"));
        Assert.Equal("13", reply.Trailer("grpc-status"));
    }

    [Fact]
    public async Task AnIdentityEncodingIsFine()
    {
        var reply = await raw.SendAsync(
            "/openclaw.test.v1.Echo/Unary",
            Hello,
            ("grpc-encoding", "identity"),
            ("grpc-timeout", "99999999H")
        );
        Assert.Equal("0", reply.Trailer("grpc-status"));
    }
}
