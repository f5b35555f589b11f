using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Server;

namespace OpenClaw.Manager.Security;

/// <summary>
/// Who calls. A connection with TLS has shown a certificate of our CA, or there would be none: its name is the principal. A connection
/// without comes from this machine (or somebody said that the network is protected by other means): the token decides.
/// </summary>
internal sealed class SignIn(LocalToken token)
{
    public Failure? Authenticate(RpcServerContext context)
    {
        if (context.ClientCertificate is not { } certificate)
        {
            return token.Authenticate(context);
        }

        context.Principal = certificate.Name;
        return null;
    }
}
