using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>How a port speaks TLS. Immutable.</summary>
public sealed record TlsServerOptions
{
    /// <summary>Certificate, key and CA; null: the port has none and speaks plain text.</summary>
    public TlsSource? Source { get; init; }

    /// <summary>Plain text from other machines too, because somebody said aloud that the network is protected by other means.</summary>
    public bool PlainFromAnywhere { get; init; }

    /// <summary>Plain text not even from this machine.</summary>
    public bool AlwaysTls { get; init; }

    /// <summary>From the first byte to the end of the handshake; without a first byte the connection is Kestrel's to end.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is spoken inside: HTTP/2, or HTTP/1.1 for a port with pages.</summary>
    public SslApplicationProtocol Protocol { get; init; } = SslApplicationProtocol.Http2;

    /// <summary>Told of every connection that was refused, with HOST:PORT of the other side. Many threads at once; must be quick.</summary>
    public Action<Failure, string>? OnRefused { get; init; }

    /// <summary>By it certificates are judged.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The deciding half of a TLS port: who may speak plain text, and what a client's certificate is worth.</summary>
internal sealed class TlsServer(TlsServerOptions options)
{
    public TlsServerOptions Options => options;

    /// <summary>On a port with certificates plain text is for this machine alone, where the token's file is.</summary>
    public bool TakesPlain(EndPoint? remote) =>
        options.Source is null || options.PlainFromAnywhere || (!options.AlwaysTls && IsThisMachine(remote));

    /// <summary>The options of one handshake, by the material of this moment.</summary>
    /// <param name="judged">Told what is wrong with the client's certificate. The handshake is completed all the same, so that the client can be told in words.</param>
    /// <param name="peer">HOST:PORT of the client.</param>
    public SslServerAuthenticationOptions ForHandshake(Action<Failure> judged, string peer)
    {
        var material = options.Source!.Refresh();
        var now = options.Time.GetUtcNow();
        return new()
        {
            ServerCertificateContext = material.Context,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = CertificateJudge.Policy(material.Authorities, now),
            ApplicationProtocols = [options.Protocol],
            // A resumed session would pass by the look at the certificate, which may have ended meanwhile.
            AllowTlsResume = false,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var failure = Judge(certificate as X509Certificate2, chain, material, now, peer);
                if (failure is not null)
                {
                    judged(failure);
                }

                return true;
            },
        };
    }

    private static Failure? Judge(X509Certificate2? certificate, X509Chain? chain, TlsMaterial material, DateTimeOffset now, string peer)
    {
        if (certificate is null)
        {
            return new(
                Catalogue.TlsClientMissing,
                $"{CertificateProblem.Prefix}tls: client didn't provide a certificate ({peer})",
                "Give that side a certificate of this CA: clw certs issue worker ID, or clw certs issue client NAME"
            )
            {
                Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["cause"] = "client-missing" },
            };
        }

        var sent = chain?.ChainPolicy.ExtraStore ?? [];
        return CertificateJudge.Judge(certificate, sent, material.Authorities, CertificateUse.Client, null, now) is { } problem
            ? problem.AsFailure(peer, $"the certificate {CertificateNames.Of(certificate).Subject} of the client {peer}", "peer")
            : null;
    }

    /// <summary>Why a handshake failed, for the log of this side.</summary>
    public static Failure Explain(Exception exception, string peer) =>
        TlsFailures.AlertOf(exception) is { } alert
            ? new Failure(
                EntryOf(alert),
                $"{CertificateProblem.Prefix}remote error: tls: {TlsFailures.NameOf(alert)} (the client {peer} refused our certificate; its own log names the reason)"
            )
        : exception is OperationCanceledException
            ? new Failure(
                Catalogue.HandshakeTimeout,
                $"Failed to complete TLS handshake: context deadline exceeded (the client {peer} began it and did not go on)"
            )
        : new Failure(
            Catalogue.TlsFailed,
            $"{CertificateProblem.Prefix}{exception.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')} (the client {peer})"
        );

    /// <summary>A client that completed the handshake and left without a word: it looked at our certificate, and did not like it.</summary>
    public static Failure LeftAtOnce(string peer) =>
        new(
            Catalogue.TlsFailed,
            $"{CertificateProblem.Prefix}the client {peer} left when it had seen our certificate; its own log names the reason"
        );

    private static ErrorEntry EntryOf(int alert) =>
        alert switch
        {
            45 => Catalogue.TlsExpired,
            48 => Catalogue.TlsUnknownCa,
            _ => Catalogue.TlsFailed,
        };

    private static bool IsThisMachine(EndPoint? remote) =>
        remote is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
