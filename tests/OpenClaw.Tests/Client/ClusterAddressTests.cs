using OpenClaw.Client;
using OpenClaw.Client.Connecting;

namespace OpenClaw.Tests.Client;

/// <summary>Where a client goes and what it shows there: options before variables before what the manager left; no token in the open.</summary>
public sealed class ClusterAddressTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("clw-address-").FullName;
    private readonly Dictionary<string, string> environment = [];

    public ClusterAddressTests() => environment["HOME"] = data;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData("a:1", "a:1", false)]
    [InlineData("a", "a:9090", false)]
    [InlineData(" a:1 , [::1]:2,", "a:1 [::1]:2", false)]
    [InlineData("http://a:1", "a:1", false)]
    [InlineData("HTTPS://a/", "a:9090", true)]
    public void Addresses_are_read(string text, string expected, bool secure)
    {
        var (addresses, isSecure) = ClusterAddress.Parse(text);
        Assert.Equal((expected, secure), (string.Join(' ', addresses), isSecure));
    }

    [Theory]
    [InlineData("a b", "'a b' is no address")]
    [InlineData("a:0", "is no address")]
    [InlineData("ftp://a:1", "is no address")]
    [InlineData(",", "names no address")]
    [InlineData("https://a,b", "mixes")]
    public void What_is_no_address_is_said(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<ArgumentException>(() => ClusterAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_go_before_variables_before_the_manager_before_the_default()
    {
        var options = new OpenClawClientOptions { DataDirectory = data };
        Assert.Equal(("127.0.0.1:9090", false, null), Look(options));
        Leave("127.0.0.1:4711", "local");
        Assert.Equal(("127.0.0.1:4711", true, "local"), Look(options));
        // A manager that starts over has another token.
        Leave("127.0.0.1:4711", "newer");
        Assert.Equal("newer", Look(options).Token);
        environment["OPENCLAW_CLUSTER_MANAGER_ADDRESS"] = "127.0.0.1:5";
        environment["OPENCLAW_TOKEN"] = "variable";
        Assert.Equal(("127.0.0.1:5", false, "variable"), Look(options));
        Assert.Equal(("127.0.0.1:6", false, "option"), Look(options with { Addresses = "127.0.0.1:6", Token = "option" }));
        Assert.Equal("asked", Look(options with { TokenProvider = () => "asked" }).Token);
    }

    [Fact]
    public void The_usual_directory_of_the_user_is_found()
    {
        Directory.CreateDirectory(Path.Combine(data, "openclaw"));
        File.WriteAllText(Path.Combine(data, "openclaw", "manager.json"), """{"address":"127.0.0.1:4712"}""");
        environment["XDG_STATE_HOME"] = data;
        var found = Look(new OpenClawClientOptions()).Addresses;
        // A manager of the whole machine goes first, should one run where the tests do.
        Assert.True(found == "127.0.0.1:4712" || File.Exists("/var/lib/openclaw/manager.json"), found);
    }

    [Fact]
    public void The_local_token_stays_on_this_machine()
    {
        Leave("127.0.0.1:4711", "local");
        var options = new OpenClawClientOptions { DataDirectory = data, Addresses = "example.org:9090" };
        Assert.Null(Look(options).Token);
        Assert.Equal("local", Look(options with { Addresses = "localhost:9090" }).Token);
    }

    [Fact]
    public void A_token_is_not_sent_in_the_open_unless_somebody_says_so()
    {
        var options = new OpenClawClientOptions
        {
            DataDirectory = data,
            Addresses = "127.0.0.1:1,example.org:9090",
            Token = "secret",
        };
        var e = Assert.Throws<OpenClawException>(() => Look(options));
        Assert.Equal(ErrorCodes.AddressInsecure, e.Code);
        Assert.Contains("example.org:9090", e.Reason, StringComparison.Ordinal);
        Assert.Equal("secret", Look(options with { AllowInsecure = true }).Token);
        Assert.Equal("secret", Look(options with { Addresses = "https://example.org:9090" }).Token);
        Assert.Equal("secret", Look(options with { Tls = new() }).Token);
    }

    private (string Addresses, bool Expected, string? Token) Look(OpenClawClientOptions options)
    {
        var wire = ClusterAddress.Resolve(options, name => environment.GetValueOrDefault(name));
        return (string.Join(' ', wire.Addresses), wire.ExpectManager, wire.Token?.Invoke());
    }

    private void Leave(string address, string token)
    {
        File.WriteAllText(Path.Combine(data, "manager.json"), $$"""{"address":"{{address}}"}""");
        File.WriteAllText(Path.Combine(data, "token"), token + "\n");
    }
}
