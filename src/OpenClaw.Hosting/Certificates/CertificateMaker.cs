using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OpenClaw.Core.Certificates;

namespace OpenClaw.Hosting.Certificates;

/// <summary>What a certificate is to say. Immutable.</summary>
public sealed record CertificateWish
{
    /// <summary>The Common Name.</summary>
    public required string Name { get; init; }

    /// <summary>Names and addresses that a server is dialled by.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Who it is, in our own words: <see cref="CertificateNames.WorkerPrefix"/> and the like.</summary>
    public IReadOnlyList<string> Uris { get; init; } = [];

    /// <summary>It may be shown by a server; every certificate may be shown by a client.</summary>
    public bool IsServer { get; init; }

    /// <summary>How long it holds; never longer than its CA.</summary>
    public required TimeSpan Validity { get; init; }
}

/// <summary>A certificate that was made, and its key, both PEM.</summary>
public sealed record MadeCertificate(string CertificatePem, string KeyPem);

/// <summary>Makes CAs and certificates: ECDSA P-256, SHA-256, version 3. Pure but for the drawing of keys and serials.</summary>
public static class CertificateMaker
{
    private const string Organization = "openclaw-cluster";
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    // Two clocks are never the same: a certificate that was just made holds on the other machine too.
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(5);

    /// <summary>A CA, signed by itself. It may sign certificates, and no further CAs.</summary>
    public static MadeCertificate Authority(string name, TimeSpan validity, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var made = request.Create(
            request.SubjectName,
            X509SignatureGenerator.CreateForECDsa(key),
            now - ClockSlack,
            now + validity,
            Serial()
        );
        return new(Pem(made), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>A certificate with a key of its own.</summary>
    /// <param name="authority">The CA with its key: ECDSA or RSA.</param>
    /// <param name="wish">What it is to say.</param>
    /// <param name="now">The moment.</param>
    public static MadeCertificate Issue(X509Certificate2 authority, CertificateWish wish, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ArgumentNullException.ThrowIfNull(wish);
        var request = new CertificateRequest(Subject(wish.Name), key, HashAlgorithmName.SHA256);
        AddExtensions(request, authority, Alternatives(wish), wish.IsServer ? [ServerUse, ClientUse] : [ClientUse]);
        return new(Sign(request, authority, wish.Validity, now), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>The same certificate anew: subject, names and uses as they were, for another while.</summary>
    /// <param name="authority">The CA with its key.</param>
    /// <param name="certificate">The old one with its key.</param>
    /// <param name="newKey">Draw another key, ECDSA; who knows the old one by its key then does not know this one.</param>
    /// <param name="validity">How long it holds.</param>
    /// <param name="now">The moment.</param>
    public static MadeCertificate Renew(
        X509Certificate2 authority,
        X509Certificate2 certificate,
        bool newKey,
        TimeSpan validity,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var drawn = newKey ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        using var elliptic = certificate.GetECDsaPrivateKey();
        using var rsa = certificate.GetRSAPrivateKey();
        var ec = drawn ?? elliptic;
        var request = ec is not null
            ? new CertificateRequest(certificate.SubjectName, ec, HashAlgorithmName.SHA256)
            : new CertificateRequest(
                certificate.SubjectName,
                rsa ?? throw new CryptographicException("the key is neither ECDSA nor RSA"),
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1
            );
        var names = certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == "2.5.29.17");
        var uses = certificate
            .Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .FirstOrDefault()
            ?.EnhancedKeyUsages.OfType<Oid>()
            .ToArray();
        AddExtensions(request, authority, names, uses ?? []);
        return new(Sign(request, authority, validity, now), (ec?.ExportPkcs8PrivateKeyPem() ?? rsa!.ExportPkcs8PrivateKeyPem()) + "\n");
    }

    private static void AddExtensions(CertificateRequest request, X509Certificate2 authority, X509Extension? names, Oid[] uses)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true)
        );
        if (uses.Length > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses], false));
        }

        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
        {
            request.CertificateExtensions.Add(
                X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                    authority,
                    includeKeyIdentifier: true,
                    includeIssuerAndSerial: false
                )
            );
        }
    }

    private static string Sign(CertificateRequest request, X509Certificate2 authority, TimeSpan validity, DateTimeOffset now)
    {
        using var elliptic = authority.GetECDsaPrivateKey();
        using var rsa = authority.GetRSAPrivateKey();
        var generator =
            elliptic is not null ? X509SignatureGenerator.CreateForECDsa(elliptic)
            : rsa is not null ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : throw new CryptographicException("the key of the CA is neither ECDSA nor RSA");
        var end = now + validity;
        var latest = new DateTimeOffset(authority.NotAfter.ToUniversalTime());
        var begin = now - ClockSlack;
        var earliest = new DateTimeOffset(authority.NotBefore.ToUniversalTime());
        using var made = request.Create(
            authority.SubjectName,
            generator,
            begin < earliest ? earliest : begin,
            end > latest ? latest : end,
            Serial()
        );
        // A CA that is not the last word itself has to be sent along.
        var isRoot = authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);
        return isRoot ? Pem(made) : Pem(made) + Pem(authority);
    }

    private static X509Extension? Alternatives(CertificateWish wish)
    {
        if (wish.Hosts.Count + wish.Uris.Count == 0)
        {
            return null;
        }

        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in wish.Hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        foreach (var uri in wish.Uris)
        {
            names.AddUri(new Uri(uri));
        }

        return names.Build();
    }

    private static X500DistinguishedName Subject(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddOrganizationName(Organization);
        builder.AddCommonName(name);
        return builder.Build();
    }

    private static byte[] Serial()
    {
        // At most 20 bytes, positive, not to be guessed (RFC 5280, 4.1.2.2).
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }

    private static string Pem(X509Certificate2 certificate) =>
        new StringBuilder(certificate.ExportCertificatePem()).Append('\n').ToString();
}
