using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;

namespace OpenClaw.Manager.Security;

/// <summary>
/// Who calls. A connection with TLS has shown a certificate of our CA, or there would be none: its name is the principal. A connection
/// without comes from this machine (or somebody said that the network is protected by other means): the token decides.
/// </summary>
internal sealed class SignIn(LocalToken token)
{
    // What a machine that has a worker's certificate and no other may look at: whether its worker is well.
    private static readonly string StatusPath = ClusterMethods.Status.Path;

    public Failure? Authenticate(RpcServerContext context)
    {
        if (context.ClientCertificate is not { } certificate)
        {
            return token.Authenticate(context);
        }

        if (Check(certificate, context.Method) is { } refused)
        {
            return refused;
        }

        context.Principal = certificate.Name;
        return null;
    }

    /// <summary>
    /// Null when the certificate is for such a call. One that names workers, and no client, is for workers' calls and for looking at the
    /// cluster: whoever takes a worker's machine has not taken the cluster.
    /// </summary>
    /// <param name="certificate">Whom it names.</param>
    /// <param name="method">The call's path, <c>/package.Service/Method</c>.</param>
    internal static Failure? Check(CertificateNames certificate, string method)
    {
        if (
            !certificate.Workers.Any()
            || certificate.Uris.Any(u => u.StartsWith(CertificateNames.ClientPrefix, StringComparison.Ordinal))
            || method.StartsWith($"/{WorkerMethods.Service}/", StringComparison.Ordinal)
            || method == StatusPath
        )
        {
            return null;
        }

        return new Failure(
            Catalogue.CertificateOfWorker,
            $"The certificate {certificate.Subject} is of worker {certificate.Name}, and {method[(method.LastIndexOf('/') + 1)..]} is not a worker's to call"
        )
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["cause"] = "worker-certificate",
                ["worker"] = certificate.Name,
            },
        };
    }
}
