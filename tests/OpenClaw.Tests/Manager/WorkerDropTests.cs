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

    [Fact]
    public void AConnectionThatBreaksMoreThanThreeTimesHoldsItsWorkerBack()
    {
        Assert.Null(worker.Connect());
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("healthy", State);
            worker.Lose();
            Assert.Null(worker.Connect());
        }

        Assert.Equal("flapping", State);
    }

    [Fact]
    public void ASessionThatEndsBeforeItIsRegisteredIsNoBrokenConnection()
    {
        Assert.Null(worker.Connect());
        for (var i = 0; i < 10; i++)
        {
            // The store is slow: nothing of it is committed, and the worker loses patience.
            Assert.Null(worker.Open());
            rig.Core.OnClosed(worker.Incarnation, worker.Session, new Failure(Catalogue.ConnectionLost, "reset by peer"));
        }

        Assert.Null(worker.Connect());
        Assert.Equal("healthy", State);
    }

    [Fact]
    public void AWorkerThatTheManagerSendsAwayIsNotHeldBackForIt()
    {
        using var small = new ManagerRig(rig.Options with { MostRetries = 1 });
        var sent = new TestWorker(small, slots: 8);
        Assert.Null(sent.Connect());
        for (var i = 0; i < 5; i++)
        {
            small.Submit();
            small.Submit();
            var tasks = sent.Session.Assigned.ToList();
            sent.Finish(tasks[^1], settle: false);
            small.Commit(failure: ManagerRig.DiskFull);
            sent.Finish(tasks[^2], settle: false);
            Assert.Equal(Catalogue.StoreFull, sent.Session.ClosedFor?.Entry);
            small.Core.OnClosed(sent.Incarnation, sent.Session, sent.Session.ClosedFor);
            small.Advance(TimeSpan.FromSeconds(2));
            Assert.Null(sent.Connect(tasks[^2]));
            sent.Finish(tasks[^2]);
        }

        Assert.Equal("healthy", small.Status("w1").State);
    }

    [Fact]
    public void AWorkerWhoseLeaseTheStoreDoesNotKnowIsNotHeldBackForIt()
    {
        Assert.Null(worker.Connect());
        for (var i = 0; i < 5; i++)
        {
            rig.Store.Leases.Clear();
            rig.Submit();
            Assert.Equal(Catalogue.LeaseLost, worker.Session.ClosedFor?.Entry);
            Assert.Null(worker.Connect());
            worker.Finish(worker.Session.Assigned.Last());
        }

        Assert.Equal("healthy", State);
    }

    [Fact]
    public void AWorkerThatComesBackBeforeItsEndIsNoticedHasLostItsConnectionToo()
    {
        Assert.Null(worker.Connect());
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("healthy", State);
            Assert.Null(worker.Connect());
        }

        Assert.Equal("flapping", State);
    }

    /// <summary>Drops at 0, 1, 2 and 50 s hold it back until 80 s; after one at 62 s fewer are in the window, and the hold stands.</summary>
    [Fact]
    public void OneMoreBrokenConnectionDoesNotShortenTheHold()
    {
        Assert.Null(worker.Connect());
        Drop();
        Pass(1);
        Drop();
        Pass(1);
        Drop();
        Pass(48);
        Drop();
        Assert.Equal("flapping", State);
        var problem = rig.Status("w1").Problem;
        Pass(12);
        Drop();
        Assert.Equal(("flapping", problem), (State, rig.Status("w1").Problem));
        Pass(17);
        Assert.Equal("flapping", State);
        Pass(1);
        Assert.Equal("healthy", State);
    }

    private void Drop()
    {
        worker.Lose();
        Assert.Null(worker.Connect());
    }

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            worker.Beat();
            rig.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
