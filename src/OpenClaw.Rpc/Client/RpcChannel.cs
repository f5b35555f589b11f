using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
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

    // When the newest connection was opened, or something last came.
    private long heardAt = Stopwatch.GetTimestamp();
    private volatile bool disposed;

    // What the newest connection heard first: perhaps why it is refused.
    private volatile FirstWords words = new();

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
        var seen = new ConnectionSeen(address.Scheme == Uri.UriSchemeHttps, sent || connected, answered >= used, Silence());
        var failure = Refused(exception, seen) ?? TransportFailures.Classify(exception, Authority, seen);
        return sent ? failure : TransportFailures.NotSent(failure);
    }

    // Nothing has come for as long as a ping may wait for its answer: the other side says nothing at all.
    private TimeSpan? Silence() =>
        Stopwatch.GetElapsedTime(Interlocked.Read(ref heardAt)) is var silence && silence >= Options.KeepAliveTimeout ? silence : null;

    private void Heard() => Interlocked.Exchange(ref heardAt, Stopwatch.GetTimestamp());

    // What the server says, or leaves unsaid, about our certificate comes after our side of the handshake is done (TLS 1.3): with the first
    // read. Nothing of a call was carried out on such a connection.
    private Failure? Refused(Exception exception, ConnectionSeen seen)
    {
        if (seen.Answered || !seen.Connected)
        {
            return null;
        }

        var own = Options.TlsClient;
        var shown = own?.Source.Current.Names?.Subject ?? (Options.Tls is null ? null : "(given)");
        var refused =
            TlsRefusal.Read(words.Kept, Authority, shown)
            ?? (
                !seen.Tls ? null
                : TlsFailures.AlertOf(exception) is { } alert
                    ? own?.Explain(alert, Authority) ?? TlsFailures.OfAlert(alert, Authority, shown)
                : TransportFailures.IsBroken(exception) ? own?.OwnTrouble(Authority)
                : null
            );
        return refused is null ? null : TransportFailures.NotSent(refused);
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
            Heard();
            var heard = words = new();
            var secure = address.Scheme == Uri.UriSchemeHttps;
            Stream open = Opened(new ChannelStream(socket, this, secure ? null : heard));
            return secure ? await ProtectAsync(open, heard, either.Token) : open;
        }
        catch (OperationCanceledException) when (connected && token.IsCancellationRequested && !closing.IsCancellationRequested)
        {
            socket.Dispose();
            throw TlsFailures.TimedOut(Authority).AsException();
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The handler knows its own token alone: with any other it would not say that the time was over.
            socket.Dispose();
            throw new OperationCanceledException(token);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Here and not by the handler, so that each connection takes the certificates of its moment and a failure has its reason.
    private Task<SslStream> ProtectAsync(Stream open, FirstWords heard, CancellationToken token)
    {
        // An IPv6 address has no brackets in a certificate.
        var host = address.IdnHost.Trim('[', ']');
        var first = new FirstByte(open);
        var stream = new ListeningSslStream(first, heard);
        return Options.TlsClient is { } own
            ? own.AuthenticateAsync(stream, first, host, Authority, SslApplicationProtocol.Http2, token)
            : TlsClient.AuthenticateAsync(stream, first, Authority, Given(host), TimeProvider.System, token);
    }

    // A copy: the options are the caller's, and may serve many channels.
    private SslClientAuthenticationOptions Given(string host)
    {
        var given = Options.Tls ?? new();
        return new()
        {
            TargetHost = string.IsNullOrEmpty(given.TargetHost) ? host : given.TargetHost,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            EnabledSslProtocols = given.EnabledSslProtocols,
            CertificateRevocationCheckMode = given.CertificateRevocationCheckMode,
            CertificateChainPolicy = given.CertificateChainPolicy,
            ClientCertificates = given.ClientCertificates,
            ClientCertificateContext = given.ClientCertificateContext,
            LocalCertificateSelectionCallback = given.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = given.RemoteCertificateValidationCallback,
            EncryptionPolicy = given.EncryptionPolicy,
            CipherSuitesPolicy = given.CipherSuitesPolicy,
            AllowRenegotiation = given.AllowRenegotiation,
            AllowTlsResume = given.AllowTlsResume,
        };
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
    private sealed class ChannelStream(Socket socket, RpcChannel owner, FirstWords? words) : NetworkStream(socket, ownsSocket: true)
    {
        // What counts is what came, not that a read began: TLS begins another one while its connection is being closed.
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = base.ReadAsync(buffer, cancellationToken);
            return read.IsCompletedSuccessfully ? new(Took(buffer, read.Result)) : TakeAsync(read, buffer);
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<int> TakeAsync(ValueTask<int> read, Memory<byte> buffer) => Took(buffer, await read);

        private int Took(Memory<byte> buffer, int count)
        {
            if (count > 0)
            {
                owner.Heard();
                if (words is { IsFull: false })
                {
                    words.Add(buffer.Span[..count]);
                }
            }

            return count;
        }

        protected override void Dispose(bool disposing)
        {
            owner.Closed(this);
            base.Dispose(disposing);
        }
    }
}
