using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>One call as its handler sees it. Valid until the handler has returned; for one thread at a time, but for <see cref="Cancellation"/>.</summary>
public sealed class RpcServerContext : IDisposable
{
    private readonly HttpContext http;
    private RpcMetadata? metadata;
    private RpcMetadata? responseHeaders;
    private RpcMetadata? responseTrailers;
    private CancellationTokenSource? source;
    private readonly CancellationTokenSource? deadline;
    private volatile bool stalled;

    internal RpcServerContext(HttpContext http, RpcServerOptions options, TimeSpan? timeout)
    {
        this.http = http;
        Options = options;
        Compress = options.Compress;
        Timeout = timeout;
        if (timeout is { TotalMilliseconds: <= int.MaxValue } time)
        {
            deadline = new(time > TimeSpan.Zero ? (int)Math.Ceiling(time.TotalMilliseconds) : 0);
        }
    }

    internal RpcServerOptions Options { get; }

    /// <summary>The path of the method, <c>/package.Service/Method</c>.</summary>
    public string Method => http.Request.Path.Value ?? "";

    /// <summary>How long the client allowed from the call's beginning; null when it named no deadline.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>True once the client's time is used up; whatever the handler returns, the client gets DEADLINE_EXCEEDED.</summary>
    public bool DeadlinePassed => deadline is { IsCancellationRequested: true };

    /// <summary>Fires at the deadline, when the client gave the call up or went away, and when the server stops.</summary>
    public CancellationToken Cancellation
    {
        get
        {
            if (source is null)
            {
                if (deadline is null && !Options.Stopping.CanBeCanceled)
                {
                    return http.RequestAborted;
                }
                var linked = CancellationTokenSource.CreateLinkedTokenSource(
                    http.RequestAborted,
                    Options.Stopping,
                    deadline?.Token ?? CancellationToken.None
                );
                // A reader and a writer may ask at once; one that is not kept must let go of the server's token.
                if (Interlocked.CompareExchange(ref source, linked, null) is not null)
                {
                    linked.Dispose();
                }
            }
            return source.Token;
        }
    }

    /// <summary>The value of the header <c>authorization</c>, or null.</summary>
    public string? Authorization => http.Request.Headers.Authorization is [{ } value, ..] ? value : null;

    /// <summary>Who calls, as <see cref="RpcServerOptions.Authenticate"/> found.</summary>
    public string Principal { get; set; } = "";

    /// <summary>Whom the certificate names that the client has shown and that was found good; null on a connection without TLS.</summary>
    public CertificateNames? ClientCertificate => (http.Features.Get<ITlsConnectionFeature>() as PeerCertificate)?.Names;

    /// <summary>The client's address; null when the transport has none.</summary>
    public IPAddress? RemoteAddress => http.Connection.RemoteIpAddress;

    /// <summary>HOST:PORT of the client.</summary>
    public string Peer => RemoteAddress is { } address ? new IPEndPoint(address, http.Connection.RemotePort).ToString() : "";

    /// <summary>A name of the connection, the same for all calls on it.</summary>
    public string ConnectionId => http.Connection.Id;

    /// <summary>What the client sent beside the messages.</summary>
    public RpcMetadata Metadata => metadata ??= ReadMetadata();

    /// <summary>Sent before the first message; without effect after it.</summary>
    public RpcMetadata ResponseHeaders => responseHeaders ??= [];

    /// <summary>Sent after the last message.</summary>
    public RpcMetadata ResponseTrailers => responseTrailers ??= [];

    /// <summary>
    /// Whether answers of 512 bytes and more travel as gzip, if the client takes it: at first what
    /// <see cref="RpcServerOptions.Compress"/> says. Without effect after the first message.
    /// </summary>
    public bool Compress { get; set; }

    /// <summary>Whether the request that was read last came compressed.</summary>
    public bool RequestWasCompressed { get; internal set; }

    /// <summary>True when messages may be compressed; known once the response has begun.</summary>
    internal bool Gzip { get; private set; }

    /// <summary>True once a message or the headers were written: the status then travels in trailers.</summary>
    internal bool Begun { get; private set; }

