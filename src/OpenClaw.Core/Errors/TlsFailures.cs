using System.Security.Authentication;
using OpenClaw.Core.Certificates;

namespace OpenClaw.Core.Errors;

/// <summary>
/// Gives a name to what a TLS library throws, for every kind of connection. What we found out about the other side's certificate
/// ourselves is a <see cref="CertificateProblem"/>; here is what the other side told by its alert, and the rest.
/// </summary>
public static class TlsFailures
{
    // OpenSSL: library 20 in the error's upper bits, and 1000 plus the alert's number as the reason.
    private const int OpenSslLibraryShift = 23;
    private const int OpenSslLibrary = 20;
    private const int OpenSslAlerts = 1000;

    /// <summary>The alert of RFC 8446 (6) that the other side sent; null when the exception tells of none.</summary>
    public static int? AlertOf(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (
                (uint)e.HResult >> OpenSslLibraryShift == OpenSslLibrary
                && (e.HResult & 0x7FFFFF) - OpenSslAlerts is >= 0 and < 256 and var alert
            )
            {
                return alert;
            }
        }

        return null;
    }

    /// <summary>The failure that an exception of a TLS stream is; null when TLS has nothing to do with it.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="address">HOST:PORT of the other side.</param>
    /// <param name="shown">The subject of the certificate that we showed; null when we showed none.</param>
    public static Failure? Of(Exception exception, string address, string? shown = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (AlertOf(exception) is { } alert)
        {
            return OfAlert(alert, address, shown);
        }

        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is FailureException known)
            {
                return known.Failure;
            }

            if (e is AuthenticationException)
            {
                return Make(Catalogue.TlsFailed, address, "tls", $"{Innermost(e)} ({address})");
            }
        }

        return null;
    }

    /// <summary>The handshake was begun and not completed in the time allowed.</summary>
    public static Failure TimedOut(string address) =>
        new(
            Catalogue.HandshakeTimeout,
            $"Failed to complete TLS handshake: context deadline exceeded ({address} accepts connections and does not answer)"
        )
        {
            Data = Data(address, "timeout", "peer"),
        };

    /// <summary>What came back was no TLS.</summary>
    public static Failure PlainPeer(string address) =>
        Make(Catalogue.TlsPlainPeer, address, "plain-peer", $"first record does not look like a TLS handshake ({address} speaks no TLS)");

    /// <summary>The other side ended the connection in the middle of the handshake and said nothing.</summary>
    public static Failure Closed(string address) =>
        new(Catalogue.HandshakeTimeout, $"{CertificateProblem.Prefix}{address} ended the connection before the handshake was completed")
        {
            Data = Data(address, "closed", "peer"),
        };

    /// <summary>What the other side's alert tells.</summary>
    public static Failure OfAlert(int alert, string address, string? shown)
    {
        var ours = shown is null ? "our connection" : $"our certificate {shown}";
        return alert switch
        {
            45 => Refused(
                Catalogue.TlsExpired,
                "expired",
                $"x509: certificate has expired or is not yet valid: {address} refused {ours} for its dates"
            ),
            48 => Refused(
                Catalogue.TlsUnknownCa,
                "unknown-ca",
                $"remote error: tls: unknown certificate authority: {address} does not trust who signed {ours}"
            ),
            116 => Refused(
                Catalogue.TlsClientMissing,
                "client-missing",
                $"remote error: tls: certificate required: {address} wants a certificate"
            ),
            42 or 43 or 44 or 46 => shown is null
                ? Refused(
                    Catalogue.TlsClientMissing,
                    "client-missing",
                    $"remote error: tls: {NameOf(alert)}: {address} wants a certificate"
                )
                : Refused(Catalogue.TlsClientRefused, "client-refused", $"remote error: tls: {NameOf(alert)}: {address} refused {ours}"),
            _ => Refused(Catalogue.TlsFailed, $"alert-{alert}", $"remote error: tls: {NameOf(alert)} ({address})"),
        };

        Failure Refused(ErrorEntry entry, string cause, string text) =>
            new(entry, CertificateProblem.Prefix + text) { Data = Data(address, cause, "own") };
    }

    /// <summary>The alert's name.</summary>
    public static string NameOf(int alert) =>
        alert switch
        {
            10 => "unexpected message",
            20 => "bad record MAC",
            22 => "record overflow",
            40 => "handshake failure",
            42 => "bad certificate",
            43 => "unsupported certificate",
            44 => "revoked certificate",
            45 => "expired certificate",
            46 => "unknown certificate",
            47 => "illegal parameter",
            48 => "unknown certificate authority",
            49 => "access denied",
            50 => "error decoding message",
            51 => "error decrypting message",
            70 => "protocol version not supported",
            71 => "insufficient security level",
            80 => "internal error",
            90 => "user canceled",
            112 => "unrecognized name",
            116 => "certificate required",
            120 => "no application protocol",
            _ => $"alert {alert}",
        };

    private static Failure Make(ErrorEntry entry, string address, string cause, string text) =>
        new(entry, CertificateProblem.Prefix + text) { Data = Data(address, cause, "peer") };

    private static Dictionary<string, string> Data(string address, string cause, string side) =>
        new(StringComparer.Ordinal)
        {
            ["address"] = address,
            ["cause"] = cause,
            ["side"] = side,
        };

    private static string Innermost(Exception e) => e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.');
}
