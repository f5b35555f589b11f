using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Tests.Support;
using OpenClaw.Worker.Health;

namespace OpenClaw.Tests.Worker;

/// <summary>What a worker says of itself, and the port that says it.</summary>
public sealed class HealthReportTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 20, 12, 30, 45, 678, TimeSpan.Zero);
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("clw-health-");

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData(LinkState.Connected, true, false, "healthy", 200)]
    [InlineData(LinkState.Connecting, false, false, "connecting", 503)]
    [InlineData(LinkState.Reconnecting, false, false, "reconnecting", 503)]
    [InlineData(LinkState.Error, false, false, "unhealthy", 503)]
    [InlineData(LinkState.Disconnected, false, false, "unhealthy", 503)]
    [InlineData(LinkState.Connected, true, true, "draining", 503)]
    public void The_status_is_that_of_the_link(LinkState state, bool connected, bool stopping, string status, int code)
    {
        var report = Report(state, connected, stopping, null);
        Assert.Equal((status, code), (report.Status, report.StatusCode));
    }

    [Theory]
    [InlineData(11, "healthy", 200)]
    [InlineData(15.1, "degraded", 503)]
    public void A_connection_on_which_no_heartbeat_is_acknowledged_is_not_healthy(double unanswered, string status, int code)
    {
        var report = Report(LinkState.Connected, connected: true, stopping: false, last: null, unanswered);
        Assert.Equal((status, code), (report.Status, report.StatusCode));
        Assert.Equal(code == 200 ? null : "clw-heartbeat-lost", report.Problem?.Code);
    }

    [Fact]
    public void A_first_connection_that_fails_is_not_a_start_any_more()
    {
        var refused = new Failure(Catalogue.ConnectionRefused, "Nothing listens on 192.168.1.10:9090.");
        var report = Report(LinkState.Connecting, connected: false, stopping: false, refused);
        Assert.Equal("reconnecting", report.Status);
        var problem = Parse(report.ToJson()).GetProperty("problem");
        Assert.Equal("clw-connection-refused", problem.GetProperty("code").GetString());
        Assert.Contains("9090", problem.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_the_fields_of_the_guide_and_a_healthy_one_names_no_old_trouble()
    {
        var json = Parse(Report(LinkState.Connected, true, false, new Failure(Catalogue.ConnectionRefused, "long over")).ToJson());
        Assert.Equal("healthy", json.GetProperty("status").GetString());
        Assert.True(json.GetProperty("connected_to_manager").GetBoolean());
        Assert.Equal("2026-01-20T12:30:45Z", json.GetProperty("last_heartbeat").GetString());
        Assert.Equal(2, json.GetProperty("active_tasks").GetInt32());
        Assert.Equal("2.4.1", json.GetProperty("version").GetString());
        Assert.False(json.TryGetProperty("problem", out _));
    }

    [Theory]
    [InlineData(LinkState.AuthRequired, "auth_required")]
    [InlineData(LinkState.Connected, "connected")]
    public void The_link_is_in_the_state_that_is_documented(LinkState state, string name) =>
        Assert.Equal(name, Parse(Report(state, false, false, null).ToJson()).GetProperty("manager").GetProperty("state").GetString());

    [Fact]
    public async Task The_port_answers_and_its_address_is_written_down_while_it_does()
    {
        var answer = Report(LinkState.Connected, true, false, null);
        var endpoint = new HealthEndpoint(() => Task.FromResult(answer), "worker-02", directory.FullName, TimeProvider.System);
        var port = (await endpoint.StartAsync(IPAddress.Loopback, 0)).Value;
        var file = Path.Combine(directory.FullName, HealthEndpoint.AddressFile);
        Assert.Equal($"127.0.0.1:{port}", Parse(await File.ReadAllBytesAsync(file, Cancellation)).GetProperty("address").GetString());
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health", Cancellation)).StatusCode);
        answer = Report(LinkState.Reconnecting, false, false, null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health", Cancellation)).StatusCode);
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/secrets", Cancellation)).StatusCode);
        await endpoint.DisposeAsync();
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_loop_that_does_not_answer_is_told_and_the_process_still_lives()
    {
        var time = new VirtualTime();
        var asked = new TaskCompletionSource();
        await using var endpoint = new HealthEndpoint(
            () =>
            {
                asked.SetResult();
                return new TaskCompletionSource<HealthReport>().Task;
            },
            "worker-02",
            directory.FullName,
            time
        );
        var port = (await endpoint.StartAsync(IPAddress.Loopback, 0)).Value;
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var waiting = client.GetAsync("/health", Cancellation);
        await asked.Task;
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz", Cancellation));
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var answer = await waiting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("unhealthy", Parse(await answer.Content.ReadAsByteArrayAsync(Cancellation)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_failure_with_the_flag_that_mends_it()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var endpoint = new HealthEndpoint(
            () => Task.FromResult(Report(LinkState.Connected, true, false, null)),
            "worker-02",
            directory.FullName,
            TimeProvider.System
        );
        var failure = (await endpoint.StartAsync(IPAddress.Loopback, port)).Failure!;
        Assert.Equal(Catalogue.PortInUse, failure.Entry);
        Assert.Contains("--health-port", failure.NextStep, StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static JsonElement Parse(byte[] json) => JsonDocument.Parse(json).RootElement;

    private static HealthReport Report(LinkState state, bool connected, bool stopping, Failure? last, double unanswered = 0) =>
        HealthReport.Of(
            new HealthFigures(stopping, connected, Noon, ActiveTasks: 2, WaitingOutcomes: 0)
            {
                Unanswered = TimeSpan.FromSeconds(unanswered),
                HeartbeatInterval = TimeSpan.FromSeconds(10),
            },
            new LinkSnapshot
            {
                State = state,
                Phase = LinkPhase.Idle,
                Since = Noon,
                Address = "192.168.1.10:9090",
                Attempts = 0,
                MaxAttempts = 0,
                LastFailure = last,
                NextAttempt = null,
                Connections = 1,
            },
            new HealthIdentity("worker-02", 7, 4, "2.4.1")
        );
}