    internal HttpContext Http => http;

    /// <summary>Cuts the call off: for a client that takes nothing, so that the call's end cannot be written either. Any thread.</summary>
    public void Abort() => http.Abort();

    /// <summary>The client takes nothing: cuts the call off and remembers why.</summary>
    internal void Stall()
    {
        stalled = true;
        http.Abort();
    }

    /// <summary>Writes the head of the response, once.</summary>
    internal void Begin(bool messages = true)
    {
        if (Begun)
        {
            return;
        }
        Begun = true;
        var headers = http.Response.Headers;
        http.Response.ContentType = RpcProtocol.ContentType;
        if (messages && Compress && ClientTakesGzip())
        {
            Gzip = true;
            headers[RpcProtocol.EncodingHeader] = RpcProtocol.Gzip;
        }
        CopyTo(headers, responseHeaders);
    }

    /// <summary>Ends the call: status, message, details, the application's trailers.</summary>
    internal void End(Failure? failure)
    {
        var only = !Begun;
        if (only)
        {
            Begin(messages: false);
        }
        if (failure is null)
        {
            Put(only, RpcProtocol.StatusHeader, "0");
        }
        else
        {
            var status = FailureStatus.ToStatus(failure);
            FailureStatus.AddTrailers(failure, ResponseTrailers);
            if (only && status.Code == RpcCode.Unimplemented)
            {
                // It may be the encoding that we do not know: this says which we do.
                http.Response.Headers[RpcProtocol.AcceptEncodingHeader] = RpcProtocol.AcceptedEncodings;
            }
            Put(only, RpcProtocol.StatusHeader, status.Code.Number());
            Put(only, RpcProtocol.MessageHeader, PercentEncoding.Encode(status.Message));
            if (!status.Details.IsEmpty)
            {
                Put(only, RpcProtocol.DetailsHeader, RpcMetadata.EncodeBinary(status.Details.Span));
            }
        }
        if (responseTrailers is not null)
        {
            CopyTo(
                only ? http.Response.Headers : http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers,
                responseTrailers
            );
        }
    }

    /// <summary>Why <see cref="Cancellation"/> fired, or null if it did not.</summary>
    internal Failure? Reason() =>
        stalled
            ? new Failure(
                Catalogue.SlowPeer,
                $"The client of {Method} took nothing of what was sent for {Options.SendTimeout.TotalSeconds:0.###} s."
            )
        : DeadlinePassed ? new Failure(Catalogue.DeadlineExceeded, $"The call {Method} was not answered within the time allowed.")
        : http.RequestAborted.IsCancellationRequested ? ClientGone()
        : Options.Stopping.IsCancellationRequested
            ? new Failure(Catalogue.ManagerStopping, $"The call {Method} was ended because the server stops.")
        : null;

    internal Failure ClientGone() => new(Catalogue.CallCancelled, $"The client gave up the call {Method}, or went away.");

    /// <summary>Called by the endpoint when the call has ended.</summary>
    public void Dispose()
    {
        source?.Dispose();
        deadline?.Dispose();
    }

    private bool ClientTakesGzip() =>
        http
            .Request.Headers[RpcProtocol.AcceptEncodingHeader]
            .ToString()
            .Split(',', StringSplitOptions.TrimEntries)
            .Contains(RpcProtocol.Gzip, StringComparer.Ordinal);

    private void Put(bool only, string key, string value)
    {
        if (only)
        {
            http.Response.Headers[key] = value;
        }
        else
        {
            http.Response.AppendTrailer(key, value);
        }
    }

    private static void CopyTo(IHeaderDictionary target, RpcMetadata? entries)
    {
        if (entries is null)
        {
            return;
        }
        foreach (var (key, wire) in entries)
        {
            target.Append(key, wire);
        }
    }

    private RpcMetadata ReadMetadata()
    {
        var read = new RpcMetadata();
        foreach (var (key, values) in http.Request.Headers)
        {
            foreach (var value in values)
            {
                read.AddReceived(key, value ?? "");
            }
        }
        return read;
    }
}
