using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Client;

namespace OpenClaw.Rpc;

/// <summary>
/// Calls to one address, over one HTTP/2 connection that is opened at the first call and opened anew after it broke.
/// Safe for any number of threads. Holds no reconnect loop: a call that finds the peer away fails at once, and the caller decides.
/// </summary>
public sealed partial class RpcChannel : IDisposable
{
    /// <summary>In a failure's data: <c>no</c> when nothing of the call was handed to a connection, so that it certainly did not arrive.</summary>
    public const string SentKey = "sent";

    private static readonly MediaTypeHeaderValue GrpcType = new(RpcProtocol.ContentType);
    private static readonly string UserAgent = $"grpc-dotnet-openclaw/{typeof(RpcChannel).Assembly.GetName().Version?.ToString(3)}";

    private readonly HttpMessageInvoker invoker;
    private readonly Uri address;
    private readonly ConcurrentDictionary<string, Uri> uris = new(StringComparer.Ordinal);

    // Connections are numbered as they are dialled; the newest, whether TCP stands, and the newest that answered a call.
    private volatile int connection;
    private volatile bool connected;
    private volatile int answered;
    private volatile bool disposed;

    // Connections that are open: more than one while an old one ends its calls. Guarded by itself.
    private readonly HashSet<ChannelStream> streams = [];

    // Never disposed: connections that are being opened look at it, and it holds nothing.
    private readonly CancellationTokenSource closing = new();

    /// <param name="address"><c>http://host:port</c> (HTTP/2 without TLS, known beforehand) or <c>https://host:port</c>.</param>
    /// <param name="options">Null: the defaults.</param>
    public RpcChannel(Uri address, RpcChannelOptions? options = null)
    {
        this.address = address;
        Options = options ?? new();
        Authority = address.Authority;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectTimeout = Options.ConnectTimeout,
            KeepAlivePingDelay = Options.KeepAliveDelay,
            KeepAlivePingTimeout = Options.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            InitialHttp2StreamWindowSize = 1024 * 1024,
            ConnectCallback = ConnectAsync,
        };
        if (Options.Tls is not null)
        {
            handler.SslOptions = Options.Tls;
        }
        invoker = new(handler, disposeHandler: true);
    }

    public RpcChannelOptions Options { get; }

    /// <summary>The number of the newest connection, counted as they are dialled.</summary>
    internal int Connection => connection;

    /// <summary>HOST:PORT.</summary>
    public string Authority { get; }

    /// <summary>
    /// Ends every call that is under way, and every later one, with <c>clw-connection-lost</c> ("the channel is closed"), and closes the
    /// connection. What was written just before may not arrive: who wants an orderly end waits for its calls first.
    /// </summary>
    public void Dispose()
    {
        disposed = true;
        closing.Cancel();
        invoker.Dispose();

        // The handler leaves calls that are under way alone; without their connection they end.
        ChannelStream[] left;
        lock (streams)
        {
            left = [.. streams];
            streams.Clear();
        }

        foreach (var stream in left)
        {
            stream.Dispose();
        }
    }

    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken token)
    {
        var response = await invoker.SendAsync(request, token);
        if (request.Content is CallContent { Connection: var number } && number > answered)
        {
            answered = number;
        }
        return response;
    }

    internal HttpRequestMessage NewRequest(string path, HttpContent content, in CallOptions options)
    {
        if (!uris.TryGetValue(path, out var uri))
        {
            uri = uris.GetOrAdd(path, static (p, root) => new Uri(root, p), address);
        }
        content.Headers.ContentType = GrpcType;
        var request = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        if (options.Timeout is { } timeout)
        {
            headers.TryAddWithoutValidation(RpcProtocol.TimeoutHeader, RpcTimeout.Format(timeout));
        }
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation("user-agent", UserAgent);
        headers.TryAddWithoutValidation(RpcProtocol.AcceptEncodingHeader, RpcProtocol.AcceptedEncodings);
        if (options.Compress)
        {
            headers.TryAddWithoutValidation(RpcProtocol.EncodingHeader, RpcProtocol.Gzip);
        }
        if (Options.Authorization?.Invoke() is { } authorization)
        {
            headers.TryAddWithoutValidation("authorization", authorization);
        }
        if (options.Metadata is { } metadata)
        {
            foreach (var (key, wire) in metadata)
            {
                headers.TryAddWithoutValidation(key, wire);
            }
        }
        return request;
    }

    /// <summary>The name of what a call threw, when neither its caller nor its deadline ended it.</summary>
    /// <param name="exception">What it threw.</param>
    /// <param name="content">Its body: a call is named for the connection that it used, which need not be the newest.</param>
    internal Failure Classify(Exception exception, CallContent content)
    {
        if (disposed)
        {
            return TransportFailures.Closed(Authority);
        }

        var sent = content.Connection > 0;
        var used = sent ? content.Connection : connection;
        var failure = TransportFailures.Classify(exception, Authority, sent || connected, answered >= used);
        return sent ? failure : TransportFailures.NotSent(failure);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken token)
    {
        connected = false;
        Interlocked.Increment(ref connection);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, closing.Token);
            await socket.ConnectAsync(context.DnsEndPoint, either.Token);
            connected = true;
            return Opened(new ChannelStream(socket, this));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ChannelStream Opened(ChannelStream stream)
    {
        lock (streams)
        {
            streams.Add(stream);
        }

        // Set before the set is emptied: one of the two sees this connection.
        return disposed ? throw new OperationCanceledException(closing.Token) : stream;
    }

    private void Closed(ChannelStream stream)
    {
        lock (streams)
        {
            streams.Remove(stream);
        }
    }

    /// <summary>A connection that its channel knows for as long as it is open.</summary>
    private sealed class ChannelStream(Socket socket, RpcChannel owner) : NetworkStream(socket, ownsSocket: true)
    {
        protected override void Dispose(bool disposing)
        {
            owner.Closed(this);
            base.Dispose(disposing);
        }
    }
}
