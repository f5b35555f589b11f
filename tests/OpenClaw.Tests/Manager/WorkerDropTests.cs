using System.Diagnostics.Metrics;
using OpenClaw.Core.Errors;
using OpenClaw.Manager;
using OpenClaw.Manager.Core;
using OpenClaw.Store;

namespace OpenClaw.Tests.Manager;

/// <summary>Connections that break again and again, and workers that go while they come (docs/operations.md, states of workers).</summary>
public sealed class WorkerDropTests : IDisposable
{
    private readonly ManagerRig rig = new();
    private readonly TestWorker worker;

    public WorkerDropTests() => worker = new TestWorker(rig);

    public void Dispose() => rig.Dispose();

    private string State => rig.Status("w1").State;

    [Fact]
    public void AWorkerThatGoesWhileItIsRegisteredAfterItsLeaseIsUnreachable()
    {
        Assert.Null(worker.Connect());
        worker.Lose();
        rig.Clock.Advance(rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        rig.Core.Tick();
        Assert.Null(worker.Open());
        Assert.Equal("registering", State);
        rig.Core.OnClosed(worker.Incarnation, worker.Session, new Failure(Catalogue.ConnectionLost, "reset by peer"));
        rig.Settle();
        Assert.Equal(("UNREACHABLE", "clw-worker-unreachable: reset by peer"), (State, rig.Status("w1").Problem));
        Assert.False(rig.Core.Status().Healthy);
    }

    [Fact]
    public void AWorkerThatDiesWhileItIsRegisteredAfterItsLeaseIsUnreachable()
    {
        Assert.Null(worker.Connect());
        worker.Lose();
        rig.Clock.Advance(rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        rig.Core.Tick();
        Assert.Null(worker.Open());
        rig.Core.OnDeathReported(new WorkerRef("w1", 1), "exit code 139");
        Assert.Equal(("UNREACHABLE", "clw-worker-crash: exit code 139"), (State, rig.Status("w1").Problem));
        rig.Settle();
        Assert.Equal("UNREACHABLE", State);
    }

    [Fact]
    public void AWorkerIsRegisteringUntilTheStoreHasItsLease()
    {
        Assert.Null(worker.Open());
        rig.RunLoop();
        Assert.Equal(("registering", 1), (State, Measured("registering")));
        rig.Commit(failure: ManagerRig.DiskFull);
        Assert.Equal(("registering", 1, 0), (State, Measured("registering"), Measured("healthy")));
        Assert.Null(worker.Session.Registered);
        rig.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(("healthy", 0, 1), (State, Measured("registering"), Measured("healthy")));
        Assert.NotNull(worker.Session.Registered);
    }

    private long Measured(string status) =>
        rig.Core.WorkerMeasurements().Single(m => m.Tags.ToArray().Any(t => t.Key == "status" && Equals(t.Value, status))).Value;
}
