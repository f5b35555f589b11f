using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;
using OpenClaw.Tests.Rpc.Wire;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Rpc;

/// <summary>
/// TLS by files, with certificates on both sides: it carries calls, and each way in which it does not come about has its code and its line
/// on both sides.
/// </summary>
public sealed class MutualTlsTests : IAsyncLifetime
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private readonly TestCertificates files = new();
    private readonly X509Certificate2 authority = TestCertificates.Authority("our CA");
    private readonly X509Certificate2 stranger = TestCertificates.Authority("another CA");
    private readonly List<IAsyncDisposable> servers = [];
    private readonly ConcurrentQueue<Failure> refused = new();
    private readonly ConcurrentQueue<string> callers = new();
    private readonly string ca;

    public MutualTlsTests() => ca = files.Ca("ca.crt", authority);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        authority.Dispose();
        stranger.Dispose();
        files.Dispose();
    }

    private (string, string) ServerPair(
        Action<SubjectAlternativeNameBuilder>? names = null,
        double from = -1,
        double to = 1,
        X509Certificate2? by = null
    ) => files.Issue("manager", by ?? authority, names ?? (n => n.AddIpAddress(IPAddress.Loopback)), "CN=manager", from, to);

    private (string, string) ClientPair(double from = -1, double to = 1, X509Certificate2? by = null, string? use = null) =>
        files.Issue("client", by ?? authority, null, "CN=openclaw-worker, O=openclaw-cluster", from, to, use);

    private Task<int> ServeAsync((string, string)? own, bool always = true, TimeSpan? handshake = null) =>
        ServeAsync(own is null ? null : TestCertificates.Source(ca, own), always, handshake);

    private async Task<int> ServeAsync(TlsSource? source, bool always = true, TimeSpan? handshake = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                {
                    listen.UseRpc();
                    listen.UseTls(
                        new TlsServerOptions
                        {
                            Source = source,
                            AlwaysTls = always,
                            HandshakeTimeout = handshake ?? TimeSpan.FromSeconds(10),
                            OnRefused = (failure, _) => refused.Enqueue(failure),
                        }
                    );
                }
            )
        );
        var app = builder.Build();
        var options = new RpcServerOptions
        {
            Authenticate = context =>
            {
                callers.Enqueue(context.ClientCertificate?.Name ?? "nobody");
                return null;
            },
        };
        app.MapRpc(options, new EchoService().Build());
        await app.StartAsync();
        servers.Add(app);
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }

    private static RpcChannel Channel(int port, TlsSource? source, string host = "127.0.0.1", TimeSpan? allowed = null) =>
        new(
            new Uri($"{(source is null ? "http" : "https")}://{host}:{port}"),
            new RpcChannelOptions
            {
                TlsClient = source is null ? null : new TlsClient(source, TimeProvider.System),
                ConnectTimeout = allowed ?? TimeSpan.FromSeconds(5),
            }
        );

    private static async Task<Result<EchoReply>> AskAsync(int port, TlsSource? source, string host = "127.0.0.1", TimeSpan? allowed = null)
    {
        using var channel = Channel(port, source, host, allowed);
        return await channel.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "hello" });
    }

    private static void AssertFailed(Result<EchoReply> result, ErrorEntry entry, string cause, params string[] words)
    {
        Assert.False(result.IsOk);
        var failure = result.Failure!;
        Assert.True(failure.Entry == entry && failure.Data["cause"] == cause, $"{failure} ({failure.Data["cause"]})");
        Assert.All(words, w => Assert.Contains(w, failure.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal("no", failure.Data[RpcChannel.SentKey]);
    }

    private async Task<Failure> RefusalAsync()
    {
        // The server says it before the client's call has ended, or a moment later.
        for (var i = 0; i < 500 && refused.IsEmpty; i++)
        {
            await Task.Delay(10);
        }

        // A call whose connection was refused before it was sent is sent on another one, so there may be two, for the same reason.
        Assert.Single(refused.Select(r => r.Entry).Distinct());
        return refused.First();
    }

    [Fact]
    public async Task TwoCertificatesOfOneAuthorityCarryCallsAndNameTheCaller()
    {
        var port = await ServeAsync(ServerPair());
        var result = await AskAsync(port, TestCertificates.Source(ca, ClientPair()));
        Assert.Equal("hello", result.Value.Text);
        Assert.Equal("openclaw-worker", Assert.Single(callers));
        Assert.Empty(refused);
    }

    [Fact]
    public async Task APeerThatFallsSilentAfterItAnsweredIsFoundByPings()
    {
        var port = await ServeAsync(ServerPair());
        await using var relay = SilencingRelay.To(port);
        using var channel = new RpcChannel(
            new Uri($"https://127.0.0.1:{relay.Port}"),
            new RpcChannelOptions
            {
                TlsClient = new TlsClient(TestCertificates.Source(ca, ClientPair()), TimeProvider.System),
                KeepAliveDelay = TimeSpan.FromSeconds(1),
                KeepAliveTimeout = TimeSpan.FromSeconds(1),
            }
        );
        var failure = await relay.FallSilentAsync(channel);
        Assert.Equal((Catalogue.KeepAliveTimeout, "silent"), (failure.Entry, failure.Data["cause"]));
    }

    [Fact]
    public async Task PlainTextOnTheSamePortIsForThisMachine()
    {
        var port = await ServeAsync(ServerPair(), always: false);
        Assert.Equal("hello", (await AskAsync(port, null)).Value.Text);
        Assert.Equal("hello", (await AskAsync(port, TestCertificates.Source(ca, ClientPair()))).Value.Text);
        Assert.Equal(["nobody", "openclaw-worker"], callers);
    }

    [Theory]
    [InlineData(-5, -1, "clw-tls-expired", "expired", "is after")]
    [InlineData(1, 5, "clw-tls-not-yet-valid", "not-yet-valid", "is before")]
    public async Task AServersDatesAreNamed(double from, double to, string code, string cause, string word)
    {
        var port = await ServeAsync(ServerPair(from: from, to: to));
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair())),
            Catalogue.Find(code)!,
            cause,
            "TLS handshake failed: x509: certificate has expired or is not yet valid",
            word,
            $"the certificate of 127.0.0.1:{port}"
        );
        var here = await RefusalAsync();
        Assert.StartsWith("TLS handshake failed: the client 127.0.0.1:", here.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerWithACommonNameAloneIsRefused()
    {
        var port = await ServeAsync(files.Issue("manager", authority, null, "CN=localhost"));
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair()), "localhost"),
            Catalogue.TlsNoSan,
            "no-san",
            "TLS handshake failed: x509: certificate relies on legacy Common Name field"
        );
    }

    [Fact]
    public async Task AServerOfAnotherNameIsRefused()
    {
        var port = await ServeAsync(ServerPair(n => n.AddDnsName("elsewhere.invalid")));
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair())),
            Catalogue.TlsWrongHost,
            "wrong-host",
            "x509: certificate is valid for elsewhere.invalid, not 127.0.0.1"
        );
    }

    [Fact]
    public async Task AMissingIntermediateCertificateIsNamedAndMendedByAddingIt()
    {
        using var between = TestCertificates.Authority("the CA between", authority);
        var pair = ServerPair(by: between);
        var port = await ServeAsync(pair);
        var client = TestCertificates.Source(ca, ClientPair());
        AssertFailed(
            await AskAsync(port, client),
            Catalogue.TlsIncompleteChain,
            "incomplete-chain",
            "the chain is incomplete",
            "CN=the CA between"
        );

        File.AppendAllText(files.Path("manager.crt"), between.ExportCertificatePem() + "\n");
        Assert.Equal("hello", (await AskAsync(port, client)).Value.Text);
    }

    [Fact]
    public async Task AnotherAuthorityOfTheSameNameIsNamed()
    {
        using var again = TestCertificates.Authority("our CA");
        var port = await ServeAsync(ServerPair(by: again));
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair())),
            Catalogue.TlsUnknownCa,
            "unknown-ca",
            "x509: certificate signed by unknown authority",
            "another CA of the same name"
        );
    }

    [Fact]
    public async Task AClientsExpiredCertificateIsNamedOnBothSides()
    {
        var port = await ServeAsync(ServerPair());
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair(-5, -1))),
            Catalogue.TlsExpired,
            "expired",
            "TLS handshake failed: x509: certificate has expired or is not yet valid",
            "our own certificate CN=openclaw-worker"
        );
        var here = await RefusalAsync();
        Assert.Equal(Catalogue.TlsExpired, here.Entry);
        Assert.StartsWith(
            "TLS handshake failed: x509: certificate has expired or is not yet valid",
            here.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("of the client 127.0.0.1:", here.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientOfAnotherAuthorityLearnsItFromTheServer()
    {
        var port = await ServeAsync(ServerPair());
        // It trusts the server; the server does not trust it, and it cannot see why by itself: its own CA file has both.
        var both = files.Ca("both.crt", authority, stranger);
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(both, ClientPair(by: stranger))),
            Catalogue.TlsIncompleteChain,
            "incomplete-chain",
            "x509: certificate signed by unknown authority",
            $"our own certificate CN=openclaw-worker, O=openclaw-cluster, which 127.0.0.1:{port} refused"
        );
        Assert.Equal(Catalogue.TlsIncompleteChain, (await RefusalAsync()).Entry);
    }

    [Fact]
    public async Task AClientWithoutACertificateIsToldToShowOne()
    {
        var port = await ServeAsync(ServerPair());
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, null)),
            Catalogue.TlsClientMissing,
            "client-missing",
            "TLS handshake failed: tls: client didn't provide a certificate"
        );
        Assert.Equal(Catalogue.TlsClientMissing, (await RefusalAsync()).Entry);
    }

    [Fact]
    public async Task AClientWithACertificateForServersAloneIsRefused()
    {
        var port = await ServeAsync(ServerPair());
        var result = await AskAsync(port, TestCertificates.Source(ca, ClientPair(use: "1.3.6.1.5.5.7.3.1")));
        AssertFailed(result, Catalogue.TlsWrongUse, "wrong-use", "x509: certificate specifies an incompatible key usage");
        Assert.Equal(Catalogue.TlsWrongUse, (await RefusalAsync()).Entry);
        Assert.Equal("hello", (await AskAsync(port, TestCertificates.Source(ca, ClientPair(use: ClientUse)))).Value.Text);
    }

    [Fact]
    public async Task PlainTextOnATlsPortIsToldSo()
    {
        var port = await ServeAsync(ServerPair());
        AssertFailed2(await AskAsync(port, null), Catalogue.TlsRequired, "tls-required");
        Assert.Equal(Catalogue.TlsRequired, (await RefusalAsync()).Entry);

        static void AssertFailed2(Result<EchoReply> result, ErrorEntry entry, string cause) =>
            Assert.True(result.Failure?.Entry == entry && result.Failure.Data["cause"] == cause, result.Failure?.ToString());
    }

    [Fact]
    public async Task APlainHttp1ClientReadsWhy()
    {
        var port = await ServeAsync(ServerPair());
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var stream = socket.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("clw-tls-required: The other side wants TLS\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TlsOnAPlainPortIsNamed()
    {
        var port = await ServeAsync((TlsSource?)null, always: false);
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair())),
            Catalogue.TlsPlainPeer,
            "plain-peer",
            $"127.0.0.1:{port} speaks no TLS"
        );
        Assert.Equal(Catalogue.TlsPlainPeer, (await RefusalAsync()).Entry);
    }

    [Fact]
    public async Task AHandshakeThatHangsEndsInTime()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        AssertFailed(
            await AskAsync(port, TestCertificates.Source(ca, ClientPair()), allowed: TimeSpan.FromMilliseconds(200)),
            Catalogue.HandshakeTimeout,
            "timeout",
            "Failed to complete TLS handshake: context deadline exceeded"
        );

        var ours = await ServeAsync(ServerPair(), handshake: TimeSpan.FromMilliseconds(200));
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, ours);
        // The beginning of a record, and no more.
        await silent.GetStream().WriteAsync(new byte[] { 22, 3, 1, 2, 0 });
        var here = await RefusalAsync();
        Assert.Equal(Catalogue.HandshakeTimeout, here.Entry);
        Assert.StartsWith("Failed to complete TLS handshake: context deadline exceeded", here.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RenewedFilesServeTheNextConnectionAndHalfOfAPairIsKeptOut()
    {
        var source = TestCertificates.Source(ca, ServerPair());
        var port = await ServeAsync(source);
        var before = source.Current;
        var kept = new List<Failure>();
        var renewed = new List<TlsMaterial>();
        source.KeptOut += kept.Add;
        source.Renewed += renewed.Add;
        var client = TestCertificates.Source(ca, ClientPair());
        using var open = Channel(port, client);
        Assert.True((await open.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "a" })).IsOk);

        // The new certificate is there, its key not yet.
        var oldKey = File.ReadAllText(files.Path("manager-key.pem"));
        ServerPair();
        var newKey = File.ReadAllText(files.Path("manager-key.pem"));
        File.WriteAllText(files.Path("manager-key.pem"), oldKey);
        Assert.Equal("hello", (await AskAsync(port, client)).Value.Text);
        Assert.Equal("hello", (await AskAsync(port, client)).Value.Text);
        var said = Assert.Single(kept);
        Assert.Equal(Catalogue.TlsFiles, said.Entry);
        Assert.Contains("does not belong to the certificate", said.Message, StringComparison.Ordinal);
        Assert.Same(before, source.Current);

        File.WriteAllText(files.Path("manager-key.pem"), newKey);
        Assert.Equal("hello", (await AskAsync(port, client)).Value.Text);
        Assert.NotEqual(before.Names!.Serial, Assert.Single(renewed).Names!.Serial);

        // Whoever was connected stays so.
        Assert.True((await open.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "b" })).IsOk);
    }

    [Fact]
    public async Task ACaFileWithTheOldAndTheNewCaTakesBoth()
    {
        var source = TestCertificates.Source(ca, ServerPair());
        var port = await ServeAsync(source);
        var both = files.Ca("both.crt", authority, stranger);
        var newcomer = TestCertificates.Source(both, ClientPair(by: stranger));
        Assert.Equal(Catalogue.TlsIncompleteChain, (await AskAsync(port, newcomer)).Failure?.Entry);
        File.Copy(both, ca, overwrite: true);
        Assert.Equal("hello", (await AskAsync(port, newcomer)).Value.Text);
    }

    [Theory]
    [InlineData("", "holds no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read")]
    public void FilesThatAreNoneAreNamed(string content, string word)
    {
        var (cert, key) = ServerPair();
        File.WriteAllText(cert, content);
        var failure = TlsSource.Open(new TlsFiles(ca, cert, key)).Failure;
        Assert.Equal(Catalogue.TlsFiles, failure?.Entry);
        Assert.Contains(cert, failure!.Message, StringComparison.Ordinal);
        Assert.Contains(word, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APairThatDoesNotFitMayFitAtTheNextStartAndAMissingFileWillNot()
    {
        var (cert, key) = ServerPair();
        var old = File.ReadAllText(key);
        ServerPair();
        File.WriteAllText(key, old);
        var mixed = new TlsFiles(ca, cert, key);
        Assert.Equal(
            (Catalogue.TlsFiles, ExitCode.Resource),
            (TlsSource.OpenForService(mixed).Failure!.Entry, TlsSource.OpenForService(mixed).Failure!.Exit)
        );
        File.WriteAllText(key, "");
        Assert.Equal(ExitCode.Resource, TlsSource.OpenForService(mixed).Failure?.Exit);
        File.WriteAllText(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        Assert.Equal(ExitCode.Config, TlsSource.OpenForService(mixed).Failure?.Exit);
        File.Delete(key);
        Assert.Equal(ExitCode.Config, TlsSource.OpenForService(mixed).Failure?.Exit);
    }
}
