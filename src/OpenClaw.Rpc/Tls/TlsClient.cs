using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc;

/// <summary>
/// Speaks TLS as a client, and says why when it does not come about. The other side is judged by our CA file alone, and by the names of
/// its Subject Alternative Name alone. Each handshake takes the material of its moment. Thread-safe.
/// </summary>
/// <param name="source">Our files.</param>
/// <param name="time">The clock by which certificates are judged.</param>
public sealed class TlsClient(TlsSource source, TimeProvider time)
{
    /// <summary>The first bytes of TLS: a record of a handshake or of an alert.</summary>
    private const byte HandshakeRecord = 22;
    private const byte AlertRecord = 21;

    public TlsSource Source => source;

    /// <summary>Completes the handshake on an open connection.</summary>
    /// <param name="stream">Stands on the open connection, and owns it.</param>
    /// <param name="first">What the connection says first.</param>
    /// <param name="host">The name or address that was dialled.</param>
    /// <param name="address">HOST:PORT, for messages.</param>
    /// <param name="protocol">What is spoken inside.</param>
    /// <param name="ct">Ends the attempt; the caller tells a timeout from a wish.</param>
    /// <exception cref="FailureException">The handshake failed; the failure says why.</exception>
    internal Task<SslStream> AuthenticateAsync(
        SslStream stream,
        FirstByte first,
        string host,
        string address,
        SslApplicationProtocol protocol,
        CancellationToken ct
    )
    {
        var material = source.Refresh();
        CertificateProblem? problem = null;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = [protocol],
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = CertificateJudge.Policy(material.Authorities, time.GetUtcNow()),
            ClientCertificateContext = material.Context,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                (problem = Judge(certificate as X509Certificate2, chain, material, host)) is null,
        };
        return HandshakeAsync(
            stream,
            first,
            address,
            options,
            material.Names?.Subject,
            () => problem?.AsFailure(address, $"the certificate of {address}", "peer"),
            ct
        );
    }

    /// <summary>The same by options of somebody else's making.</summary>
    internal static Task<SslStream> AuthenticateAsync(
        SslStream stream,
        FirstByte first,
        string address,
        SslClientAuthenticationOptions options,
        TimeProvider time,
        CancellationToken ct
    )
    {
        CertificateProblem? problem = null;
        var judged = options.RemoteCertificateValidationCallback;
        options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            var good = judged?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
            if (!good && certificate is X509Certificate2 whole)
            {
                // Why, in our words: by the CAs that the options name, or none.
                problem = CertificateJudge.Judge(
                    whole,
                    chain?.ChainPolicy.ExtraStore ?? [],
                    options.CertificateChainPolicy?.CustomTrustStore ?? [],
                    CertificateUse.Server,
                    options.TargetHost,
                    time.GetUtcNow()
                );
            }

            return good;
        };
        return HandshakeAsync(
            stream,
            first,
            address,
            options,
            null,
            () => problem?.AsFailure(address, $"the certificate of {address}", "peer"),
            ct
        );
    }

    /// <summary>
    /// What is wrong with our own certificate, for a connection that the other side ended without a word: with TLS 1.3 a client has long
    /// completed the handshake when its certificate is looked at, and the alert about it may be lost. Null: nothing that we can see.
    /// </summary>
    public Failure? OwnTrouble(string address) =>
        source.Current is { Names: { } names } material && material.OwnProblem(CertificateUse.Client, time.GetUtcNow()) is { } problem
            ? problem.AsFailure(address, $"our own certificate {names.Subject}, which {address} refused", "own")
            : null;

    /// <summary>What an alert about our certificate means; our own look at it says more than its number.</summary>
    internal Failure Explain(int alert, string address) =>
        (alert is 42 or 43 or 44 or 45 or 46 or 48 ? OwnTrouble(address) : null)
        ?? TlsFailures.OfAlert(alert, address, source.Current.Names?.Subject);

    private CertificateProblem? Judge(X509Certificate2? certificate, X509Chain? chain, TlsMaterial material, string host) =>
        certificate is null
            ? new(Catalogue.TlsFailed, "no-certificate", "x509: the other side showed no certificate")
            : CertificateJudge.Judge(
                certificate,
                chain?.ChainPolicy.ExtraStore ?? [],
                material.Authorities,
                CertificateUse.Server,
                host,
                time.GetUtcNow()
            );

    private static async Task<SslStream> HandshakeAsync(
        SslStream stream,
        FirstByte first,
        string address,
        SslClientAuthenticationOptions options,
        string? shown,
        Func<Failure?> judged,
        CancellationToken ct
    )
    {
        try
        {
            await stream.AuthenticateAsClientAsync(options, ct);
            return stream;
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            if (e is OperationCanceledException)
            {
                throw;
            }

            throw (judged() ?? ReasonOf(e, first, address, shown)).AsException(e);
        }
    }

    /// <summary>Why a handshake failed, when it was not the other side's certificate.</summary>
    internal static Failure ReasonOf(Exception exception, FirstByte first, string address, string? shown) =>
        first.Seen is not (null or HandshakeRecord or AlertRecord) ? TlsFailures.PlainPeer(address)
        : TlsFailures.AlertOf(exception) is null && first.Seen is null ? TlsFailures.Closed(address)
        : TlsFailures.Of(exception, address, shown) ?? TlsFailures.Closed(address);
}
