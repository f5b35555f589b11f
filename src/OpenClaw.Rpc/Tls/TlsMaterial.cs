using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc;

/// <summary>
/// What was read from the files: CAs, and the own certificate with its key. Immutable and safe to share; never disposed, because
/// handshakes under way may hold it when a newer one has taken its place.
/// </summary>
public sealed class TlsMaterial
{
    private TlsMaterial(X509Certificate2Collection authorities, X509Certificate2? certificate, X509Certificate2Collection intermediates)
    {
        Authorities = authorities;
        Certificate = certificate;
        Intermediates = intermediates;
        if (certificate is not null)
        {
            Names = CertificateNames.Of(certificate);
            // Offline: what is sent is what stands in the file, whatever this machine has in its stores.
            Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        }
    }

    /// <summary>The CAs that are trusted; at least one.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>The own certificate with its key; null when none is shown.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>What is sent behind it.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>Whom the own certificate names.</summary>
    public CertificateNames? Names { get; }

    /// <summary>The own certificate as a handshake takes it.</summary>
    public SslStreamCertificateContext? Context { get; }

    /// <summary>What is wrong with the own certificate by our own CAs; null when it is good, or there is none.</summary>
    public CertificateProblem? OwnProblem(CertificateUse use, DateTimeOffset now) =>
        Certificate is null ? null : CertificateJudge.Judge(Certificate, Intermediates, Authorities, use, null, now);

    /// <summary>Reads the contents of the files. Failures are <c>clw-tls-files</c> and name the file.</summary>
    public static Result<TlsMaterial> Parse(TlsFiles files, string ca, string? cert, string? key)
    {
        ArgumentNullException.ThrowIfNull(files);
        var authorities = Certificates(files.Ca, ca);
        if (!authorities.IsOk)
        {
            return authorities.Failure;
        }

        if (files.Cert is null || cert is null)
        {
            return new TlsMaterial(authorities.Value, null, []);
        }

        var own = Certificates(files.Cert, cert);
        if (!own.IsOk)
        {
            return own.Failure;
        }

        var paired = Paired(files, own.Value[0], key ?? "");
        if (!paired.IsOk)
        {
            return paired.Failure;
        }

        own.Value.RemoveAt(0);
        // A root that stands in the file is sent along too: who does not know it can say so by name.
        return new TlsMaterial(authorities.Value, paired.Value, own.Value);
    }

    private static Result<X509Certificate2Collection> Certificates(string file, string pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            return Unusable(file, $"{file} holds a certificate that cannot be read: {e.Message}");
        }

        return found.Count > 0 ? found : Unusable(file, $"{file} holds no certificate (no line -----BEGIN CERTIFICATE-----)");
    }

    private static Result<X509Certificate2> Paired(TlsFiles files, X509Certificate2 certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return key.Contains("ENCRYPTED", StringComparison.Ordinal)
                    ? Unusable(files.Key!, $"{files.Key} is protected by a passphrase, which nobody is there to give", "passphrase")
                : key.Contains("PRIVATE KEY-----", StringComparison.Ordinal)
                    ? Unusable(files.Key!, $"the key {files.Key} does not belong to the certificate {files.Cert}")
                : Unusable(files.Key!, $"{files.Key} holds no key (no line -----BEGIN PRIVATE KEY-----)");
        }
    }

    internal static Failure Unusable(string file, string message, string? cause = null)
    {
        var data = new Dictionary<string, string>(StringComparer.Ordinal) { ["file"] = file };
        if (cause is not null)
        {
            data["cause"] = cause;
        }

        return new(
            Catalogue.TlsFiles,
            message,
            cause == "not-allowed" ? "Let the user of the service read it: chgrp openclaw FILE and chmod 640 FILE" : null
        )
        {
            Data = data,
        };
    }
}
