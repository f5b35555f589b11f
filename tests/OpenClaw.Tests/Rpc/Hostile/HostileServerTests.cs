using System.Net;
using System.Net.Sockets;
using static OpenClaw.Tests.Rpc.Hostile.Http2Wire;

namespace OpenClaw.Tests.Rpc.Hostile;

/// <summary>Our client, in a program of its own, and servers that mean harm: the right failure, in time, with bounded memory.</summary>
public sealed class HostileServerTests(HostileServerTests.Program program) : IClassFixture<HostileServerTests.Program>
{
    private const int Patience = 5000;

    private static readonly (string, string)[] Ok = [("grpc-status", "0")];

    // What the server says once the call has come: bytes of the call's stream 1, then it waits for the client to hang up.
    private static readonly Dictionary<string, byte[][]> Answers = new()
    {
        ["oversized"] = [Head(), Body([0, 0x7F, 0xFF, 0xFF, 0xFF])],
        ["truncated message"] = [Head(), Body(Message(0, new byte[100])[..50]), End(Ok)],
        ["truncated prefix"] = [Head(), Body([0, 0, 0]), End(Ok)],
        ["compressed flag 2"] = [Head(), Body([2, 0, 0, 0, 0]), End(Ok)],
        ["compressed, no encoding"] = [Head(), Body(Message(1, Bomb(100))), End(Ok)],
        ["unknown encoding"] = [Head(("grpc-encoding", "snappy")), Body(Message(1, [1])), End(Ok)],
        ["gzip bomb"] = [Head(("grpc-encoding", "gzip")), .. Parts(Message(1, Bomb(256 << 20))), End(Ok)],
        ["torn gzip"] = [Head(("grpc-encoding", "gzip")), Body(Message(1, Bomb(100_000)[..^9])), End(Ok)],
        ["not protobuf"] = [Head(), Body([0, 0, 0, 0, 1, 0xFF]), End(Ok)],
        ["two answers"] = [Head(), Body(Message(0, [])), Body(Message(0, [])), End(Ok)],
        ["no answer"] = [Head(), End(Ok)],
        ["trailers missing"] = [Head(), Body(Message(0, [])), Bytes(Data, EndStream, 1, [])],
        ["status that is no number"] = [Head(), Body(Message(0, [])), End([("grpc-status", "fine")])],
        ["status of the future"] = [Head(), End([("grpc-status", "99")])],
        ["invalid UTF-8, encoded"] = [Head(), End([("grpc-status", "9"), ("grpc-message", "bad %FF%FE end")])],
        ["invalid UTF-8, raw"] = [Head(), End([("grpc-status", "9"), ("grpc-message", "bad \xFF end")])],
        ["torn percent"] = [Head(), End([("grpc-status", "9"), ("grpc-message", "50% %4 %zz")])],
        ["details of nonsense"] = [Head(), End([("grpc-status", "9"), ("grpc-status-details-bin", "!!!!")])],
        ["HTTP 503"] = [End([(":status", "503")])],
        ["HTTP 404"] = [End([(":status", "404")])],
        ["HTTP 302"] = [End([(":status", "302"), ("location", "http://127.0.0.1:1/")])],
        ["HTTP 200 of a web page"] = [End([(":status", "200"), ("content-type", "text/html")])],
        ["reset, cancelled"] = [Bytes(Reset, 0, 1, [0, 0, 0, 8])],
        ["reset, internal"] = [Bytes(Reset, 0, 1, [0, 0, 0, 2])],
        ["reset after half a message"] = [Head(), Body([0, 0, 0, 1, 0, 1, 2]), Bytes(Reset, 0, 1, [0, 0, 0, 2])],
        ["huge header"] = [.. Headers(new string('v', 100_000), 1)],
        ["many headers"] = [.. Headers(new string('v', 1000), 200)],
        ["data on stream 0"] = [Bytes(Data, 0, 0, [1])],
        ["a frame over the frame limit"] =
        [
            [0xFF, 0xFF, 0xFF, Data, 0, 0, 0, 0, 1],
        ],
    };

