using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Rpc;

/// <summary>Looks at the certificate that a server shows, without trusting it and without saying anything to it.</summary>
public static class TlsLook
{
    /// <summary>The server's certificate first, then what it sent with it.</summary>
    public static async Task<Result<IReadOnlyList<X509Certificate2>>> AtAsync(HostPort address, TimeSpan allowed, CancellationToken ct)
    {
        var where = address.ToString();
        var shown = new List<X509Certificate2>();
        using var time = new CancellationTokenSource(allowed, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ct);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var connected = false;
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, either.Token);
            connected = true;
            var first = new FirstByte(new NetworkStream(socket));
            await using var stream = new SslStream(first);
            try
            {
                await stream.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = address.Host,
                        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                        {
                            // Copies: what belongs to the handshake is gone after it.
                            shown.AddRange(
                                new[] { certificate as X509Certificate2 }
                                    .Concat(chain?.ChainPolicy.ExtraStore ?? [])
                                    .OfType<X509Certificate2>()
                                    .DistinctBy(c => c.Thumbprint)
                                    .Select(c => X509CertificateLoader.LoadCertificate(c.RawData))
                            );
                            return true;
                        },
                    },
                    either.Token
                );
            }
            catch (Exception e) when (e is AuthenticationException or IOException && shown.Count == 0)
            {
                return TlsClient.ReasonOf(e, first, where, null);
            }
            catch (Exception e) when (e is AuthenticationException or IOException)
            {
                // It wanted to see ours, or did not like how we began: what we came for we have.
            }

            return shown;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return connected ? TlsFailures.TimedOut(where) : new Failure(Catalogue.ConnectionTimeout, $"{where} does not answer.");
        }
        catch (SocketException e)
        {
            return Client.TransportFailures.Classify(e, where, new(Tls: true, Connected: connected, Answered: false, Silent: null));
        }
    }
}
