using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager;
using OpenClaw.Manager.Core;
using OpenClaw.Store;
using OpenClaw.Tests.Support;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Tests.Manager;

/// <summary>Who may register as what, and what is known of those that did (docs/operations.md).</summary>
public sealed class WorkerRegistrationTests : IDisposable
{
    private readonly ManagerRig rig = new();

    public void Dispose() => rig.Dispose();

    private TestWorker Connected(string id = "w1", long incarnation = 1, int slots = 2, string identity = "mark") =>
        TestWorker.Connected(rig, id, incarnation, slots, identity);

    [Fact]
    public void AnotherWorkerOfTheSameNameIsRefused()
    {
        var worker = Connected();
        var other = new TestWorker(rig, "w1", 5, identity: "somebody else");
        var refusal = other.Connect();
        Assert.Equal(Catalogue.RegistrationFailed, refusal!.Entry);
        Assert.Contains("already exists", refusal.Message, StringComparison.Ordinal);
        rig.Submit();
        worker.Lose();
        Assert.Contains("still holds 1", other.Connect()!.Message, StringComparison.Ordinal);
        Assert.False(worker.Session.IsClosed);
    }

    [Fact]
    public void AnEarlierIncarnationIsRefused()
    {
        Connected(incarnation: 7);
        Assert.Equal(Catalogue.RegistrationFailed, new TestWorker(rig, incarnation: 6).Connect()!.Entry);
    }

    [Theory]
    [InlineData("", 1L, 1, 0)]
    [InlineData("w", 0L, 1, 0)]
    [InlineData("w", 1L, 0, 0)]
    [InlineData("w", 1L, int.MaxValue, 0)]
    [InlineData("w", 1L, 1, -1)]
    [InlineData("w\u001b[2J", 1L, 1, 0)]
    public void ARegistrationThatMakesNoSenseIsRefused(string id, long incarnation, int slots, int prefetch)
    {
        var worker = new TestWorker(rig, id, incarnation, slots) { Info = { Prefetch = prefetch } };
        Assert.Equal(Catalogue.RegistrationFailed, worker.Connect()!.Entry);
        Assert.Equal(Catalogue.RegistrationFailed, new TestWorker(rig, new string('x', 300)).Connect()!.Entry);
    }

    [Fact]
    public void ACrowdedClusterRefusesAndForgetsThoseThatAreGone()
    {
        using var small = new ManagerRig(rig.Options with { MaxWorkers = 2 });
        var first = new TestWorker(small, "a");
        Assert.Null(first.Connect());
        Assert.Null(new TestWorker(small, "b").Connect());
        Assert.Contains("max_workers", new TestWorker(small, "c").Connect()!.Message, StringComparison.Ordinal);
        Assert.Null(first.Connect());

        // Lost for good: its place is free when its lease has ended, its name is shown for an hour.
        first.Lose();
        Assert.NotNull(new TestWorker(small, "c").Connect());
        small.Advance(small.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        Assert.Null(new TestWorker(small, "c").Connect());
        Assert.Equal("UNREACHABLE", small.Status("a").State);

        // Its name alone, which is still shown, is no place.
        Assert.Null(new TestWorker(small, "b").Connect());
        Assert.Contains("max_workers", first.Connect()!.Message, StringComparison.Ordinal);
        small.Advance(TimeSpan.FromHours(1));
        Assert.DoesNotContain(small.Core.Status().Workers, w => w.Id == "a");
    }

    [Theory]
    [InlineData(true, 7)]
    [InlineData(false, 7)]
    [InlineData(true, 1)]
    public void AfterAManagersRestartANamesakeIsRefusedWhileTheLeaseLives(bool holding, long incarnation)
    {
        var worker = Connected();
        Assignment[] held = [];
        if (holding)
        {
            rig.Submit();
            held = [.. worker.Session.Assigned];
        }

        rig.Restart();
        var namesake = new TestWorker(rig, "w1", incarnation, identity: "somebody else");
        Assert.Equal(Catalogue.RegistrationFailed, namesake.Connect()!.Entry);
        Assert.Null(worker.Connect(held));
        Assert.Empty(worker.Session.Registered!.Superseded);
        worker.Lose();

        // A later start of the same worker is known by its mark; the name is free for others when the lease has ended.
        rig.Restart();
        var later = new TestWorker(rig, "w1", 9);
        Assert.Null(later.Connect());
        rig.Restart();
        rig.Advance(rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(namesake.Connect());
        rig.CheckCounts();
    }

    [Fact]
    public void ALeaseThatWasKeptWithoutAMarkIsTakenUpByItsWorker()
    {
        rig.Store.Execute(
            new LeaseOperation([
                new Lease
                {
                    Worker = new WorkerRef("w1", 1),
                    Manager = "m0",
                    Until = 0,
                },
            ])
        );
        rig.Restart();
        Connected("w1", 2);
    }

    [Fact]
    public void WhoWaitsForATypeLearnsWhichWorkerRefusesItsFile()
    {
        var worker = new TestWorker(rig);
        worker.Info.Refused.Add(new RefusedFile { Type = "image", Problem = "image.lua:2: unexpected symbol near <eof>" });
        Assert.Null(worker.Connect());
        rig.Submit("image");
        Assert.Equal(["w1 refuses image.lua:2: unexpected symbol near <eof>"], Assert.Single(rig.Core.Status().Unserved).Refused);
        Assert.Empty(rig.Core.RefusersOf("other"));
        var changed = new TypesChanged { Types_ = { new TaskType { Name = "noop" } } };
        changed.Refused.Add(new RefusedFile { Type = "image", Problem = new string('x', 1000) });
        rig.Core.OnTypesChanged(worker.Incarnation, changed);
        Assert.Equal("w1 refuses " + new string('x', 200), Assert.Single(rig.Core.RefusersOf("image")));
        changed.Refused.Clear();
        rig.Core.OnTypesChanged(worker.Incarnation, changed);
        Assert.Empty(rig.Core.RefusersOf("image"));
    }

    [Fact]
    public void AChangeOfTypesIsSeenAtOnce()
    {
        var worker = Connected();
        var number = rig.Submit("image");
        Assert.Empty(worker.Session.Assigned);
        rig.Core.OnTypesChanged(worker.Incarnation, new TypesChanged { Types_ = { new TaskType { Name = "image" } } });
        rig.Settle();
        Assert.Equal(number, Assert.Single(worker.Session.Assigned).Task);
        Assert.False(rig.Core.Dispatcher.IsServed("noop"));
    }
}
