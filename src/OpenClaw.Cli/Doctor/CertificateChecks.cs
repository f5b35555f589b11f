using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Doctor;

/// <summary>What a manager shows, judged as a handshake judges it: by the CA file, the name that was dialled, and the clock.</summary>
internal static class CertificateChecks
{
    private const string Check = "manager tls";

    /// <param name="shown">The manager's certificate, and what it sent with it.</param>
    /// <param name="caFile">The CAs that are trusted.</param>
    /// <param name="address">What was dialled.</param>
    /// <param name="now">The moment.</param>
    public static Finding OfShown(IReadOnlyList<X509Certificate2> shown, string caFile, HostPort address, DateTimeOffset now)
    {
        if (shown is not [var first, ..])
        {
            return Finding.Skip(Check, "no certificate is shown");
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(caFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return Finding.Fail(Check, new Failure(Catalogue.TlsFiles, $"the CA file {caFile} cannot be used: {e.Message}"));
        }

        return CertificateJudge.Judge(first, shown.Skip(1), authorities, CertificateUse.Server, address.Host, now) is { } problem
            ? Finding.Fail(Check, problem.AsFailure(address.ToString(), $"of the manager at {address}", "peer"))
            : KernelChecks.OfCertificate(first.Subject, first.NotAfter.ToUniversalTime() - now.UtcDateTime);
    }
}
