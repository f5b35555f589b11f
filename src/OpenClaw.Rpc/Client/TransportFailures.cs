using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Client;

/// <summary>
/// Gives a name to what the sockets and the HTTP/2 layer throw. Every failure carries <c>address</c> and <c>cause</c>:
/// refused, timeout, no-route, dns, tls, reset, closed, silent, not-http2, or the name of an HTTP/2 error.
/// </summary>
internal static class TransportFailures
{
    public static Failure Cancelled(string what) => new(Catalogue.CallCancelled, $"The call {what} was cancelled by its caller.");

    public static Failure Deadline(string what) =>
        new(Catalogue.DeadlineExceeded, $"The call {what} was not answered within the time allowed.");

    public static Failure Closed(string address) =>
        Make(Catalogue.ConnectionLost, address, "closed", $"The channel to {address} is closed.");

    /// <param name="exception">What the call threw.</param>
    /// <param name="address">HOST:PORT of the channel.</param>
    /// <param name="connected">Whether TCP stood when it happened.</param>
    /// <param name="answered">Whether the peer had answered anything on the connection.</param>
    public static Failure Classify(Exception exception, string address, bool connected, bool answered)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            var failure = e switch
            {
                FailureException known => known.Failure,
                SocketException socket => FromSocket(socket.SocketErrorCode, address, connected),
                AuthenticationException => Make(
                    Catalogue.HandshakeTimeout,
                    address,
                    "tls",
                    $"The TLS handshake with {address} failed: {Innermost(e)}"
                ),
                HttpProtocolException protocol => FromHttp2(protocol, address, answered),
                TimeoutException when connected => Make(
                    Catalogue.HandshakeTimeout,
                    address,
                    "timeout",
                    $"{address} accepts connections but does not complete the handshake."
                ),
                TimeoutException => Make(Catalogue.ConnectionTimeout, address, "timeout", $"{address} does not answer."),
                _ => null,
            };
            if (failure is not null)
            {
                return failure;
            }
        }
        return FromHttp(exception, address, connected, answered);
    }

    private static Failure FromSocket(SocketError error, string address, bool connected) =>
        error switch
        {
            SocketError.ConnectionRefused => Make(Catalogue.ConnectionRefused, address, "refused", $"Nothing listens on {address}."),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown => Make(
                Catalogue.ConnectionTimeout,
                address,
                "no-route",
                $"There is no route to {address}."
            ),
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => Make(
                Catalogue.HostUnknown,
                address,
                "dns",
                $"The name in {address} has no address."
            ),
            SocketError.TimedOut when !connected => Make(Catalogue.ConnectionTimeout, address, "timeout", $"{address} does not answer."),
            SocketError.TimedOut => Make(Catalogue.ConnectionLost, address, "timeout", $"The connection to {address} went silent."),
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => Make(
                Catalogue.ConnectionLost,
                address,
                "reset",
                $"{address} reset the connection."
            ),
            _ => Make(
                Catalogue.ConnectionLost,
                address,
                $"socket-{error}".ToLowerInvariant(),
                $"The connection to {address} broke: {error}."
            ),
        };

    private static Failure FromHttp2(HttpProtocolException e, string address, bool answered)
    {
        var cause = StatusMapping.Http2ErrorName(e.ErrorCode);
        return e.ErrorCode switch
        {
            // A server that goes away says so with GOAWAY(NO_ERROR); what it did not finish was lost with it.
            0x0 => Make(Catalogue.ConnectionLost, address, "closed", $"{address} closed the connection before it answered."),
            // How the HTTP/2 layer ends a connection whose ping was not answered.
            0x1 when !answered => Make(
                Catalogue.HandshakeTimeout,
                address,
                "silent",
                $"{address} accepts connections but does not answer as an HTTP/2 server."
            ),
            0x8 => Make(Catalogue.CallCancelled, address, cause, $"{address} cancelled the call."),
            0x7 or 0xb => Make(Catalogue.ConnectionLost, address, cause, $"{address} refused the call: it takes no more at the moment."),
            0xc => Make(Catalogue.AuthRefused, address, cause, $"{address} demands better protection of the connection."),
            _ => Make(Catalogue.Protocol, address, cause, $"The connection to {address} ended with the HTTP/2 error {cause}."),
        };
    }

    private static Failure FromHttp(Exception exception, string address, bool connected, bool answered)
    {
        var error = HttpRequestError.Unknown;
        for (var e = exception; e is not null && error == HttpRequestError.Unknown; e = e.InnerException)
        {
            error = e switch
            {
                HttpRequestException { HttpRequestError: { } named } => named,
                HttpIOException io => io.HttpRequestError,
                _ => error,
            };
        }
        return error switch
        {
            HttpRequestError.NameResolutionError => FromSocket(SocketError.HostNotFound, address, connected: false),
            HttpRequestError.SecureConnectionError => Make(
                Catalogue.HandshakeTimeout,
                address,
                "tls",
                $"The TLS handshake with {address} failed: {Innermost(exception)}"
            ),
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError => Make(
                Catalogue.Protocol,
                address,
                "not-http2",
                $"{address} does not answer as an HTTP/2 server; it may speak TLS, or be another program."
            ),
            // A server that is killed just then looks the same, so this is worth another try, unlike a broken protocol.
            _ when connected && !answered => Make(
                Catalogue.HandshakeTimeout,
                address,
                "closed",
                $"{address} ended the connection before the handshake was completed; it may speak TLS, or be another program."
            ),
            HttpRequestError.ResponseEnded => Make(
                Catalogue.ConnectionLost,
                address,
                "closed",
                $"{address} closed the connection before it answered."
            ),
            _ => Make(Catalogue.ConnectionLost, address, "closed", $"The connection to {address} broke: {Innermost(exception)}"),
        };
    }

    public static Failure NotSent(Failure failure) =>
        failure with
        {
            Data = new Dictionary<string, string>(failure.Data, StringComparer.Ordinal) { [RpcChannel.SentKey] = "no" },
        };

    private static string Innermost(Exception e) => e.GetBaseException().Message.ReplaceLineEndings(" ");

    private static Failure Make(ErrorEntry entry, string address, string cause, string message) =>
        new(entry, message)
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["address"] = address, ["cause"] = cause },
        };
}