    [Theory]
    [InlineData("oversized", "clw-message-too-large")]
    [InlineData("truncated message", "clw-protocol - The other side broke the protocol: the stream ended inside a message")]
    [InlineData("truncated prefix", "clw-protocol - The other side broke the protocol: the stream ended inside a message")]
    [InlineData("compressed flag 2", "clw-protocol")]
    [InlineData("compressed, no encoding", "clw-protocol")]
    [InlineData("unknown encoding", "clw-protocol")]
    [InlineData("gzip bomb", "clw-message-too-large")]
    [InlineData("torn gzip", "clw-protocol")]
    [InlineData("not protobuf", "clw-protocol")]
    [InlineData("two answers", "clw-protocol")]
    [InlineData("no answer", "clw-protocol")]
    [InlineData("trailers missing", "clw-remote-failure UNKNOWN The answer ended without a gRPC status.")]
    [InlineData("status that is no number", "clw-remote-failure UNKNOWN")]
    [InlineData("status of the future", "clw-remote-failure UNKNOWN")]
    [InlineData("invalid UTF-8, encoded", "clw-remote-failure FAILED_PRECONDITION bad \uFFFD\uFFFD end")]
    [InlineData("invalid UTF-8, raw", "clw-remote-failure FAILED_PRECONDITION bad ")]
    [InlineData("torn percent", "clw-remote-failure FAILED_PRECONDITION 50% %4 %zz")]
    [InlineData("details of nonsense", "clw-remote-failure FAILED_PRECONDITION")]
    [InlineData("HTTP 503", "clw-connection-lost UNAVAILABLE")]
    [InlineData("HTTP 404", "clw-unimplemented UNIMPLEMENTED")]
    [InlineData("HTTP 302", "clw-remote-failure UNKNOWN")]
    [InlineData("HTTP 200 of a web page", "clw-remote-failure UNKNOWN")]
    [InlineData("reset, cancelled", "clw-call-cancelled")]
    [InlineData("reset, internal", "clw-protocol")]
    [InlineData("reset after half a message", "clw-protocol")]
    [InlineData("huge header", "clw-")]
    [InlineData("many headers", "clw-")]
    [InlineData("data on stream 0", "clw-handshake-timeout")]
    [InlineData("a frame over the frame limit", "clw-protocol")]
    public async Task AnAnswerIsNamedForWhatItIs(string what, string end)
    {
        var got = await program.AttackAsync(
            "call",
            Patience,
            async wire =>
            {
                foreach (var bytes in Answers[what])
                {
                    await wire.FloodAsync(bytes, 1);
                }
            }
        );
        Assert.StartsWith($"ended {end}", got);
        Assert.DoesNotContain("clw-deadline-exceeded", got);
        Assert.DoesNotContain("clw-internal", got);
    }

    [Theory]
    [InlineData(Ping)]
    [InlineData(Http2Wire.Settings)]
    [InlineData(Continuation)]
    [InlineData((byte)0xEE)]
    public async Task AFloodCannotFillTheClient(byte type)
    {
        var frame = type switch
        {
            Ping => Bytes(Ping, 0, 0, new byte[8]),
            Http2Wire.Settings => Bytes(type, 0, 0, []),
            Continuation => Bytes(Continuation, 0, 1, Hpack.Encode([("x-flood", new string('f', 8000))])),
            _ => Bytes(type, 0, 0, new byte[100]),
        };
        var chunk = Enumerable.Repeat(frame, 1000).SelectMany(b => b).ToArray();
        var got = await program.AttackAsync(
            "call",
            Patience,
            async wire =>
            {
                if (type == Continuation)
                {
                    await wire.SendAsync(Bytes(Http2Wire.Headers, 0, 1, Hpack.Encode([(":status", "200")])));
                }
                await wire.FloodAsync(chunk, type == Continuation ? 20 : 1000);
            }
        );
        Assert.StartsWith("ended clw-handshake-timeout", got);
        Assert.Contains(type == 0xEE ? "does not answer as an HTTP/2 server" : "before the handshake was completed", got);
    }

    [Fact]
    public async Task AnAnswerWithoutEndIsRefused()
    {
        var message = Message(0, [0x0A, 0]);
        var chunk = Bytes(Data, 0, 1, [.. Enumerable.Repeat(message, 2000).SelectMany(b => b)]);
        var got = await program.AttackAsync(
            "call",
            Patience,
            async wire =>
            {
                await wire.SendAsync(Head());
                await wire.FloodAsync(chunk, 2000);
            }
        );
        Assert.StartsWith("ended clw-protocol", got);
    }

