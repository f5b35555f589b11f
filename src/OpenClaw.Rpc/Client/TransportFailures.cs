using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Client;

/// <summary>
/// Gives a name to what the sockets and the HTTP/2 layer throw. Every failure carries <c>address</c> and <c>cause</c>:
/// refused, timeout, no-route, dns, reset, closed, silent, not-http2, the name of an HTTP/2 error, or those of <see cref="TlsFailures"/>.
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
    /// <param name="seen">How far the connection had come.</param>
    public static Failure Classify(Exception exception, string address, ConnectionSeen seen)
    {
        var (tls, connected, answered, _) = seen;
        for (var e = exception; e is not null; e = e.InnerException)
        {
            var failure = e switch
            {
                FailureException known => known.Failure,
                SocketException socket => FromSocket(socket.SocketErrorCode, address, connected),
                AuthenticationException => TlsFailures.Of(e, address),
                HttpProtocolException protocol => FromHttp2(protocol, address, seen),
                TimeoutException when connected && tls => TlsFailures.TimedOut(address),
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

    /// <summary>Whether the connection just ended, and nobody said why.</summary>
    public static bool IsBroken(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException or HttpIOException or HttpProtocolException or TimeoutException or FailureException)
            {
                return e
                    is SocketException
                        {
                            SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown
                        }
                        or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded };
            }
        }

        return exception is IOException or HttpRequestException;
    }

    private static Failure FromSocket(SocketError error, string address, bool connected) =>
        error switch
        {
            SocketError.ConnectionRefused => Make(Catalogue.ConnectionRefused, address, "refused", $"Nothing listens on {address}.") with
            {
                Next = RefusedAdvice.Of(address),
            },
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

    private static Failure FromHttp2(HttpProtocolException e, string address, ConnectionSeen seen)
    {
        var cause = StatusMapping.Http2ErrorName(e.ErrorCode);
        return e.ErrorCode switch
        {
            // A server that goes away says so with GOAWAY(NO_ERROR); what it did not finish was lost with it.
            0x0 => Make(Catalogue.ConnectionLost, address, "closed", $"{address} closed the connection before it answered."),
            // How the HTTP/2 layer ends a connection whose ping was not answered.
            0x1 when !seen.Answered => Make(
                Catalogue.HandshakeTimeout,
                address,
                "silent",
                $"{address} accepts connections but does not answer as an HTTP/2 server."
            ),
            0x1 when seen.Silent is { } silence => Silent(address, silence),
            0x8 => Make(Catalogue.CallCancelled, address, cause, $"{address} cancelled the call."),
            0x7 or 0xb => Make(Catalogue.ConnectionLost, address, cause, $"{address} refused the call: it takes no more at the moment."),
            0xc => Make(
                Catalogue.TlsRequired,
                address,
                "tls-required",
                $"{address} talks to other machines by TLS alone, and we spoke without it"
            ),
            _ => Make(Catalogue.Protocol, address, cause, $"The connection to {address} ended with the HTTP/2 error {cause}."),
        };
    }

    private static Failure Silent(string address, TimeSpan silence)
    {
        var seconds = silence.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        var failure = Make(
            Catalogue.KeepAliveTimeout,
            address,
            "silent",
            $"Nothing has come from {address} for {seconds} seconds, nor an answer to a ping."
        );
        return failure with
        {
            Data = new Dictionary<string, string>(failure.Data, StringComparer.Ordinal) { [Failure.SilentSecondsKey] = seconds },
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
            HttpRequestError.SecureConnectionError => TlsFailures.Of(exception, address) ?? TlsFailures.Closed(address),
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

/// <summary>How far a connection had come when something went wrong on it.</summary>
/// <param name="Tls">It is to be protected by TLS.</param>
/// <param name="Connected">TCP stood.</param>
/// <param name="Answered">The peer had answered a call on it.</param>
/// <param name="Silent">For how long nothing had come, if that is as long as a ping waits for its answer.</param>
internal readonly record struct ConnectionSeen(bool Tls, bool Connected, bool Answered, TimeSpan? Silent);
