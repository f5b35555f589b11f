using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>TLS between our client and our server, and every way in which it does not come about: each has its code and one line.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly X509Certificate2 authority = Authority("our CA");
    private readonly X509Certificate2 stranger = Authority("another CA");
    private readonly List<IAsyncDisposable> servers = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        authority.Dispose();
        stranger.Dispose();
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(At(-10), At(10));
    }

    // Certificates are judged by the machine's clock.
    private static DateTimeOffset At(int days) => TimeProvider.System.GetUtcNow().AddDays(days);

    private X509Certificate2 Issue(Action<SubjectAlternativeNameBuilder> names, int from = -1, int to = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=manager", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        names(alternatives);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var signed = request.Create(authority, At(from), At(to), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);

        // Kestrel wants the key with the certificate, as a file would bring it.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Our server behind TLS, or without it; the port of 127.0.0.1.</summary>
    private async Task<int> ServeAsync(X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                {
                    listen.UseRpc();
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                }
            )
        );
        var app = builder.Build();
        app.MapRpc(new RpcServerOptions(), new EchoService().Build());
        await app.StartAsync();
        servers.Add(app);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new Uri(address).Port;
    }

    private static SslClientAuthenticationOptions Trust(X509Certificate2 root) =>
        new()
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { root },
            },
        };

    private static async Task<Result<EchoReply>> AskAsync(string address, SslClientAuthenticationOptions? tls)
    {
        using var channel = new RpcChannel(new Uri(address), new RpcChannelOptions { Tls = tls });
        return await channel.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "hello" });
    }

    private static void AssertFailed(Result<EchoReply> result, ErrorEntry entry, string cause, params string[] words)
    {
        Assert.False(result.IsOk);
        var failure = result.Failure!;
        Assert.Equal((entry, cause), (failure.Entry, failure.Data["cause"]));
        Assert.All(words, w => Assert.Contains(w, failure.Message, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal("no", failure.Data[RpcChannel.SentKey]);
    }

    [Fact]
    public async Task ACertificateOfATrustedAuthorityCarriesCalls()
    {
        using var certificate = Issue(n => n.AddIpAddress(IPAddress.Loopback));
        var port = await ServeAsync(certificate);
        Assert.Equal("hello", (await AskAsync($"https://127.0.0.1:{port}", Trust(authority))).Value.Text);
    }

    [Fact]
    public async Task AStrangersAuthorityIsRefused()
    {
        using var certificate = Issue(n => n.AddIpAddress(IPAddress.Loopback));
        var port = await ServeAsync(certificate);
        AssertFailed(
            await AskAsync($"https://127.0.0.1:{port}", Trust(stranger)),
            Catalogue.TlsIncompleteChain,
            "incomplete-chain",
            $"127.0.0.1:{port}",
            "x509: certificate signed by unknown authority"
        );

        // The system's own trust does not know it either.
        AssertFailed(
            await AskAsync($"https://127.0.0.1:{port}", null),
            Catalogue.TlsIncompleteChain,
            "incomplete-chain",
            "x509: certificate signed by unknown authority"
        );
    }

    [Fact]
    public async Task ACertificateForAnotherNameIsRefused()
    {
        using var certificate = Issue(n => n.AddDnsName("elsewhere.invalid"));
        var port = await ServeAsync(certificate);
        AssertFailed(
            await AskAsync($"https://127.0.0.1:{port}", Trust(authority)),
            Catalogue.TlsWrongHost,
            "wrong-host",
            "x509: certificate is valid for elsewhere.invalid, not 127.0.0.1"
        );
    }

    [Theory]
    [InlineData(-5, -1, "clw-tls-expired", "expired")]
    [InlineData(1, 5, "clw-tls-not-yet-valid", "not-yet-valid")]
    public async Task ACertificateThatIsNotOfTodayIsRefused(int from, int to, string code, string cause)
    {
        using var certificate = Issue(n => n.AddIpAddress(IPAddress.Loopback), from, to);
        var port = await ServeAsync(certificate);
        AssertFailed(
            await AskAsync($"https://127.0.0.1:{port}", Trust(authority)),
            Catalogue.Find(code)!,
            cause,
            "x509: certificate has expired or is not yet valid"
        );
    }

    [Fact]
    public async Task PlainAgainstTlsIsSaid()
    {
        using var certificate = Issue(n => n.AddIpAddress(IPAddress.Loopback));
        var port = await ServeAsync(certificate);
        var result = await AskAsync($"http://127.0.0.1:{port}", null);
        // Whether the server's alert or the end of its connection is seen first is the network's.
        Assert.True(result.Failure!.Entry == Catalogue.Protocol || result.Failure.Entry == Catalogue.HandshakeTimeout);
        Assert.Contains("it may speak TLS", result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TlsAgainstPlainIsSaid()
    {
        var port = await ServeAsync(null);
        AssertFailed(
            await AskAsync($"https://127.0.0.1:{port}", Trust(authority)),
            Catalogue.TlsPlainPeer,
            "plain-peer",
            $"127.0.0.1:{port} speaks no TLS"
        );
    }
}