    [Theory]
    [InlineData("call")]
    [InlineData("pour")]
    public async Task AByteAtATimeEndsAtTheDeadline(string how)
    {
        using var stop = new CancellationTokenSource();
        var got = await program.AttackAsync(
            how,
            400,
            async wire =>
            {
                await wire.SendAsync(Head());
                foreach (var b in Message(0, new byte[30]))
                {
                    await wire.FloodAsync(Bytes(Data, 0, 1, [b]), 1);
                    await Task.Delay(20, CancellationToken.None);
                }
            }
        );
        Assert.StartsWith("ended clw-deadline-exceeded", got);
    }

    [Fact]
    public async Task AWindowThatNeverOpensHoldsTheWriterNotItsMemory()
    {
        var got = await program.AttackAsync("pour", 400, wire => wire.SendAsync(Head()), window: 0);
        Assert.StartsWith("ended clw-deadline-exceeded", got);
    }

    [Fact]
    public async Task ACallThatWasRefusedUnreadIsMadeAgainAtOnce()
    {
        var got = await program.AttackAsync(
            "call",
            Patience,
            async wire =>
            {
                await wire.SendAsync(Bytes(Reset, 0, 1, [0, 0, 0, 7]));
                var again = await wire.NextCallAsync();
                await wire.SendAsync(Bytes(Http2Wire.Headers, EndHeaders | EndStream, again, Hpack.Encode([(":status", "429")])));
            }
        );
        Assert.StartsWith("ended clw-connection-lost UNAVAILABLE", got);
    }

    [Fact]
    public async Task AConnectionCutInsideAFrameIsLost()
    {
        var got = await program.AttackAsync(
            "call",
            Patience,
            async wire =>
            {
                await wire.SendAsync(Head());
                await wire.SendAsync(Body(new byte[100]).AsMemory(0, 50));
                wire.Dispose();
            }
        );
        Assert.StartsWith("ended clw-connection-lost", got);
    }

    [Fact]
    public async Task APingThatIsNotAnsweredEndsTheConnection()
    {
        var got = await program.AttackAsync("call", 20_000, _ => Task.CompletedTask, answerPings: false);
        Assert.Contains("clw-", got);
        Assert.DoesNotContain("clw-deadline-exceeded", got);
    }

    private static byte[] Head(params (string, string)[] more) =>
        Bytes(Http2Wire.Headers, EndHeaders, 1, Hpack.Encode([(":status", "200"), ("content-type", "application/grpc"), .. more]));

    private static byte[] End((string, string)[] headers) => Bytes(Http2Wire.Headers, EndHeaders | EndStream, 1, Hpack.Encode(headers));

    private static byte[] Body(byte[] body) => Bytes(Data, 0, 1, body);

    private static byte[][] Parts(byte[] body) => [.. body.Chunk(16_000).Select(Body)];

    private static byte[][] Headers(string value, int count)
    {
        var all = Enumerable.Range(0, count).Select(n => ($"x-{n}", value));
        var block = Hpack.Encode([(":status", "200"), ("content-type", "application/grpc"), .. all]);
        var parts = block.Chunk(16_000).ToArray();
        return
        [
            .. parts.Select(
                (part, n) => Bytes(n == 0 ? Http2Wire.Headers : Continuation, n == parts.Length - 1 ? EndHeaders : (byte)0, 1, part)
            ),
            End(Ok),
        ];
    }

    /// <summary>The program with our client; each attack is a server of its own.</summary>
    public sealed class Program : IAsyncLifetime
    {
        private Watched watched = null!;

        public async ValueTask InitializeAsync() => watched = await Watched.StartAsync();

        public ValueTask DisposeAsync() => watched.DisposeAsync();

        /// <summary>Lets our client call a server that does this, and returns what the client said.</summary>
        internal async Task<string> AttackAsync(
            string how,
            int milliseconds,
            Func<Http2Wire, Task> answer,
            int window = 65535,
            bool answerPings = true
        )
        {
            var said = "";
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            await watched.AttackAsync(async () =>
            {
                var asking = watched.Peer.AskAsync($"{how} http://{listener.LocalEndpoint} {milliseconds}");
                var (wire, stream) = await AcceptAsync(listener, window);
                Assert.Equal(1, stream);
                using (wire)
                {
                    await answer(wire);
                    var draining = answerPings ? wire.DrainAsync() : Task.CompletedTask;
                    said = await asking;
                    wire.Dispose();
                    await draining;
                }
            });
            return said;
        }
    }
}
