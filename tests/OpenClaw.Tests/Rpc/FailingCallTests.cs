using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>Our client against our server: failures, deadlines, cancellation, limits, stops.</summary>
public sealed class FailingCallTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(60);
    private EchoServer server = null!;
    private RpcChannel channel = null!;

    public async ValueTask InitializeAsync()
    {
        server = await EchoServer.StartAsync(new() { MaxReceiveSize = 200_000, MaxSendSize = 300_000 });
        channel = server.Channel(new() { MaxReceiveSize = 100_000 });
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("fail")]
    [InlineData("throw-failure")]
    public async Task AFailureArrivesWhole(string text) =>
        AssertSample((await channel.UnaryAsync(EchoService.Unary, new() { Text = text })).Failure);

    [Fact]
    public async Task AnExceptionIsLoggedAndNotTold()
    {
        var failure = (await channel.UnaryAsync(EchoService.Unary, new() { Text = "throw" })).Failure!;
        Assert.Equal(Catalogue.Internal, failure.Entry);
        Assert.DoesNotContain("secret", failure.Message);
        Assert.Contains("a secret of the server", Assert.Single(server.Log.Errors));
    }

    [Fact]
    public async Task AFailureAfterMessagesComesBehindThem()
    {
        await using var call = channel.ServerStreaming(EchoService.Repeat, new EchoRequest { Count = 3, Fail = true });
        var got = 0;
        var e = await Assert.ThrowsAsync<FailureException>(async () =>
        {
            await foreach (var _ in call.ReadAllAsync())
            {
                got++;
            }
        });
        Assert.Equal(3, got);
        AssertSample(e.Failure);
        AssertSample(await call.Status);
        AssertSample((await Assert.ThrowsAsync<FailureException>(async () => await call.ReadAsync())).Failure);
    }

    [Fact]
    public async Task AServerThatAnswersEarlyIsHeard()
    {
        await using var call = channel.ClientStreaming(EchoService.Join);
        await call.WriteAsync(new() { Fail = true });
        AssertSample((await call.FinishAsync()).Failure);
        await using var chat = channel.Duplex(EchoService.Chat);
        await chat.WriteAsync(new() { Fail = true });
        AssertSample((await Assert.ThrowsAsync<FailureException>(async () => await chat.ReadAsync())).Failure);
        AssertSample((await Assert.ThrowsAsync<FailureException>(async () => await chat.WriteAsync(new()))).Failure);
    }

    [Fact]
    public async Task TheClientsDeadlineEndsTheCallOnBothSides()
    {
        // A call whose time is over before it is sent never reaches the server: the time grows until one does.
        for (var timeout = Soon; !server.Echo.Started.Has("hang"); timeout *= 2)
        {
            var failure = (await channel.UnaryAsync(EchoService.Unary, new() { Text = "hang" }, new() { Timeout = timeout })).Failure!;
            Assert.Equal(Catalogue.DeadlineExceeded, failure.Entry);
        }

        await server.Echo.Cancelled.On("hang");
        for (var (timeout, answers) = (Soon, 0); answers == 0; timeout *= 2)
        {
            await using var stream = channel.ServerStreaming(
                EchoService.Repeat,
                new() { Text = "hang2", Count = 1 },
                new() { Timeout = timeout }
            );
            var thrown = await Assert.ThrowsAsync<FailureException>(async () =>
            {
                while (await stream.ReadAsync() is not null)
                {
                    answers++;
                }
            });
            Assert.Equal(Catalogue.DeadlineExceeded, thrown.Failure.Entry);
        }

        await server.Echo.Cancelled.On("hang2");
    }

    [Fact]
    public async Task AStreamThatNobodyReadsStillEndsAtItsDeadline()
    {
        await using var call = channel.Duplex(EchoService.Chat, new() { Timeout = Soon });
        Assert.Equal(Catalogue.DeadlineExceeded, (await call.Status.WaitAsync(TimeSpan.FromSeconds(10)))!.Entry);
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("late")]
    public async Task TheServerKeepsTheDeadlineToo(string text)
    {
        // A client that states a deadline and does not keep it: the answer must come from the server.
        using var raw = new RawClient(server.Address);
        var reply = await raw.SendAsync(EchoService.Unary.Path, RawClient.Frame(new EchoRequest { Text = text }), ("grpc-timeout", "50m"));
        Assert.Equal((200, "4", "clw-deadline-exceeded"), (reply.Http, reply.Trailer("grpc-status"), reply.Trailer("clw-code")));
        await server.Echo.Cancelled.On(text);
    }

    [Fact]
    public async Task ADeadlineThatHasPassedSendsNothing() =>
        Assert.Equal(
            Catalogue.DeadlineExceeded,
            (await channel.UnaryAsync(EchoService.Unary, new(), new() { Timeout = TimeSpan.Zero })).Failure!.Entry
        );

    [Fact]
    public async Task CancellingReachesTheServer()
    {
        using var source = new CancellationTokenSource();
        var options = new CallOptions { Cancellation = source.Token };
        var unary = channel.UnaryAsync(EchoService.Unary, new() { Text = "hang-unary" }, options).AsTask();
        await using var stream = channel.ServerStreaming(EchoService.Repeat, new() { Text = "hang-stream" }, options);
        var chat = channel.Duplex(EchoService.Chat);
        await chat.WriteAsync(new() { Text = "hang-chat" });
        foreach (var name in new[] { "hang-unary", "hang-stream", "hang-chat" })
        {
            await server.Echo.Started.On(name);
        }
        await source.CancelAsync();
        await chat.DisposeAsync();
        Assert.Equal(Catalogue.CallCancelled, (await unary).Failure!.Entry);
        Assert.Equal(Catalogue.CallCancelled, (await stream.Status)!.Entry);
        Assert.Equal(Catalogue.CallCancelled, (await chat.Status)!.Entry);
        foreach (var name in new[] { "hang-unary", "hang-stream", "hang-chat" })
        {
            await server.Echo.Cancelled.On(name);
        }
        // And the connection lives on.
        Assert.True((await channel.UnaryAsync(EchoService.Unary, new())).IsOk);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task LimitsHoldInEveryDirection()
    {
        var request = new EchoRequest { Payload = ByteString.CopyFrom(new byte[250_000]) };
        Assert.Equal(Catalogue.MessageTooLarge, (await channel.UnaryAsync(EchoService.Unary, request)).Failure!.Entry);
        Assert.Equal(
            Catalogue.MessageTooLarge,
            (await channel.UnaryAsync(EchoService.Unary, request, new() { Compress = true })).Failure!.Entry
        );
        request.Payload = ByteString.CopyFrom(new byte[150_000]);
        var tooLargeHere = (await channel.UnaryAsync(EchoService.Unary, request)).Failure!;
        Assert.Equal((Catalogue.MessageTooLarge, "100000"), (tooLargeHere.Entry, tooLargeHere.Data["limit"]));
        using var narrow = server.Channel(new() { MaxSendSize = 1000 });
        Assert.Equal(Catalogue.MessageTooLarge, (await narrow.UnaryAsync(EchoService.Unary, request)).Failure!.Entry);
        await using var call = narrow.Duplex(EchoService.Chat);
        Assert.Throws<FailureException>(() => call.Write(request));
        await call.WriteAsync(new() { Text = "still here" });
        Assert.Equal("still here", (await call.ReadAsync())!.Text);
    }

    [Fact]
    public async Task AGracefulStopEndsStreamsWithAReason()
    {
        await using var call = channel.ServerStreaming(EchoService.Repeat, new() { Text = "hang", Count = 1 });
        Assert.NotNull(await call.ReadAsync());
        await server.StopAsync();
        var e = await Assert.ThrowsAsync<FailureException>(async () => await call.ReadAsync());
        Assert.Equal(Catalogue.ManagerStopping, e.Failure.Entry);
        var refused = (await channel.UnaryAsync(EchoService.Unary, new())).Failure!;
        Assert.Equal((Catalogue.ConnectionRefused, "refused"), (refused.Entry, refused.Data["cause"]));
    }

    [Fact]
    public async Task ACrashOfTheServerIsALostConnection()
    {
        await using var call = channel.Duplex(EchoService.Chat);
        await call.WriteAsync(new() { Text = "hi" });
        await call.ReadAsync();
        await server.AbortAsync();
        var e = await Assert.ThrowsAsync<FailureException>(async () => await call.ReadAsync());
        Assert.Equal(FailureKind.Unavailable, e.Failure.Entry.Kind);
        Assert.Equal(Catalogue.ConnectionLost, e.Failure.Entry);
    }

    [Fact]
    public async Task ADisposedChannelSaysSo()
    {
        channel.Dispose();
        Assert.Equal(Catalogue.ConnectionLost, (await channel.UnaryAsync(EchoService.Unary, new())).Failure!.Entry);
    }

    [Fact]
    public async Task DisposingTheChannelEndsEveryCallThatIsUnderWay()
    {
        var unary = channel.UnaryAsync(EchoService.Unary, new() { Text = "hang-unary-disposed" }).AsTask();
        await using var stream = channel.ServerStreaming(EchoService.Repeat, new() { Text = "hang-stream-disposed" });
        await server.Echo.Started.On("hang-unary-disposed");
        await server.Echo.Started.On("hang-stream-disposed");
        var reading = stream.ReadAsync().AsTask();
        channel.Dispose();
        var failures = new[]
        {
            (await unary.WaitAsync(TimeSpan.FromSeconds(10))).Failure!,
            (await Assert.ThrowsAsync<FailureException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10)))).Failure,
        };
        Assert.All(failures, f => Assert.Equal((Catalogue.ConnectionLost, true), (f.Entry, f.Message.EndsWith("is closed."))));
    }

    [Fact]
    public async Task ANameThatDoesNotExistIsSaid()
    {
        using var lost = new RpcChannel(new("http://no-such-host.invalid:1"));
        var failure = (await lost.UnaryAsync(EchoService.Unary, new())).Failure!;
        Assert.Equal((Catalogue.HostUnknown, "dns"), (failure.Entry, failure.Data["cause"]));
    }

    [Fact]
    public async Task APeerThatNeverSpeaksIsFoundByPings()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var silent = new RpcChannel(
            new($"http://{listener.LocalEndpoint}"),
            new() { KeepAliveDelay = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) }
        );
        var failure = (await silent.UnaryAsync(EchoService.Unary, new())).Failure!;
        Assert.Equal((Catalogue.HandshakeTimeout, "silent"), (failure.Entry, failure.Data["cause"]));
    }

    [Fact]
    public async Task APeerThatFallsSilentAfterItAnsweredIsFoundByPings()
    {
        await using var relay = SilencingRelay.To(server.Address.Port);
        using var falling = new RpcChannel(
            new($"http://127.0.0.1:{relay.Port}"),
            new() { KeepAliveDelay = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) }
        );
        var failure = await relay.FallSilentAsync(falling);
        Assert.Equal((Catalogue.KeepAliveTimeout, "silent"), (failure.Entry, failure.Data["cause"]));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")]
    public async Task AnotherProgramOnThePortIsRecognised(string greeting)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var other = new RpcChannel(new($"http://{listener.LocalEndpoint}"));
        var call = other.UnaryAsync(EchoService.Unary, new()).AsTask();
        using var accepted = await listener.AcceptSocketAsync();
        await accepted.SendAsync(System.Text.Encoding.ASCII.GetBytes(greeting));
        var failure = (await call).Failure!;
        Assert.True(failure.Entry == Catalogue.Protocol || failure.Entry == Catalogue.HandshakeTimeout, failure.ToString());
    }

    private static void AssertSample(Failure? failure)
    {
        Assert.NotNull(failure);
        Assert.Equal(EchoService.Sample.Entry, failure.Entry);
        Assert.Equal(EchoService.Sample.Message, failure.Message);
        Assert.Equal(EchoService.Sample.Next, failure.Next);
        Assert.Equal(EchoService.Sample.Data.OrderBy(p => p.Key), failure.Data.OrderBy(p => p.Key));
    }
}
