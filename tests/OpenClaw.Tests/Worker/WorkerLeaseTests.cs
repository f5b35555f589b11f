using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

/// <summary>What a worker decides about its lease and the time that it takes to stop (docs/tasks.md).</summary>
public sealed class WorkerLeaseTests : IDisposable
{
    private readonly WorkerRig rig = new();

    public WorkerLeaseTests()
    {
        rig.Connect();
        rig.Ready();
    }

    public void Dispose() => rig.Dispose();

    [Fact]
    public void AClockThatIsSetBackDoesNotLengthenTheLease()
    {
        rig.Assign(1);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Core.OnDisconnected(rig.Manager);
        rig.Time.SetWallClock(-TimeSpan.FromHours(1));
        rig.Pass(TimeSpan.FromSeconds(299));
        Assert.Empty(rig.Runners[0].Signals);
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([Signals.Terminate], rig.Runners[0].Signals);
    }

    [Fact]
    public void HealthCountsFromTheSendingOfTheLastHeartbeatThatWasAcknowledged()
    {
        rig.Core.OnHeartbeatAcknowledged(rig.Time.GetUtcNow() - TimeSpan.FromSeconds(2));
        rig.Pass(TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.FromSeconds(11), rig.Core.HealthFigures().Unanswered);
        Assert.Equal(rig.Options.HeartbeatInterval, rig.Core.HealthFigures().HeartbeatInterval);
        rig.Core.OnHeartbeatAcknowledged(rig.Time.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, rig.Core.HealthFigures().Unanswered);
    }

    [Fact]
    public void WithoutALeaseTheWorkerStopsItsAttemptsOnceAndSaysSoOnce()
    {
        rig.Assign(1, 2, 3);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Pass(TimeSpan.FromSeconds(200));
        rig.Core.OnHeartbeatAcknowledged(rig.Time.GetUtcNow());
        rig.Core.OnDisconnected(rig.Manager);
        rig.Pass(TimeSpan.FromSeconds(299));
        Assert.Empty(rig.Runners[0].Signals);
        rig.Pass(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 20; i++)
        {
            rig.Pass(TimeSpan.FromMilliseconds(100));
        }

        Assert.Single(rig.Logger.At(LogLevel.Error), l => l.Contains("clw-heartbeat-lost", StringComparison.Ordinal));
        Assert.Equal([Signals.Terminate], rig.Runners[0].Signals);

        // The second had not begun: it must not begin now.
        rig.End(rig.Runners[0], signal: Signals.Terminate);
        rig.End(rig.Runners[1], signal: Signals.Terminate);
        rig.Ready();
        Assert.Equal(0, rig.Core.Held);
        Assert.All(rig.Runners.Skip(2), r => Assert.Empty(r.Given));
        rig.Connect();
        Assert.Empty(rig.Manager.Outcomes);
        rig.Assign(9);
        Assert.Contains(9, rig.Runners.SelectMany(r => r.Given));
    }

    [Fact]
    public void ATypeWithShorterTimesStopsEarlierAndOneThatContinuesDoesNotStop()
    {
        rig.Assign("hasty", 0, 1);
        rig.Assign("stays", 0, 2);
        rig.Assign("hasty", 0, 3);
        rig.Report(rig.RunnerOf(1), FrameKind.Started, 1);
        rig.Report(rig.RunnerOf(2), FrameKind.Started, 2);
        rig.Core.OnDisconnected(rig.Manager);
        rig.Pass(TimeSpan.FromSeconds(19));
        Assert.Empty(rig.RunnerOf(1).Signals);
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        Assert.Empty(rig.RunnerOf(2).Signals);
        rig.End(rig.RunnerOf(1), signal: Signals.Terminate);

        // The second of its type, which had not begun, does not begin now; the other goes on past the worker's own time.
        rig.Ready();
        rig.Pass(TimeSpan.FromSeconds(400));
        Assert.All(rig.Runners, r => Assert.DoesNotContain(3, r.Given));
        Assert.Empty(rig.RunnerOf(2).Signals);
        Assert.Equal(1, rig.Core.Held);
        Assert.Equal([2], rig.Core.Registration(new PluginSet(rig.Handlers, []), 1).Holding.Select(a => a.Task));
    }

