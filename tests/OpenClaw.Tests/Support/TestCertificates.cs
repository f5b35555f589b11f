using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Rpc;

namespace OpenClaw.Tests.Support;

/// <summary>Certificates for one test, good and bad, in files of a directory of its own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private int serial;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("oc-tls-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Directory, name);

    // Certificates are judged by the machine's clock.
    public static DateTimeOffset At(double days) => TimeProvider.System.GetUtcNow().AddDays(days);

    /// <summary>A CA; null for the issuer: signed by itself.</summary>
    public static X509Certificate2 Authority(string name, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (issuer is null)
        {
            return request.CreateSelfSigned(At(-20), At(100));
        }

        using var signed = request.Create(issuer, At(-19), At(99), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate and its key, as files.</summary>
    public (string Cert, string Key) Issue(
        string file,
        X509Certificate2 issuer,
        Action<SubjectAlternativeNameBuilder>? names = null,
        string subject = "CN=somebody",
        double from = -1,
        double to = 1,
        string? use = null,
        ECDsa? withKey = null
    )
    {
        using var drawn = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = withKey ?? drawn;
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (names is not null)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            names(alternatives);
            request.CertificateExtensions.Add(alternatives.Build());
        }

        if (use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        }

        using var signed = request.Create(issuer, At(from), At(to), [1, 2, (byte)++serial]);
        var (cert, its) = (Path(file + ".crt"), Path(file + "-key.pem"));
        File.WriteAllText(cert, signed.ExportCertificatePem() + "\n");
        File.WriteAllText(its, key.ExportPkcs8PrivateKeyPem() + "\n");
        return (cert, its);
    }

    /// <summary>A file of CAs.</summary>
    public string Ca(string file, params X509Certificate2[] authorities)
    {
        var path = Path(file);
        File.WriteAllText(path, string.Join('\n', authorities.Select(a => a.ExportCertificatePem())) + "\n");
        return path;
    }

    public static TlsSource Source(string ca, (string Cert, string Key)? own) =>
        TlsSource.Open(new TlsFiles(ca, own?.Cert, own?.Key)).Value;

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
