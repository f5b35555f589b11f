using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Rpc.Server;
using OpenClaw.RpcPeer;

// Our server with the interop service, as a process of its own, so that others' clients and hostile ones meet a program and its memory
// can be measured. Options: --receive-timeout, --send-timeout, --head-timeout, --ping in milliseconds, --max-receive in bytes.
// Prints "port N". A line "memory" is answered with "memory BYTES" (managed, after a collection), "call ADDRESS MILLISECONDS" with how
// a call of our client to that address ended. Ends with its standard input.
var options = new ConfigurationBuilder().AddCommandLine(args).Build();
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    var ping = Time("ping", 15_000);
    kestrel.Limits.LimitForRpc(
        new()
        {
            HeadTimeout = Time("head-timeout", 30_000),
            KeepAliveDelay = ping,
            KeepAliveTimeout = ping,
        }
    );
    kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseRpc());
});
await using var app = builder.Build();
var health = new HealthService(TestMethods.Service);
app.MapRpc(
    new()
    {
        Compress = true,
        MaxReceiveSize = options.GetValue("max-receive", 4 * 1024 * 1024),
        ReceiveTimeout = Time("receive-timeout", 30_000),
        SendTimeout = Time("send-timeout", 30_000),
        Stopping = app.Lifetime.ApplicationStopping,
    },
    InteropService.Build(),
    health.Build()
);
await app.StartAsync();
health.SetServing(true);
var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
Console.WriteLine($"port {new Uri(address).Port}");
while (await Console.In.ReadLineAsync() is { } line)
{
    Console.WriteLine(line == "memory" ? $"memory {GC.GetTotalMemory(forceFullCollection: true)}" : await Callers.RunAsync(line));
}
return 0;

TimeSpan Time(string name, int fallback) => TimeSpan.FromMilliseconds(options.GetValue(name, fallback));
