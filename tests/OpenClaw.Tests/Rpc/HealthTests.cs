using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Health;
using OpenClaw.Rpc.Server;
using Status = OpenClaw.Rpc.Health.HealthCheckResponse.Types.ServingStatus;

namespace OpenClaw.Tests.Rpc;

public sealed class HealthTests : IAsyncLifetime
{
    private readonly HealthService health = new("a.Service");
    private EchoServer server = null!;
    private RpcChannel channel = null!;

    public async ValueTask InitializeAsync()
    {
        var nobody = new RpcServerOptions { Authenticate = _ => new Failure(Catalogue.AuthRefused, "nobody may call") };
        server = await EchoServer.StartAsync(nobody, more: health.Build());
        channel = server.Channel();
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task AnybodyMayAskAndNothingElse()
    {
        Assert.Equal(Catalogue.AuthRefused, (await channel.UnaryAsync(EchoService.Unary, new())).Failure!.Entry);
        Assert.Equal(Status.NotServing, await CheckAsync(""));
        health.SetServing(true);
        Assert.Equal((Status.Serving, Status.Serving), (await CheckAsync(""), await CheckAsync("a.Service")));
        health.SetServing(false);
        Assert.Equal((Status.NotServing, Status.NotServing), (await CheckAsync(""), await CheckAsync("a.Service")));
    }

    [Fact]
    public async Task AnUnknownServiceIsNotFoundByCheckAndAStatusForWatch()
    {
        var failure = (await channel.UnaryAsync(HealthMethods.Check, new() { Service = "b" })).Failure!;
        Assert.Equal(Catalogue.ServiceNotFound, failure.Entry);
        await using var watch = channel.ServerStreaming(HealthMethods.Watch, new() { Service = "b" });
        Assert.Equal(Status.ServiceUnknown, (await watch.ReadAsync())!.Status);
    }

    [Fact]
    public async Task AWatchHearsEachChangeAndTheEnd()
    {
        await using var watch = channel.ServerStreaming(HealthMethods.Watch, new());
        Assert.Equal(Status.NotServing, (await watch.ReadAsync())!.Status);
        health.SetServing(false);
        health.SetServing(true);
        Assert.Equal(Status.Serving, (await watch.ReadAsync())!.Status);
        await server.StopAsync();
        var e = await Assert.ThrowsAsync<FailureException>(async () => await watch.ReadAsync());
        Assert.Equal(Catalogue.ManagerStopping, e.Failure.Entry);
    }

    [Fact]
    public async Task AConnectionHoldsSoManyWatchesAndNoMore()
    {
        for (var round = 0; round < 2; round++)
        {
            // A connection of its own each time: what is closed counts no more, and others are not shut out.
            using var crowded = server.Channel();
            var open = new List<RpcCall<HealthCheckRequest, HealthCheckResponse>>();
            for (var i = 0; i < HealthService.MostWatches; i++)
            {
                open.Add(crowded.ServerStreaming(HealthMethods.Watch, new()));
                Assert.Equal(Status.NotServing, (await open[^1].ReadAsync())!.Status);
            }

            await using var more = crowded.ServerStreaming(HealthMethods.Watch, new());
            var refused = await Assert.ThrowsAsync<FailureException>(async () => await more.ReadAsync());
            Assert.Equal(Catalogue.Usage, refused.Failure.Entry);
            Assert.Equal(Status.NotServing, await CheckAsync(""));
            foreach (var watch in open)
            {
                await watch.DisposeAsync();
            }
        }
    }

    private async Task<Status> CheckAsync(string service) =>
        (await channel.UnaryAsync(HealthMethods.Check, new() { Service = service })).Value.Status;
}
