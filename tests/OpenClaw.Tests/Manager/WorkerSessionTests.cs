using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Logs;
using OpenClaw.Manager.Security;
using OpenClaw.Manager.Sessions;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.Tests.Store;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Manager;

/// <summary>Workers that break the rules, over a real connection.</summary>
public sealed class WorkerSessionTests : IAsyncLifetime
{
    private readonly ManualClock clock = new();
    private readonly ModelStore store;
    private readonly ManagerMetrics metrics = new();
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("oc-session-");
    private readonly OwnerLoop loop;
    private readonly ManagerCore core;
    private readonly LogRelay logs;
    private readonly WebApplication app;
    private Task looping = Task.CompletedTask;
    private RpcChannel channel = null!;

    public WorkerSessionTests()
    {
        store = new ModelStore(clock);
        loop = new OwnerLoop(() => core!.Dispatch(), e => throw new InvalidOperationException("", e), NullLogger<OwnerLoop>.Instance);
        core = new ManagerCore(
            new ManagerOptions { ManagerId = "m1", DataDirectory = "/nowhere" },
            clock,
            operation =>
            {
                // In the loop: one transaction each.
                store.Execute(operation);
                operation.Settle(null);
            },
            loop.Post,
            metrics,
            NullLogger<ManagerCore>.Instance
        );
        var certificates = new ManagerCertificates(
            WorkerPins.Open(directory.FullName).Value,
            source: null,
            TimeProvider.System,
            NullLogger<ManagerCertificates>.Instance
        );
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.LimitForRpc();
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseRpc());
        });
        app = builder.Build();
        logs = new LogRelay(loop, core);
        app.MapRpc(new RpcServerOptions(), WorkerApi.Create(loop, core, logs, certificates));
    }

    public async ValueTask InitializeAsync()
    {
        looping = loop.RunAsync();
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        channel = new RpcChannel(new Uri(addresses.Addresses.Single()), new RpcChannelOptions());
    }

    public async ValueTask DisposeAsync()
    {
        directory.Delete(recursive: true);
        channel.Dispose();
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
        loop.Complete();
        await looping;
        metrics.Dispose();
    }

    private RpcCall<WorkerMessage, ManagerMessage> Dial() => channel.Duplex(WorkerMethods.Session, new CallOptions());

    private static WorkerMessage Registration(string id = "w1") =>
        new()
        {
            Register = new Register
            {
                Worker = id,
                Incarnation = 1,
                Identity = "mark",
                Slots = 2,
                HeartbeatIntervalMs = 1000,
                Types_ = { new TaskType { Name = "noop" } },
            },
        };

    private async Task<RpcCall<WorkerMessage, ManagerMessage>> RegisteredAsync(string id = "w1")
    {
        var call = Dial();
        await call.WriteAsync(Registration(id));
        Assert.NotNull((await call.ReadAsync())?.Registered);
        return call;
    }

    private static async Task<Failure?> EndAsync(RpcCall<WorkerMessage, ManagerMessage> call)
    {
        try
        {
            while (await call.ReadAsync() is not null) { }
        }
        catch (FailureException) { }

        return await call.Status;
    }

    // Waits for the fact itself; the test's own time limit is the only clock.
    private async Task UntilAsync(string worker, string state)
    {
        while (await loop.AskAsync(() => core.Status().Workers.Single(w => w.Id == worker).State) != state)
        {
            await Task.Yield();
        }
    }

    [Fact(Timeout = 20_000)]
    public async Task TheFirstMessageMustBeRegister()
    {
        await using var call = Dial();
        await call.WriteAsync(new WorkerMessage { Heartbeat = new Heartbeat() });
        Assert.Equal(Catalogue.Protocol.Code, (await EndAsync(call))!.Code);
        Assert.Empty(await loop.AskAsync(() => core.Status().Workers));
    }

    [Fact(Timeout = 20_000)]
    public async Task RegisterTwiceOnOneSessionEndsIt()
    {
        await using var call = await RegisteredAsync();
        await call.WriteAsync(Registration("w2"));
        Assert.Equal(Catalogue.Protocol.Code, (await EndAsync(call))!.Code);
        await UntilAsync("w1", "UNREACHABLE");
    }

    [Fact(Timeout = 20_000)]
    public async Task AnotherSessionOfTheSameWorkerReplacesTheFirst()
    {
        await using var first = await RegisteredAsync();
        await using var second = await RegisteredAsync();
        Assert.NotNull(await EndAsync(first));
        await UntilAsync("w1", "healthy");
    }

    [Fact(Timeout = 20_000)]
    public async Task ATaskGoesOverTheWireAndBack()
    {
        await using var call = await RegisteredAsync();
        var submit = await loop.AskAsync(() =>
            core.Submit([
                new NewTask
                {
                    Type = "noop",
                    Payload = "{}"u8.ToArray(),
                    SubmittedBy = "local",
                },
            ])
        );
        var task = Assert.Single((await call.ReadAsync())!.Assignments.Assignments_);
        Assert.Equal(submit.Numbers[0], task.Task);
        await call.WriteAsync(new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { TestWorker.Outcome(task) } } });
        Assert.Equal(task.Task, Assert.Single((await call.ReadAsync())!.OutcomesRecorded.Attempts).Task);
        Assert.Equal(OpenClaw.Core.Tasks.TaskState.Succeeded, await loop.AskAsync(() => store.Tasks[task.Task].State));
    }

    [Fact(Timeout = 20_000)]
    public async Task ASilentWorkerIsUnreachableAndItsSessionEnds()
    {
        await using var call = await RegisteredAsync();
        clock.Advance(TimeSpan.FromSeconds(3.1));
        loop.Post(core.Tick);
        Assert.Equal(Catalogue.HeartbeatFailure.Code, (await EndAsync(call))!.Code);
        await UntilAsync("w1", "UNREACHABLE");
    }

    [Fact(Timeout = 20_000)]
    public async Task AWorkerThatSaysGoodbyeIsStopped()
    {
        await using var call = await RegisteredAsync();
        await call.WriteAsync(new WorkerMessage { Draining = new Draining() });
        await call.CompleteAsync();
        Assert.Null(await EndAsync(call));
        await UntilAsync("w1", "stopped");
    }

    [Fact(Timeout = 30_000)]
    public async Task AFloodFromAWorkerThatDoesNotReadEndsItsSessionAlone()
    {
        await using var call = await RegisteredAsync();
        await using var other = await RegisteredAsync("w2");
        var beat = new WorkerMessage { Heartbeat = new Heartbeat { Sequence = long.MaxValue } };
        var outcomes = new WorkerMessage { Outcomes = new Outcomes() };
        for (var i = 0; i < 1000; i++)
        {
            outcomes.Outcomes.Outcomes_.Add(new AttemptOutcome { Task = 1_000_000 + i, Attempt = 1 });
        }

        try
        {
            for (var i = 0; i < 2_000_000; i++)
            {
                if (call.Write(i % 100 == 0 ? outcomes : beat))
                {
                    await call.FlushAsync();
                }
            }

            Assert.Fail("The manager let it go on.");
        }
        catch (FailureException)
        {
            // Cut off, which is what is wanted.
        }

        await UntilAsync("w1", "UNREACHABLE");
        await other.WriteAsync(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = 5 } });
        Assert.Equal(5, (await other.ReadAsync())!.HeartbeatAck.Sequence);
    }

    [Fact(Timeout = 20_000)]
    public async Task AWorkerAnswersForItsOwnLogsAlone()
    {
        await using var call = await RegisteredAsync();
        await using var other = await RegisteredAsync("w2");
        var answer = logs.AskAsync("w1", new ReadLog { Log = "worker" }, TestContext.Current.CancellationToken);
        var question = (await call.ReadAsync())!.ReadLog;
        await other.WriteAsync(
            new WorkerMessage
            {
                LogPart = new LogPart { Number = question.Number, Note = "forged" },
            }
        );

        // Behind it in the same stream: when this is answered, the forgery was handled.
        await other.WriteAsync(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = 5 } });
        Assert.Equal(5, (await other.ReadAsync())!.HeartbeatAck.Sequence);
        await call.WriteAsync(
            new WorkerMessage
            {
                LogPart = new LogPart { Number = question.Number, Note = "its own" },
            }
        );
        Assert.Equal("its own", (await answer)!.Note);
    }

    [Fact(Timeout = 20_000)]
    public async Task AReaderThatLeavesStopsTheSessionThatItAsked()
    {
        await using var call = await RegisteredAsync();
        using var leaving = new CancellationTokenSource();
        var answer = logs.AskAsync("w1", new ReadLog { Log = "worker" }, leaving.Token);
        var question = (await call.ReadAsync())!.ReadLog;
        await leaving.CancelAsync();
        Assert.Equal(question.Number, (await call.ReadAsync())!.StopReadingLog.Number);
        Assert.Null(await answer);
    }

    [Fact(Timeout = 20_000)]
    public async Task DeathsAreReportedByName()
    {
        await using var call = await RegisteredAsync();
        var nobody = await channel.UnaryAsync(WorkerMethods.ReportDeath, new ReportDeathRequest());
        Assert.Equal(Catalogue.Usage.Code, nobody.Failure!.Code);
        var known = await channel.UnaryAsync(
            WorkerMethods.ReportDeath,
            new ReportDeathRequest
            {
                Worker = "w1",
                Incarnation = 1,
                Cause = "exit code 137",
            }
        );
        Assert.Equal(0, known.Value.Released);
        Assert.Equal(Catalogue.WorkerCrash.Code, (await EndAsync(call))!.Code);
    }
}
