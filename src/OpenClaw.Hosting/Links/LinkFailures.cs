using System.Globalization;
using System.Net.Http;
using System.Net.Sockets;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Hosting.Links;

/// <summary>Turns what the network throws into failures of the catalogue, and failures into what they mean for a link.</summary>
public static class LinkFailures
{
    /// <summary>The key of <see cref="Failure.Data"/> under which a failure carries the seconds that the other side asked for.</summary>
    public const string RetryAfterKey = "retry_after";

    /// <summary>The failure that an exception of a connection to <paramref name="address"/> is.</summary>
    public static Failure Of(Exception exception, string address)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            FailureException known => known.Failure,
            SocketException socket => OfSocket(socket, address),
            _ when TlsFailures.Of(exception, address) is { } tls => tls,
            TimeoutException or OperationCanceledException => new(Catalogue.ConnectionTimeout, $"no answer from {address} in time"),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Unknown(address),
            IOException or HttpRequestException when exception.InnerException is { } inner => Of(inner, address),
            IOException or HttpRequestException or ObjectDisposedException => new(
                Catalogue.ConnectionLost,
                $"the connection to {address} broke: {exception.Message}"
            ),
            _ => new(Catalogue.Internal, $"{address}: {exception.GetType().Name}: {exception.Message}"),
        };
    }

    /// <summary>
    /// The common judgement: a refused identity waits for credentials, a manager that stops was planned, a wish to stay away
    /// (<see cref="RetryAfterKey"/>) is honoured, everything else is tried again.
    /// </summary>
    public static LinkJudgement Judge(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        TimeSpan? retryAfter =
            failure.Data.TryGetValue(RetryAfterKey, out var text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and < 1e9
                ? TimeSpan.FromSeconds(seconds)
                : null;
        var verdict = failure.Entry.Kind == FailureKind.NotSignedIn ? LinkVerdict.Auth : LinkVerdict.Retry;
        return new(verdict, ReferenceEquals(failure.Entry, Catalogue.ManagerStopping), retryAfter);
    }

    /// <summary>Disposes what can be disposed.</summary>
    internal static ValueTask DisposeAsync(object connection)
    {
        if (connection is IAsyncDisposable later)
        {
            return later.DisposeAsync();
        }

        (connection as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Failure OfSocket(SocketException socket, string address) =>
        socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => new(Catalogue.ConnectionRefused, $"nothing listens at {address}", RefusedAdvice.Of(address)),
            SocketError.TimedOut => new(Catalogue.ConnectionTimeout, $"no answer from {address} in time"),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown => new(
                Catalogue.ConnectionTimeout,
                $"no way to {address}: {socket.Message}"
            ),
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => Unknown(address),
            _ => new(Catalogue.ConnectionLost, $"the connection to {address} broke: {socket.Message}"),
        };

    private static Failure Unknown(string address) => new(Catalogue.HostUnknown, $"no address is known for {address}");
}
