using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;

namespace OpenClaw.Worker.Health;

/// <summary>
/// The worker's health port: <c>/health</c> tells how it stands, <c>/healthz</c> that the process lives. Plain HTTP without a secret.
/// Where it listens stands in <c>health.json</c> of the state directory, for <c>clw health</c>.
/// </summary>
internal sealed class HealthEndpoint : IAsyncDisposable
{
    public const string AddressFile = "health.json";

    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2);

    private readonly Func<Task<HealthReport>> report;
    private readonly TimeProvider time;
    private readonly string worker;
    private readonly string file;
    private WebApplication? app;

    /// <param name="report">Asked for each answer.</param>
    /// <param name="worker">The worker's id: who asks another than was meant can tell.</param>
    /// <param name="stateDirectory">The worker's own.</param>
    /// <param name="time">How long a report may take.</param>
    public HealthEndpoint(Func<Task<HealthReport>> report, string worker, string stateDirectory, TimeProvider time)
    {
        this.report = report;
        this.worker = worker;
        this.time = time;
        file = Path.Combine(stateDirectory, AddressFile);
    }

    /// <summary>Where the worker was told that managers are, for <c>clw doctor</c>; empty: the one of this machine.</summary>
    public IReadOnlyList<string> Managers { get; init; } = [];

    /// <summary>Listens, and returns the port. A refusal is a value: a worker works without its health port, and says that it does.</summary>
    /// <param name="address">Any address of this machine, or loopback.</param>
    /// <param name="port">0: the system chooses.</param>
    public async Task<Result<int>> StartAsync(IPAddress address, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var built = builder.Build();
        built.Run(AnswerAsync);
        try
        {
            await built.StartAsync();
        }
        catch (Exception e) when (e is IOException { InnerException: AddressInUseException } or SocketException)
        {
            await built.DisposeAsync();
            return e is SocketException { SocketErrorCode: not SocketError.AddressAlreadyInUse } other
                ? new Failure(Catalogue.ListenFailed, $"The health port {address}:{port} cannot be had: {other.SocketErrorCode}")
                : new Failure(
                    Catalogue.PortInUse,
                    $"The health port {port} is taken",
                    "Choose another: --health-port PORT (0: the system chooses)"
                );
        }

        app = built;
        return WriteAddress(address, new Uri(built.Urls.First().Replace("[::]", "[::1]", StringComparison.Ordinal)).Port);
    }

    // Over what an earlier process left, which names a port that is perhaps somebody else's by now.
    private Result<int> WriteAddress(IPAddress address, int port)
    {
        var reach = address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Any) ? IPAddress.Loopback : address;
        var content = new JsonObject
        {
            ["address"] = new IPEndPoint(reach, port).ToString(),
            ["worker"] = worker,
            ["pid"] = Environment.ProcessId,
            ["managers"] = new JsonArray([.. Managers.Select(m => (JsonNode)m)]),
        };
        try
        {
            OwnFile.Write(file, Encoding.UTF8.GetBytes(content.ToJsonString() + "\n"));
            return port;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(
                Catalogue.StoreUnwritable,
                $"The file {file} cannot be written, so clw health does not find port {port}: {e.Message}"
            );
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/health":
                await HealthAsync(http);
                break;
            case "/healthz":
                http.Response.ContentType = "text/plain";
                await http.Response.WriteAsync("ok\n", http.RequestAborted);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                await http.Response.WriteAsync("OpenClaw worker: /health, /healthz\n", http.RequestAborted);
                break;
        }
    }

    private async Task HealthAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        byte[] body;
        try
        {
            var now = await report().WaitAsync(MostPatience, time, http.RequestAborted);
            http.Response.StatusCode = now.StatusCode;
            body = now.ToJson();
        }
        catch (Exception e)
            when (e is TimeoutException || (e is OperationCanceledException && !http.RequestAborted.IsCancellationRequested))
        {
            // The worker's loop does not answer, or has ended: the port alone lives.
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            body = "{\"status\": \"unhealthy\", \"connected_to_manager\": false}\n"u8.ToArray();
        }

        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        if (app is null)
        {
            return;
        }

        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A stale file names a port where nobody answers, which says the same.
        }

        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }
}
