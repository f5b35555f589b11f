using System.Net;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;

namespace OpenClaw.Bench.Rpc;

/// <summary>Says bytes back, one at a time and in streams. As a process of its own it prints its address and ends with its standard input.</summary>
internal static class RpcBenchServer
{
    private const string Name = "openclaw.bench.v1.Echo";

    public static readonly RpcMethod<BytesValue, BytesValue> Unary = Make("Unary", RpcMethodKind.Unary);
    public static readonly RpcMethod<BytesValue, BytesValue> Duplex = Make("Duplex", RpcMethodKind.Duplex);

    public static async Task<int> RunAsync()
    {
        await using var app = await StartAsync();
        Console.Out.WriteLine(AddressOf(app));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.LimitForRpc();
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseRpc());
        });
        var app = builder.Build();
        app.MapRpc(
            new() { Stopping = app.Lifetime.ApplicationStopping },
            new RpcService(Name).Unary(Unary, (request, _) => ValueTask.FromResult<Result<BytesValue>>(request)).Duplex(Duplex, EchoAsync)
        );
        await app.StartAsync();
        return app;
    }

    public static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static async ValueTask<Failure?> EchoAsync(
        RpcReader<BytesValue> requests,
        RpcWriter<BytesValue> responses,
        RpcServerContext context
    )
    {
        while (await requests.ReadAsync() is { } request)
        {
            do
            {
                responses.Write(request);
            } while (requests.TryRead(out request));
            await responses.FlushAsync();
        }
        return null;
    }

    private static RpcMethod<BytesValue, BytesValue> Make(string name, RpcMethodKind kind) =>
        new(Name, name, kind, BytesValue.Parser, BytesValue.Parser);
}
