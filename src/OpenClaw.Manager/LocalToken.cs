using System.Security.Cryptography;
using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Server;

namespace OpenClaw.Manager;

/// <summary>Sign-in on this machine: whoever can read the token's file is the principal <c>local</c>.</summary>
internal sealed class LocalToken(string token)
{
    public const string Principal = "local";

    private readonly byte[] expected = Encoding.UTF8.GetBytes("Bearer " + token);

    public Failure? Authenticate(RpcServerContext context)
    {
        // Compared in constant time: how much of a guess is right must not show in how long the answer takes.
        if (context.Authorization is { } given && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected))
        {
            context.Principal = Principal;
            return null;
        }

        return new Failure(
            Catalogue.AuthRefused,
            context.Authorization is null ? "The call carries no token" : "The token is not the one of this manager's data directory"
        );
    }
}
