using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Certificates;

/// <summary>
/// Judges certificates by the CAs of a file, never by those of the machine. Asks nobody: no revocation list, no download. Thread-safe.
/// </summary>
public static class CertificateJudge
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string AnyUse = "2.5.29.37.0";

    /// <summary>How a chain is followed: to one of our CAs and to no other.</summary>
    /// <param name="authorities">The CA file: roots, and intermediate ones that others may leave out.</param>
    /// <param name="now">The moment of the judgement.</param>
    public static X509ChainPolicy Policy(X509Certificate2Collection authorities, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(authorities);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>Null when the certificate leads to one of the CAs, holds now, serves the use, and names the host.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="sent">What came with it.</param>
    /// <param name="authorities">The CAs that are trusted.</param>
    /// <param name="use">What it is wanted for.</param>
    /// <param name="host">The name or address that was dialled; null for a client's.</param>
    /// <param name="now">The moment.</param>
    public static CertificateProblem? Judge(
        X509Certificate2 certificate,
        IEnumerable<X509Certificate2> sent,
        X509Certificate2Collection authorities,
        CertificateUse use,
        string? host,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(sent);
        using var chain = new X509Chain { ChainPolicy = Policy(authorities, now) };
        var others = sent.Where(c => c.Thumbprint != certificate.Thumbprint).ToList();
        foreach (var other in others)
        {
            chain.ChainPolicy.ExtraStore.Add(other);
        }

        try
        {
            return chain.Build(certificate)
                ? ProblemOfLeaf(certificate, use, host)
                : ProblemOfChain(chain, certificate, others, authorities, now) ?? ProblemOfLeaf(certificate, use, host);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    private static CertificateProblem? ProblemOfChain(
        X509Chain chain,
        X509Certificate2 certificate,
        List<X509Certificate2> sent,
        X509Certificate2Collection authorities,
        DateTimeOffset now
    )
    {
        var elements = chain.ChainElements.Select(e => e.Certificate).ToList();
        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);
        if (ProblemOfTrust(flags, elements, sent, authorities) is { } untrusted)
        {
            return untrusted;
        }

        foreach (var element in elements)
        {
            if (ProblemOfTime(element, element.Thumbprint == certificate.Thumbprint, now) is { } problem)
            {
                return problem;
            }
        }

        return (flags & ~(X509ChainStatusFlags.NotValidForUsage | X509ChainStatusFlags.NotTimeValid)) == 0
            ? null
            : new(
                Catalogue.TlsFailed,
                "chain",
                $"x509: {string.Join("; ", chain.ChainStatus.Select(s => s.StatusInformation.TrimEnd('.').ReplaceLineEndings(" ")))}"
            );
    }

    private static CertificateProblem? ProblemOfTime(X509Certificate2 certificate, bool first, DateTimeOffset now)
    {
        var whose = first ? "" : $" of the CA {certificate.Subject}";
        var at = CertificateProblem.Time(now.UtcDateTime);
        return now.UtcDateTime > certificate.NotAfter.ToUniversalTime()
                ? new(
                    Catalogue.TlsExpired,
                    "expired",
                    $"x509: certificate has expired or is not yet valid: current time {at} is after {CertificateProblem.Time(certificate.NotAfter)}{whose}"
                )
            : now.UtcDateTime < certificate.NotBefore.ToUniversalTime()
                ? new(
                    Catalogue.TlsNotYetValid,
                    "not-yet-valid",
                    $"x509: certificate has expired or is not yet valid: current time {at} is before {CertificateProblem.Time(certificate.NotBefore)}{whose}"
                )
            : null;
    }

    // Who signed it is what tells the two apart, as far as it can be told: the end of the chain is a CA that is not ours, or nobody.
    private static CertificateProblem? ProblemOfTrust(
        X509ChainStatusFlags flags,
        List<X509Certificate2> elements,
        List<X509Certificate2> sent,
        X509Certificate2Collection authorities
    )
    {
        var untrusted = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;
        if ((flags & untrusted) == 0 || elements.Count == 0)
        {
            return null;
        }

        var last = elements[^1];
        if (IsSelfSigned(last) && !authorities.Any(a => a.Thumbprint == last.Thumbprint))
        {
            return Unknown(
                elements.Count == 1
                    ? $"it is signed by itself ({last.Subject})"
                    : $"it leads to {last.Subject}, which is not in our CA file"
            );
        }

        if (authorities.Any(a => a.SubjectName.RawData.AsSpan().SequenceEqual(last.IssuerName.RawData)))
        {
            return Unknown($"another CA of the same name signed it ({last.Issuer}); was the CA made anew?");
        }

        // A CA that was sent along and is not needed tells whose certificates these are.
        return sent.Find(c => IsSelfSigned(c)) is { } root
            ? Unknown($"it came with {root.Subject}, which is not in our CA file")
            : new(
                Catalogue.TlsIncompleteChain,
                "incomplete-chain",
                $"x509: certificate signed by unknown authority: the chain is incomplete, {last.Issuer} signed {(elements.Count == 1 ? "it" : last.Subject)} and was neither sent along nor is it in our CA file"
            );
    }

    private static CertificateProblem Unknown(string why) =>
        new(Catalogue.TlsUnknownCa, "unknown-ca", $"x509: certificate signed by unknown authority: {why}");

    private static CertificateProblem? ProblemOfLeaf(X509Certificate2 certificate, CertificateUse use, string? host)
    {
        var wanted = use == CertificateUse.Server ? ServerUse : ClientUse;
        var uses = certificate
            .Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .FirstOrDefault()
            ?.EnhancedKeyUsages.OfType<Oid>()
            .ToList();
        if (uses is not null && !uses.Exists(u => u.Value == wanted || u.Value == AnyUse))
        {
            var made = use == CertificateUse.Server ? "clients, not for a server" : "servers, not for a client";
            return new(
                Catalogue.TlsWrongUse,
                "wrong-use",
                $"x509: certificate specifies an incompatible key usage: {certificate.Subject} is for {made}"
            );
        }

        if (host is null || certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false))
        {
            return null;
        }

        var names = CertificateNames.Of(certificate);
        var valid = names.Hosts.Concat(names.Addresses).ToList();
        return valid.Count > 0
            ? new(Catalogue.TlsWrongHost, "wrong-host", $"x509: certificate is valid for {string.Join(", ", valid)}, not {host}")
            : new(
                Catalogue.TlsNoSan,
                "no-san",
                $"x509: certificate relies on legacy Common Name field, use SANs instead: {certificate.Subject} names no host"
            );
    }

    private static bool IsSelfSigned(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
