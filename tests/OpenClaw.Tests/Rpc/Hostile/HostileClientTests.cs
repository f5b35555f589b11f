using OpenClaw.RpcPeer;
using static OpenClaw.Tests.Rpc.Hostile.Http2Wire;

namespace OpenClaw.Tests.Rpc.Hostile;

/// <summary>Our server and clients that mean harm: the right end, bounded memory, an unharmed neighbour.</summary>
public sealed class HostileClientTests(HostileClientTests.Server server) : IClassFixture<HostileClientTests.Server>
{
    private const int Limit = 4 * 1024 * 1024;
    private static readonly string Unary = TestMethods.UnaryCall.Path;
    private static readonly string Duplex = TestMethods.FullDuplexCall.Path;

    public static TheoryData<string, byte[], string> BrokenMessages =>
        new()
        {
            { "oversized", [0, 0x7F, 0xFF, 0xFF, 0xFF], "8 clw-message-too-large" },
            { "one byte over the limit", [0, 0, 0x40, 0, 1], "8 clw-message-too-large" },
            { "truncated message", [0, 0, 0, 0, 100, 1, 2, 3], "13 clw-protocol" },
            { "truncated prefix", [0, 0], "13 clw-protocol" },
            { "no message", [], "13 clw-protocol" },
            { "compressed flag 2", [2, 0, 0, 0, 0], "13 clw-protocol" },
            { "compressed flag 255", [255, 0, 0, 0, 0], "13 clw-protocol" },
            { "not gzip", [1, 0, 0, 0, 3, 1, 2, 3], "13 clw-protocol" },
            { "not protobuf", [0, 0, 0, 0, 1, 0xFF], "13 clw-protocol" },
            { "gzip bomb", Message(1, Bomb(256 << 20)), "8 clw-message-too-large" },
            { "gzip bomb that says it is small", Message(1, [.. Bomb(256 << 20)[..^4], 100, 0, 0, 0]), "13 clw-protocol" },
            { "torn gzip", Message(1, [.. Bomb(100_000)[..^9], 9, 0, 0, 0]), "13 clw-protocol" },
        };

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    public Task ABrokenMessageEndsItsCallAlone(string what, byte[] body, string end) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            foreach (var (stream, path) in new[] { (1, Unary), (3, Duplex) })
            {
                await wire.SendAsync(Call(stream, path, ("grpc-encoding", "gzip")));
                await wire.SendDataAsync(stream, body);
                var got = await wire.EndOfAsync(stream);
                // A stream may end without a message; a call that has one may not.
                var wanted = path == Duplex && body.Length == 0 ? "0 " : end;
                Assert.Equal((what, wanted), (what, $"{got.GetValueOrDefault("grpc-status")} {got.GetValueOrDefault("clw-code")}"));
            }
        });

    [Fact]
    public Task ManyBombsAtOnceStayBounded() =>
        server.Watched.AttackAsync(async () =>
        {
            var bomb = Message(1, Bomb(64 << 20));
            using var wire = await ConnectAsync(server.Address);
            for (var stream = 1; stream < 64; stream += 2)
            {
                await wire.SendAsync(Call(stream, Unary, ("grpc-encoding", "gzip")));
                await wire.SendDataAsync(stream, bomb);
            }
            Assert.Equal("8", (await wire.EndOfAsync(63))["grpc-status"]);
        });

    [Fact]
    public Task AFrameThatIsCutOffHurtsNobody() =>
        server.Watched.AttackAsync(async () =>
        {
            for (var cut = 1; cut < 40; cut += 4)
            {
                using var wire = await ConnectAsync(server.Address);
                await wire.SendAsync(Call(1, Duplex));
                await wire.SendAsync(Bytes(Data, 0, 1, new byte[40]).AsMemory(0, cut));
            }
        });

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(0)]
    public Task ContinuationsWithoutEndCloseTheConnection(int size) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            await wire.SendAsync(Bytes(Headers, 0, 1, Hpack.Encode(CallHeaders(Unary))));
            var name = Hpack.Encode([("x-flood", new string('a', Math.Max(1, size - 100)))]);
            var chunk = Enumerable.Repeat(Bytes(Continuation, 0, 1, size == 0 ? [] : name), 64).SelectMany(b => b).ToArray();
            var sent = await wire.FloodAsync(chunk, size == 0 ? 10_000 : 100);
            // Large ones are refused by size, empty ones by the time that headers may take.
            Assert.True(size == 0 || sent < 50 << 20, $"{sent} bytes of headers were taken");
            await wire.ClosedAsync();
        });

    [Fact]
    public Task HeadersThatNeverEndCloseTheConnection() =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            await wire.SendAsync(Bytes(Headers, 0, 1, Hpack.Encode(CallHeaders(Unary))));
            await wire.ClosedAsync();
        });

    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(3, 14_000)]
    [InlineData(2000, 10)]
    public Task HugeMetadataIsRefused(int count, int size) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            var more = Enumerable.Range(0, count).Select(n => ($"x-{n}", new string('v', size))).ToArray();
            var block = Hpack.Encode(CallHeaders(Unary, more));
            var first = Math.Min(block.Length, 16_000);
            await wire.SendAsync(Bytes(Headers, first == block.Length ? EndHeaders : (byte)0, 1, block.AsSpan(0, first)));
            for (var at = first; at < block.Length; at += 16_000)
            {
                var length = Math.Min(16_000, block.Length - at);
                var last = at + length == block.Length;
                await wire.FloodAsync(Bytes(Continuation, last ? EndHeaders : (byte)0, 1, block.AsSpan(at, length)), 1);
            }
            var got = await wire.EndOfAsync(1);
            Assert.True(got.GetValueOrDefault(":status") == "431" || got.ContainsKey("goaway") || got.ContainsKey("closed"), Show(got));
        });

    [Fact]
    public Task RapidResetsEndTheConnection() =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            var stream = 1;
            for (var i = 0; i < 200; i++)
            {
                using var chunk = new MemoryStream();
                for (var n = 0; n < 100; n++, stream += 2)
                {
                    chunk.Write(Call(stream, Duplex));
                    chunk.Write(Bytes(Reset, 0, stream, [0, 0, 0, 8]));
                }
                await wire.FloodAsync(chunk.ToArray(), 1);
            }
            var got = await wire.EndOfAsync(1);
            Assert.True(got.ContainsKey("goaway") || got.ContainsKey("closed"), Show(got));
        });

    [Theory]
    [InlineData(Ping)]
    [InlineData(Http2Wire.Settings)]
    [InlineData(WindowUpdate)]
    [InlineData((byte)0xEE)]
    public Task AFloodOfControlFramesThatNobodyReadsIsHeldBack(byte type) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            await wire.SendAsync(Call(1, Duplex));
            var frame = type switch
            {
                Ping => Bytes(Ping, 0, 0, new byte[8]),
                Http2Wire.Settings => Bytes(type, 0, 0, []),
                WindowUpdate => Bytes(WindowUpdate, 0, 1, [0, 0, 0, 1]),
                _ => Bytes(type, 0, 0, new byte[100]),
            };
            await wire.FloodAsync([.. Enumerable.Repeat(frame, 1000).SelectMany(b => b)], 500);
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task AWindowThatNeverOpensCannotHoldAnAnswer(bool streaming) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address, window: 0);
            await wire.SendAsync(Call(1, streaming ? TestMethods.StreamingOutputCall.Path : Unary));
            // StreamingOutputCallRequest with sixty answers of 1 MiB; SimpleRequest with one of 3 MiB.
            byte[] asked = streaming
                ? [.. Enumerable.Repeat<byte[]>([0x12, 4, 8, 0x80, 0x80, 0x40], 60).SelectMany(b => b)]
                : [0x10, 0x80, 0x80, 0xC0, 1];
            await wire.SendDataAsync(1, Message(0, asked));
            var got = await wire.EndOfAsync(1);
            Assert.True(got.ContainsKey("rst"), Show(got));
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task AByteAtATimeIsNotWaitedForLongerThanAllowed(bool unary) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            await wire.SendAsync(Call(1, unary ? Unary : Duplex));
            using var stop = new CancellationTokenSource();
            var dripping = DripAsync(wire, stop.Token);
            var got = await wire.EndOfAsync(1);
            await stop.CancelAsync();
            await dripping;
            Assert.Equal(("4", "clw-slow-peer"), (got["grpc-status"], got["clw-code"]));
        });

    [Fact]
    public Task ASilentStreamMayBeSilentForAsLongAsItLikes() =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            await wire.SendAsync(Call(1, Duplex));
            await wire.SendAsync(Bytes(Data, 0, 1, Message(0, [])));
            await Task.Delay(Server.ReceiveTimeout * 3, TestContext.Current.CancellationToken);
            await wire.SendAsync(Bytes(Data, EndStream, 1, Message(0, [])));
            Assert.Equal("0", (await wire.EndOfAsync(1))["grpc-status"]);
        });

    [Theory]
    [InlineData("data on stream 0", new byte[] { 0, 0, 0, Data, 0, 0, 0, 0, 0 })]
    [InlineData("a frame over the frame limit", new byte[] { 0xFF, 0xFF, 0xFF, Data, 0, 0, 0, 0, 1 })]
    [InlineData("a window that overflows", new byte[] { 0, 0, 4, WindowUpdate, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData("a ping of the wrong size", new byte[] { 0, 0, 1, Ping, 0, 0, 0, 0, 0, 0 })]
    [InlineData("headers of nonsense", new byte[] { 0, 0, 2, Headers, 5, 0, 0, 0, 1, 0xFF, 0xFF })]
    public Task ABrokenFrameEndsItsConnection(string what, byte[] bytes) =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            await wire.SendAsync(bytes);
            var got = await wire.EndOfAsync(1);
            Assert.True(got.ContainsKey("goaway") || got.ContainsKey("closed"), what + Show(got));
        });

    [Fact]
    public Task AnotherContentTypeIsNoCall() =>
        server.Watched.AttackAsync(async () =>
        {
            using var wire = await ConnectAsync(server.Address);
            var headers = CallHeaders(Unary).Select(h => h.Item1 == "content-type" ? (h.Item1, "application/json") : h);
            await wire.SendAsync(Bytes(Headers, EndHeaders | EndStream, 1, Hpack.Encode(headers)));
            Assert.Equal("415", (await wire.EndOfAsync(1))[":status"]);
        });

    private static async Task DripAsync(Http2Wire wire, CancellationToken stop)
    {
        byte[] message = Message(0, new byte[100]);
        for (var i = 0; i < message.Length && !stop.IsCancellationRequested; i++)
        {
            await wire.FloodAsync(Bytes(Data, 0, 1, [message[i]]), 1);
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private static string Show(Dictionary<string, string> got) => string.Join(", ", got.Select(p => $"{p.Key}={p.Value}"));

    /// <summary>Our program with short limits of time, under attack by all tests of the class in turn.</summary>
    public sealed class Server : IAsyncLifetime
    {
        internal static readonly TimeSpan ReceiveTimeout = TimeSpan.FromMilliseconds(300);

        internal Watched Watched { get; private set; } = null!;

        internal Uri Address => Watched.Address;

        public async ValueTask InitializeAsync() =>
            Watched = await Watched.StartAsync(
                "--receive-timeout=300",
                "--send-timeout=300",
                "--head-timeout=700",
                $"--max-receive={Limit}"
            );

        public ValueTask DisposeAsync() => Watched.DisposeAsync();
    }
}
