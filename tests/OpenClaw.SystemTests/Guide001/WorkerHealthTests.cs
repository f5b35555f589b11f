using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Rows C11 and C12 of the guide on workers: <c>clw health</c>, <c>/health</c> and <c>/healthz</c> of a real worker.</summary>
public sealed class WorkerHealthTests(ITestOutputHelper output)
{
    [Fact]
    public async Task C11_C12_health_follows_the_manager_away_and_back_and_liveness_does_not()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        var healthy = await cluster.Room.RunAsync("health");
        Assert.True(healthy.ExitCode == 0, healthy.Errors);
        Assert.Contains(": healthy, 0 active tasks", healthy.Output, StringComparison.Ordinal);

        using var http = Port(cluster);
        using (var client = cluster.Client())
        {
            // Every slot is busy.
            for (var i = 0; i < 4; i++)
            {
                await client.UntilAsync(await client.SubmitAsync("sleep", """{"seconds":600}"""), TaskState.Running);
            }
        }

        var busy = await DocumentAsync(http, HttpStatusCode.OK);
        Assert.True(busy.GetProperty("connected_to_manager").GetBoolean());
        Assert.Equal(4, busy.GetProperty("active_tasks").GetInt32());
        Assert.True(busy.GetProperty("last_heartbeat").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));

        cluster.Manager.Kill();
        await cluster.Manager.EndAsync();
        var away = await Until.FoundAsync(
            async () =>
            {
                var ill = await cluster.Room.RunAsync("health");
                return ill.ExitCode == 1 ? ill : null;
            },
            "clw health exits with 1"
        );
        Assert.Contains("clw-connection-", away.Errors, StringComparison.Ordinal);
        Assert.Contains("next: ", away.Errors, StringComparison.Ordinal);
        Assert.False((await DocumentAsync(http, HttpStatusCode.ServiceUnavailable)).GetProperty("connected_to_manager").GetBoolean());
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));

        await cluster.StartManagerAsync();
        await cluster.WorkerIsAsync("healthy");
        Assert.Equal(0, (await cluster.Room.RunAsync("health")).ExitCode);
    }

    [Fact]
    public async Task C11_C12_a_check_costs_little_and_liveness_answers_at_once_with_every_slot_busy()
    {
        await using var cluster = new Cluster();
        cluster.Room.Plugin("spin", "#!/bin/sh\nwhile :; do :; done\n");
        await cluster.StartAsync();

        // What a container pays every 30 s: user and system time of the command with everything that it starts.
        var costs = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            var timed = await LogsTests.BashAsync(cluster.Room, "TIMEFORMAT='%U %S'; time clw health");
            Assert.True(timed.ExitCode == 0, timed.Said);
            costs.Add(
                timed.Errors.Split(' ', StringSplitOptions.RemoveEmptyEntries).Sum(n => double.Parse(n, CultureInfo.InvariantCulture))
            );
        }

        var (least, middle) = (costs.Min(), costs.Order().ElementAt(costs.Count / 2));
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"clw health takes {least * 1000:0} ms of CPU at least, {middle * 1000:0} in the middle"
            )
        );
        // What others do at the same time makes it dearer (caches, clocks), never cheaper: the least is what it costs. 100 ms are aimed at.
        // On two busy cores, where a .NET program that does nothing takes 50 to 60, it takes 140 to 170, and this tells when it grows.
        Assert.True(least < 0.25, string.Join(' ', costs));

        using (var client = cluster.Client())
        {
            for (var i = 0; i < 4; i++)
            {
                await client.UntilAsync(await client.SubmitAsync("spin", "{}"), TaskState.Running);
            }
        }

        using var http = Port(cluster);
        var took = new List<TimeSpan>();
        for (var i = 0; i < 51; i++)
        {
            var clock = Stopwatch.StartNew();
            Assert.Equal("ok\n", await http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
            took.Add(clock.Elapsed);
        }

        var median = took.Order().ElementAt(took.Count / 2);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"/healthz answers in {median.TotalMilliseconds:0.0} ms"));
        Assert.True(median < TimeSpan.FromMilliseconds(50), $"{median}");
        var document = await DocumentAsync(http, HttpStatusCode.OK);
        Assert.Equal("healthy", document.GetProperty("status").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+", document.GetProperty("version").GetString());
    }

    [Fact]
    public async Task C11_nobody_there_is_one_line_and_exit_1()
    {
        await using var room = new Room();
        var port = Room.FreePort().ToString(CultureInfo.InvariantCulture);
        var nobody = await room.RunAsync("health", "--at", $"127.0.0.1:{port}");
        nobody.FailedWith("clw-connection-refused", 1);
        Assert.Contains(port, nobody.Errors, StringComparison.Ordinal);

        // Nor is another worker's port asked, which might be well.
        var here = await room.RunAsync("health");
        here.FailedWith("clw-worker-unreachable", 1);
        Assert.Contains("health.json", here.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"status":"healthy","worker":"another"}""", "clw-worker-unreachable")]
    [InlineData("""{"status":"fine"}""", "clw-protocol")]
    [InlineData("[]", "clw-protocol")]
    [InlineData("hello", "clw-protocol")]
    public async Task C11_whoever_else_has_the_port_is_not_taken_for_the_worker(string answer, string code)
    {
        await using var room = new Room();
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Directory.CreateDirectory(room.Path("state", "worker"));
        await File.WriteAllTextAsync(
            room.Path("state", "worker", "health.json"),
            $$"""{"address":"{{listener.LocalEndpoint}}","worker":"worker-02","pid":1}""",
            TestContext.Current.CancellationToken
        );
        var asking = room.RunAsync("health");
        using (var peer = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
        {
            await using var stream = peer.GetStream();
            _ = await stream.ReadAsync(new byte[1024], TestContext.Current.CancellationToken);
            await stream.WriteAsync(
                System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n{answer}"),
                TestContext.Current.CancellationToken
            );
        }

        (await asking).FailedWith(code, 1);
    }

    [Fact]
    public async Task C12_a_worker_whose_health_port_is_taken_says_so_and_works()
    {
        await using var cluster = new Cluster();
        using var other = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await cluster.StartManagerAsync();
        await cluster.StartWorkerAsync(("OPENCLAW_WORKER_HEALTH_PORT", taken));
        await cluster.Worker.SaidAsync("clw-port-in-use");
    }

    private static HttpClient Port(Cluster cluster)
    {
        var file = cluster.Room.Path("state", "worker", "health.json");
        var address = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.GetProperty("address").GetString();
        return new HttpClient { BaseAddress = new Uri($"http://{address}") };
    }

    private static async Task<JsonElement> DocumentAsync(HttpClient http, HttpStatusCode expected)
    {
        using var answer = await http.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.Equal(expected, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).RootElement;
    }
}
