using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;

namespace OpenClaw.Tests.Rpc.Hostile;

/// <summary>HTTP/2 by hand on a socket: says whatever a test likes, and reads what comes back frame by frame.</summary>
internal sealed class Http2Wire(Socket socket) : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;
    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;
    private const int Preface = 24;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public readonly record struct Frame(byte Type, byte Flags, int Stream, byte[] Body)
    {
        public int Code => BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(Type == GoAway ? 4 : 0));

        public bool Ends => (Flags & EndStream) != 0 && Type is Data or Headers;
    }

    /// <summary>Connects as a client and says the preface; allows the peer no table of headers.</summary>
    /// <param name="address">The server.</param>
    /// <param name="window">How many bytes the server may send on a stream.</param>
    public static async Task<Http2Wire> ConnectAsync(Uri address, int window = 65535)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        var wire = new Http2Wire(socket);
        await wire.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await wire.SendAsync(Bytes(Settings, 0, 0, [.. Setting(1, 0), .. Setting(4, window)]));
        return wire;
    }

    /// <summary>Answers as a server: reads the client's preface, says its settings, returns the stream of the first call.</summary>
    public static async Task<(Http2Wire Wire, int Stream)> AcceptAsync(TcpListener listener, int window = 65535)
    {
        var wire = new Http2Wire(await listener.AcceptSocketAsync().WaitAsync(Patience));
        await wire.ReadExactlyAsync(Preface);
        await wire.SendAsync(Bytes(Settings, 0, 0, Setting(4, window)));
        return (wire, await wire.NextCallAsync());
    }

    /// <summary>As a server: the stream of the next call.</summary>
    public async Task<int> NextCallAsync()
    {
        while (true)
        {
            var frame = await ReadAsync() ?? throw new InvalidOperationException("The client went away.");
            if (frame.Type == Headers)
            {
                return frame.Stream;
            }
            if (frame is { Type: Settings, Flags: 0 })
            {
                await SendAsync(Bytes(Settings, Ack, 0, []));
            }
        }
    }

    /// <summary>A frame's bytes, for those who send many at once.</summary>
    public static byte[] Bytes(byte type, byte flags, int stream, ReadOnlySpan<byte> body)
    {
        var frame = new byte[9 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        body.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>A length-prefixed message.</summary>
    public static byte[] Message(byte flag, byte[] body) =>
        [flag, (byte)(body.Length >> 24), (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    /// <summary>A message of this many zeros, packed.</summary>
    public static byte[] Bomb(int size)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var left = size; left > 0; left -= 1 << 20)
            {
                gzip.Write(new byte[Math.Min(left, 1 << 20)]);
            }
        }
        return packed.ToArray();
    }

    /// <summary>The headers of a call as a proper client says them.</summary>
    public static byte[] Call(int stream, string path, params (string, string)[] more) =>
        Bytes(Headers, EndHeaders, stream, Hpack.Encode(CallHeaders(path, more)));

    public static (string, string)[] CallHeaders(string path, params (string, string)[] more) =>
        [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            .. more,
        ];

    /// <summary>Sends a message in frames that everybody takes, and ends the side if asked.</summary>
    public async Task SendDataAsync(int stream, byte[] body, bool end = true)
    {
        var at = 0;
        do
        {
            var length = Math.Min(16_000, body.Length - at);
            var last = end && at + length == body.Length;
            await SendAsync(Bytes(Data, last ? EndStream : (byte)0, stream, body.AsSpan(at, length)));
            at += length;
        } while (at < body.Length);
    }

    public async Task SendAsync(byte[] bytes) => await SendAsync((ReadOnlyMemory<byte>)bytes);

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>
    /// Sends until all is sent, the peer has hung up, or it takes nothing for half a second (back-pressure). Returns how many bytes went.
    /// </summary>
    public async Task<long> FloodAsync(byte[] chunk, int times)
    {
        long sent = 0;
        for (var i = 0; i < times; i++)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            try
            {
                for (ReadOnlyMemory<byte> left = chunk; !left.IsEmpty; )
                {
                    var n = await socket.SendAsync(left, patience.Token);
                    sent += n;
                    left = left[n..];
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                break;
            }
        }
        return sent;
    }

    /// <summary>The next frame; null when the peer has closed the connection.</summary>
    public async Task<Frame?> ReadAsync()
    {
        var head = await ReadExactlyAsync(9);
        if (head is null)
        {
            return null;
        }
        var length = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
        var body = await ReadExactlyAsync(length);
        return body is null ? null : new(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), body);
    }

    /// <summary>
    /// How the call on this stream ended: its headers and trailers in one, with <c>rst</c> or <c>goaway</c> for an end by force and
    /// <c>closed</c> for a connection that was closed.
    /// </summary>
    public async Task<Dictionary<string, string>> EndOfAsync(int stream)
    {
        var all = new Dictionary<string, string>();
        while (true)
        {
            if (await ReadAsync() is not { } frame)
            {
                all["closed"] = "yes";
                return all;
            }
            switch (frame.Type)
            {
                case Headers when frame.Stream == stream:
                    foreach (var (name, value) in Hpack.Decode(frame.Body))
                    {
                        all[name] = value;
                    }
                    break;
                case Reset when frame.Stream == stream:
                    all["rst"] = $"{frame.Code}";
                    return all;
                case GoAway:
                    all["goaway"] = $"{frame.Code}";
                    return all;
            }
            if (frame.Stream == stream && frame.Ends)
            {
                return all;
            }
        }
    }

    /// <summary>Waits until the peer has closed the connection.</summary>
    public async Task ClosedAsync()
    {
        while (await ReadAsync() is not null)
        {
            // What it says before is of no interest.
        }
    }

    /// <summary>Reads on, and answers pings, until the connection is gone.</summary>
    public async Task DrainAsync()
    {
        try
        {
            while (await ReadAsync() is { } frame)
            {
                if (frame is { Type: Ping, Flags: 0 })
                {
                    await SendAsync(Bytes(Ping, Ack, 0, frame.Body));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It is gone.
        }
    }

    public void Dispose() => socket.Dispose();

    private static byte[] Setting(short id, int value)
    {
        var setting = new byte[6];
        BinaryPrimitives.WriteInt16BigEndian(setting, id);
        BinaryPrimitives.WriteInt32BigEndian(setting.AsSpan(2), value);
        return setting;
    }

    private async Task<byte[]?> ReadExactlyAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count; )
        {
            using var patience = new CancellationTokenSource(Patience);
            int read;
            try
            {
                read = await socket.ReceiveAsync(bytes.AsMemory(at), patience.Token);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return null;
            }
            if (read == 0)
            {
                return null;
            }
            at += read;
        }
        return bytes;
    }
}