    [Fact]
    public void WhatIsToldToTheManagerIsNeverShorterThanItTakesToStop()
    {
        var types = rig.Core.Registration(new PluginSet(rig.Handlers, []), 1).Types_.ToDictionary(t => t.Name, t => t.ReassignAfterMs);
        Assert.Equal((0, 30_000, 5_000), (types["noop"], types["hasty"], types["stays"]));
        rig.Core.Reconfigure(rig.Options with { KillGrace = TimeSpan.FromSeconds(20) });
        types = rig.Core.Registration(new PluginSet(rig.Handlers, []), 1).Types_.ToDictionary(t => t.Name, t => t.ReassignAfterMs);
        Assert.Equal((44_000, 5_000), (types["hasty"], types["stays"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AKillForTheLeaseIsOverBeforeTheTaskIsHandedOnWhateverTheWorkersFileSays(bool byReload)
    {
        var longer = rig.Options with { KillGrace = TimeSpan.FromMinutes(2) };
        using var own = new WorkerRig(o => byReload ? o : o with { KillGrace = TimeSpan.FromMinutes(2) });
        own.Core.Registration(new PluginSet(own.Handlers, []), 1);
        own.Connect(new Registered { LeaseMs = 360_000, LeaseStopMs = 320_000 });
        own.Ready();
        own.Assign(1);
        own.Report(own.RunnerOf(1), FrameKind.Started, 1);
        if (byReload)
        {
            own.Core.Reconfigure(longer);
        }

        // 6:00 less a tenth are 327.3 s: 7.3 s after the stop.
        Assert.Single(own.Logger.At(LogLevel.Warning), l => l.Contains("get 7.3 s from SIGTERM to SIGKILL", StringComparison.Ordinal));
        own.Core.OnDisconnected(own.Manager);
        own.Pass(TimeSpan.FromSeconds(320));
        Assert.Equal([Signals.Terminate], own.RunnerOf(1).Signals);
        own.Pass(TimeSpan.FromSeconds(7));
        Assert.Equal([Signals.Terminate], own.RunnerOf(1).Signals);
        own.Pass(TimeSpan.FromMilliseconds(400));
        Assert.Equal([Signals.Terminate, Signals.Kill], own.RunnerOf(1).Signals);

        // Said once, however often it is read again or registered.
        own.Core.Reconfigure(longer);
        own.Connect(new Registered { LeaseMs = 360_000, LeaseStopMs = 320_000 });
        Assert.Single(own.Logger.At(LogLevel.Warning), l => l.Contains("task.kill_grace", StringComparison.Ordinal));
    }

    [Fact]
    public void AKillThatIsUnderWayWhenTheLeaseEndsIsHurriedAndOneOfAConnectedWorkerIsNot()
    {
        rig.Assign("noop", 1000, 1);
        rig.Report(rig.RunnerOf(1), FrameKind.Started, 1);
        rig.Core.Reconfigure(rig.Options with { KillGrace = TimeSpan.FromMinutes(20) });
        rig.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        for (var i = 0; i < 8; i++)
        {
            rig.Pass(TimeSpan.FromMinutes(1));
            rig.Core.OnHeartbeatAcknowledged(rig.Time.GetUtcNow());
        }

        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        rig.Core.OnDisconnected(rig.Manager);
        rig.Pass(TimeSpan.FromSeconds(300));
        rig.Pass(TimeSpan.FromSeconds(27));
        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        rig.Pass(TimeSpan.FromSeconds(0.4));
        Assert.Equal([Signals.Terminate, Signals.Kill], rig.RunnerOf(1).Signals);
    }

    [Fact]
    public void ATypeWithItsOwnTimesKeepsToWhatTheManagerHasHeardOfThem()
    {
        rig.Core.Registration(new PluginSet(rig.Handlers, []), 1);
        rig.Connect();
        rig.Assign("hasty", 0, 1);
        rig.Report(rig.RunnerOf(1), FrameKind.Started, 1);
        rig.Core.Reconfigure(rig.Options with { KillGrace = TimeSpan.FromSeconds(20) });
        var told = Assert.Single(rig.Manager.Received, m => m.TypesChanged is not null).TypesChanged;
        Assert.Equal(44_000, told.Types_.Single(t => t.Name == "hasty").ReassignAfterMs);
        rig.Core.Reconfigure(rig.Options with { KillGrace = TimeSpan.FromSeconds(20) });
        Assert.Single(rig.Manager.Received, m => m.TypesChanged is not null);

        // Whether the manager heard it before the link broke nobody knows: 30 s less a tenth still count.
        rig.Core.OnDisconnected(rig.Manager);
        rig.Pass(TimeSpan.FromSeconds(20));
        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        rig.Pass(TimeSpan.FromSeconds(7));
        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        rig.Pass(TimeSpan.FromSeconds(0.4));
        Assert.Equal([Signals.Terminate, Signals.Kill], rig.RunnerOf(1).Signals);
    }

    [Fact]
    public void ALongerGraceCountsOnceAHeartbeatShowsThatTheManagerHeardOfIt()
    {
        rig.Core.Registration(new PluginSet(rig.Handlers, []), 1);
        rig.Connect();
        rig.Assign("hasty", 0, 1);
        rig.Report(rig.RunnerOf(1), FrameKind.Started, 1);
        rig.Core.Reconfigure(rig.Options with { KillGrace = TimeSpan.FromSeconds(19) });
        rig.Pass(TimeSpan.FromSeconds(1));
        rig.Core.OnHeartbeatAcknowledged(rig.Time.GetUtcNow());
        rig.Core.OnDisconnected(rig.Manager);
        rig.Pass(TimeSpan.FromSeconds(20));
        rig.Pass(TimeSpan.FromSeconds(18.9));
        Assert.Equal([Signals.Terminate], rig.RunnerOf(1).Signals);
        rig.Pass(TimeSpan.FromSeconds(0.2));
        Assert.Equal([Signals.Terminate, Signals.Kill], rig.RunnerOf(1).Signals);
    }

    [Fact]
    public void WhatChangedWhileARegistrationWasUnderWayIsToldBehindIt()
    {
        rig.Core.OnDisconnected(rig.Manager);
        rig.Core.Registration(new PluginSet(rig.Handlers, []), 1);
        rig.Core.Reconfigure(rig.Options with { KillGrace = TimeSpan.FromSeconds(20) });
        rig.Connect();
        var told = Assert.Single(rig.Manager.Received, m => m.TypesChanged is not null).TypesChanged;
        Assert.Equal(44_000, told.Types_.Single(t => t.Name == "hasty").ReassignAfterMs);
    }
}
