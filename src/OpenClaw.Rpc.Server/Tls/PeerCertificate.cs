using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Core.Certificates;

namespace OpenClaw.Rpc.Server;

/// <summary>The certificate that the client of a connection has shown, read once for all its calls.</summary>
internal sealed class PeerCertificate(X509Certificate2? certificate) : ITlsConnectionFeature
{
    public X509Certificate2? ClientCertificate { get; set; } = certificate;

    /// <summary>Whom it names; null when none was shown.</summary>
    public CertificateNames? Names { get; } = certificate is null ? null : CertificateNames.Of(certificate);

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
}
