using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpenClaw.Core.Certificates;

/// <summary>Whom a certificate names: what stands in its subject and in its Subject Alternative Name. Immutable.</summary>
public sealed record CertificateNames
{
    /// <summary>A worker's certificate says here which one it is: <c>openclaw://worker/worker-02</c>.</summary>
    public const string WorkerPrefix = "openclaw://worker/";

    /// <summary>A person's, or a program's: <c>openclaw://client/alice</c>.</summary>
    public const string ClientPrefix = "openclaw://client/";

    private const string SubjectAlternativeNameOid = "2.5.29.17";

    /// <summary>The Common Name; empty when there is none.</summary>
    public required string CommonName { get; init; }

    /// <summary>The whole subject as people read it: <c>CN=openclaw-worker, O=openclaw-cluster</c>.</summary>
    public required string Subject { get; init; }

    public IReadOnlyList<string> Hosts { get; init; } = [];

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public IReadOnlyList<string> Uris { get; init; } = [];

    /// <summary>The hash of the public key, hexadecimal: the same for as long as a renewed certificate keeps its key.</summary>
    public required string KeyHash { get; init; }

    /// <summary>The serial number, hexadecimal.</summary>
    public required string Serial { get; init; }

    /// <summary>The end of its validity.</summary>
    public required DateTimeOffset Ends { get; init; }

    /// <summary>Ids of workers that it proves; empty when it says nothing about workers.</summary>
    public IEnumerable<string> Workers => Named(WorkerPrefix);

    /// <summary>Whether anything stands in the Subject Alternative Name.</summary>
    public bool HasAlternatives => Hosts.Count + Addresses.Count + Uris.Count > 0;

    /// <summary>The one name for logs and audits: the client's, else the worker's, else the Common Name, else the subject.</summary>
    public string Name =>
        Named(ClientPrefix).FirstOrDefault()
        ?? Workers.FirstOrDefault()
        ?? (
            CommonName.Length > 0 ? CommonName
            : Subject.Length > 0 ? Subject
            : KeyHash[..16]
        );

    /// <summary>Reads a certificate. One whose names cannot be read has none.</summary>
    public static CertificateNames Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var (hosts, addresses, uris) = Alternatives(certificate);
        return new()
        {
            CommonName = Clean(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)),
            Subject = Clean(certificate.Subject),
            Hosts = hosts,
            Addresses = addresses,
            Uris = uris,
            KeyHash = Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo())),
            Serial = certificate.SerialNumber.ToLowerInvariant(),
            Ends = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
        };
    }

    private IEnumerable<string> Named(string prefix) =>
        Uris.Where(u => u.StartsWith(prefix, StringComparison.Ordinal) && u.Length > prefix.Length)
            .Select(u => Uri.UnescapeDataString(u[prefix.Length..]));

    private static (List<string> Hosts, List<string> Addresses, List<string> Uris) Alternatives(X509Certificate2 certificate)
    {
        var (hosts, addresses, uris) = (new List<string>(), new List<string>(), new List<string>());
        if (certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == SubjectAlternativeNameOid) is not { } extension)
        {
            return (hosts, addresses, uris);
        }

        try
        {
            // GeneralNames of RFC 5280, 4.2.1.6.
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                switch (tag.TagClass == TagClass.ContextSpecific ? tag.TagValue : -1)
                {
                    case 2:
                        hosts.Add(Clean(names.ReadCharacterString(UniversalTagNumber.IA5String, tag)));
                        break;
                    case 6:
                        uris.Add(Clean(names.ReadCharacterString(UniversalTagNumber.IA5String, tag)));
                        break;
                    case 7 when names.ReadOctetString(tag) is { Length: 4 or 16 } bytes:
                        addresses.Add(new System.Net.IPAddress(bytes).ToString());
                        break;
                    case 7:
                        break;
                    default:
                        names.ReadEncodedValue();
                        break;
                }
            }
        }
        catch (AsnContentException)
        {
            // Damaged: who cannot be read has no names, and is refused where a name is needed.
            return ([], [], []);
        }

        return (hosts, addresses, uris);
    }

    // It comes from outside and goes into lines of the log.
    private static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
