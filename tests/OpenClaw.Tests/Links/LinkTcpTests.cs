using System.Net;
using System.Net.Sockets;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Links;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Links;

/// <summary>The driver against real sockets on this machine.</summary>
public sealed class LinkTcpTests
{
    private sealed class Echo : ILinkEndpoint<Socket>
    {
        public async ValueTask<Result<Socket>> DialAsync(string address, CancellationToken ct)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(TcpProbe.Parse(address)!, ct);
            return socket;
        }

        public async Task<Failure?> ServeAsync(Socket connection, LinkSession session, CancellationToken ct)
        {
            var buffer = new byte[16];
            while (await connection.ReceiveAsync(buffer, ct) > 0)
            {
                session.Received();
            }

            return new(Catalogue.ConnectionLost, "end of stream");
        }
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        return listener;
    }

    private static async Task Reaches(ILink link, LinkState state)
    {
        using var patience = new CancellationTokenSource(ScriptedEndpoint.Patience);
        Assert.True(await link.WaitForAsync(s => s.State == state, patience.Token));
    }

    [Fact]
    public async Task A_listener_that_goes_away_and_comes_back_is_found_by_probes_long_before_the_wait_is_over()
    {
        var listener = Listen(0);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var options = new LinkOptions
        {
            Name = "echo",
            Addresses = [$"127.0.0.1:{port}"],
            Backoff = new(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)),
            ProbeInterval = TimeSpan.FromMilliseconds(20),
            Flap = null,
        };
        await using var link = new LinkDriver<Socket>(options, new Echo(), TimeProvider.System, new RecordingLogger(), seed: 1);
        link.Start();
        var accepted = await listener.AcceptSocketAsync();
        await Reaches(link, LinkState.Connected);
        listener.Stop();
        accepted.Close();
        await Reaches(link, LinkState.Reconnecting);
        using var back = Listen(port);
        await Reaches(link, LinkState.Connected);
        Assert.Equal(2, link.Snapshot.Connections);
        Assert.Equal(0, link.Snapshot.Attempts);
        Assert.Same(Catalogue.ConnectionLost, link.History.Single(c => c.To == LinkState.Reconnecting).Cause?.Entry);
    }

    [Fact]
    public async Task A_closed_port_is_refused_by_name_and_the_probe_says_no()
    {
        var listener = Listen(0);
        var address = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        Assert.True(await TcpProbe.AnswersAsync(address, CancellationToken.None));
        listener.Stop();
        Assert.False(await TcpProbe.AnswersAsync(address, CancellationToken.None));
        var refused = await Assert.ThrowsAsync<SocketException>(async () => await new Echo().DialAsync(address, CancellationToken.None));
        Assert.Same(Catalogue.ConnectionRefused, LinkFailures.Of(refused, address).Entry);
    }

    [Theory]
    [InlineData("host:9090", "host", 9090)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("https://logs.example/", "logs.example", 443)]
    [InlineData("http://127.0.0.1:8080/x", "127.0.0.1", 8080)]
    public void Addresses_are_read(string text, string host, int port)
    {
        var parsed = TcpProbe.Parse(text);
        Assert.Equal(host, parsed?.Host);
        Assert.Equal(port, parsed?.Port);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData(":80")]
    [InlineData("host:0")]
    [InlineData("host:70000")]
    [InlineData("::1:80")]
    [InlineData("ftp://")]
    public void What_is_no_address_is_none(string text) => Assert.Null(TcpProbe.Parse(text));

    [Fact]
    public void A_wish_to_stay_away_is_read_from_the_failure()
    {
        var failure = LinkRig.Refused with { Data = new Dictionary<string, string> { [LinkFailures.RetryAfterKey] = "12.5" } };
        Assert.Equal(TimeSpan.FromSeconds(12.5), LinkFailures.Judge(failure).RetryAfter);
        Assert.Equal(LinkVerdict.Auth, LinkFailures.Judge(LinkRig.Unauthorized).Verdict);
        Assert.True(LinkFailures.Judge(new(Catalogue.ManagerStopping, "x")).Planned);
    }
}
