using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;

namespace OpenClaw.Tests.Rpc;

/// <summary>Our server with <see cref="EchoService"/> on a free port of 127.0.0.1.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly CancellationTokenSource stopping = new();

    private EchoServer(RpcServerOptions options, RpcService[] more)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.LimitForRpc();
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseRpc());
        });
        app = builder.Build();
        app.MapRpc(options with { Stopping = stopping.Token }, [Echo.Build(), .. more]);
    }

    public EchoService Echo { get; } = new();

    public ErrorLog Log { get; } = new();

    public Uri Address { get; private set; } = null!;

    public static async Task<EchoServer> StartAsync(RpcServerOptions? options = null, params RpcService[] more)
    {
        var server = new EchoServer(options ?? new(), more);
        await server.app.StartAsync();
        var addresses = server.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Address = new(addresses.Addresses.Single());
        return server;
    }

    public RpcChannel Channel(RpcChannelOptions? options = null) => new(Address, options);

    /// <summary>Graceful: streams are told, then Kestrel waits for the calls.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await app.StopAsync();
    }

    /// <summary>As a crash looks from outside: open calls are cut.</summary>
    public Task AbortAsync() => app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await app.DisposeAsync();
        stopping.Dispose();
    }
}

/// <summary>Keeps what was logged as an error.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Errors { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Errors.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose() { }
}
