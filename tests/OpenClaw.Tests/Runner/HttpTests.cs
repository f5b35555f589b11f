using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Protocol;
using OpenClaw.Runner.Http;

namespace OpenClaw.Tests.Runner;

/// <summary>http from scripts: off, to whom, how long, how much.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    private readonly PluginDirectory plugins = new();
    private WebApplication server = null!;
    private string url = "";
    private string authority = "";

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        server = builder.Build();
        server.MapGet("/hello", (HttpRequest r) => Results.Text($"hello {r.Headers["X-Name"]}", statusCode: 203));
        server.MapPost(
            "/echo",
            async (HttpRequest r) => Results.Text(r.ContentType + " " + await new StreamReader(r.Body).ReadToEndAsync(), "text/plain")
        );
        server.MapGet("/large", async (HttpResponse r) => await r.Body.WriteAsync(new byte[2 << 20]));
        server.MapGet("/slow", async (HttpContext c) => await Task.Delay(Timeout.Infinite, c.RequestAborted));
        server.MapGet("/on", (HttpRequest r) => Results.Redirect("/hello"));
        server.MapGet("/away", () => Results.Redirect("http://localhost:1/"));
        server.MapGet("/loop", () => Results.Redirect("/loop"));
        await server.StartAsync();
        url = server.Urls.First();
        authority = new Uri(url).Authority;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        plugins.Dispose();
    }

    private async Task<Said> RunAsync(string body, params string[] hosts)
    {
        await using var runner = await RunnerProcess.StartAsync(
            new ProcessLimits { LuaBytes = 1 << 20, CoreBytes = 0 },
            new HostRights { HttpHosts = hosts }
        );
        var path = plugins.Lua("t", "function process_t(data)\n" + body + "\nend");
        return (await runner.RunAsync(runner.Lua(path, JsonSerializer.Serialize(new { url }))))[^1];
    }

    [Fact]
    public async Task It_is_off_and_says_what_turns_it_on()
    {
        var said = await RunAsync("return http.get(data.url .. '/hello')");
        Assert.Equal(("clw-http-refused", false), (said.Code, said.Retryable));
        Assert.Contains("task.http_hosts", said.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listed_host_is_asked_and_told()
    {
        var said = await RunAsync(
            """
            local a = http.get(data.url .. "/hello", { headers = { ["X-Name"] = "you" } })
            local b = http.post(data.url .. "/echo", json.encode({ n = 1 }))
            local c = http.post(data.url .. "/echo", "x", { headers = { ["Content-Type"] = "text/x" } })
            local d = http.get(data.url .. "/nowhere")
            return { a.status, a.body, b.body, b.headers["content-type"], c.body, d.status, http.get(data.url .. "/on").status }
            """,
            authority
        );
        Assert.Equal("", said.Text);
        Assert.Equal("""[203,"hello you","application/json {\"n\":1}","text/plain","text/x x",404,203]""", said.Result);
    }

    [Theory]
    [InlineData("http.get(data.url .. '/hello')", "example.com", "does not let tasks ask")]
    [InlineData("http.get('http://127.0.0.1/')", "*", "private address")]
    [InlineData("http.get('http://localhost/')", "*", "private address")]
    [InlineData("http.get('http://[::ffff:127.0.0.1]/')", "*", "private address")]
    [InlineData("http.get('http://169.254.169.254/latest')", "*", "private address")]
    [InlineData("http.get(data.url .. '/away')", "", "does not let tasks ask localhost:1")]
    [InlineData("http.get(data.url .. '/loop')", "", "more than 5 times")]
    [InlineData("http.get('file:///etc/hostname')", "*", "neither http nor https")]
    [InlineData("http.get('nonsense')", "*", "no URL")]
    [InlineData("http.get(data.url .. '/slow', { timeout = 0.2 })", "", "did not answer within 0.2 s")]
    [InlineData("http.get(data.url .. '/large')", "", "is over")]
    [InlineData("http.get(data.url, { timeout = -1 })", "", "timeout")]
    [InlineData("http.get(data.url, { headers = { a = 'b\\nc' } })", "", "end of line")]
    [InlineData("http.post(data.url, {})", "", "body is a string")]
    [InlineData("http.get()", "", "a URL is needed")]
    public async Task What_is_not_allowed_is_refused_with_its_reason(string call, string host, string reason)
    {
        var said = await RunAsync($"local r = {call} return r", host.Length == 0 ? authority : host);
        Assert.Contains(reason, said.Text, StringComparison.Ordinal);
        Assert.StartsWith("t.lua:2: ", said.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.com/", "example.com", true, true)]
    [InlineData("https://EXAMPLE.com/x", "example.com", true, true)]
    [InlineData("http://example.com:8080/", "example.com", false, false)]
    [InlineData("http://example.com:8080/", "example.com:8080", true, true)]
    [InlineData("http://a.example.com/", "*.example.com", true, false)]
    [InlineData("http://example.com/", "*.example.com", false, false)]
    [InlineData("http://badexample.com/", "*.example.com", false, false)]
    [InlineData("http://a.example.com:8080/", "*.example.com", false, false)]
    [InlineData("http://user@example.com/", "user", false, false)]
    [InlineData("http://[::1]:80/", "[::1]", true, true)]
    [InlineData("http://anything/", "*", true, false)]
    [InlineData("http://anything:81/", "*", false, false)]
    public void Hosts_are_matched_whole(string asked, string entry, bool allowed, bool privateToo) =>
        Assert.Equal((allowed, privateToo), new HttpHosts([entry]).Look(new Uri(asked)));

    [Fact]
    public void Rights_survive_the_environment()
    {
        var rights = new HostRights
        {
            ReadRoots = ["/a,b=c", "/ü %41"],
            WriteRoots = ["/w"],
            HttpHosts = ["*", "x:1"],
        };
        var read = HostRights.FromText(rights.ToText())!;
        Assert.Equal(rights.ReadRoots, read.ReadRoots);
        Assert.Equal(rights.WriteRoots, read.WriteRoots);
        Assert.Equal(rights.HttpHosts, read.HttpHosts);
        Assert.Null(HostRights.FromText("exec=/bin/sh"));
        Assert.Null(HostRights.FromText("nonsense"));
        Assert.Equal("", HostRights.None.ToText());
    }
}
