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

/// <summary>Workers that come, break off, come back, die (docs/operations.md, docs/tasks.md).</summary>
public sealed class WorkerLifeTests : IDisposable
{
    private readonly ManagerRig rig = new();

    public void Dispose() => rig.Dispose();

    private TestWorker Connected(string id = "w1", long incarnation = 1, int slots = 2, string identity = "mark") =>
        TestWorker.Connected(rig, id, incarnation, slots, identity);

    [Fact]
    public void ATaskGoesFromSubmitToItsOutcome()
    {
        var worker = Connected();
        var number = rig.Submit();
        var task = Assert.Single(worker.Session.Assigned);
        Assert.Equal((number, 1), (task.Task, task.Attempt));
        Assert.Equal(TaskState.Assigned, rig.State(number));

        worker.Finish(task, settle: false);
        Assert.Empty(worker.Session.Recorded);
        rig.Settle();
        Assert.Equal(TaskState.Succeeded, rig.State(number));
        Assert.Equal(number, Assert.Single(worker.Session.Recorded).Task);
        rig.CheckCounts();
    }

    [Fact]
    public void NothingIsSentBeforeItsCommit()
    {
        var worker = Connected();
        rig.Core.Submit([rig.NewTask()]);
        rig.RunLoop();
        Assert.Empty(worker.Session.Assigned);
        rig.Commit(failure: ManagerRig.DiskFull);
        Assert.Empty(worker.Session.Assigned);
        Assert.Equal(0, worker.Incarnation.Seat!.Held);
    }

    [Fact]
    public void AWallClockThatLeapsForwardIsNeitherSilenceNorTheEndOfALease()
    {
        var (worker, lost) = (Connected(), Connected("w2", identity: "other"));
        var (first, second) = (rig.Submit(), rig.Submit());
        lost.Lose();
        rig.Clock.Now += (long)(rig.Options.TaskReassignAfter * 2).TotalMilliseconds;
        rig.Core.Tick();
        rig.Settle();
        rig.Core.Tick();
        rig.Settle();
        Assert.False(worker.Session.IsClosed);
        Assert.Equal((TaskState.Assigned, TaskState.Assigned), (rig.State(first), rig.State(second)));
        Assert.Equal((1, 1), (rig.Task(first).Attempt, rig.Task(second).Attempt));
    }

    [Fact]
    public void ALostConnectionMovesNothing()
    {
        var (worker, other) = (Connected(), Connected("w2", slots: 8, identity: "other"));
        other.Lose();
        var number = rig.Submit();
        var task = Assert.Single(worker.Session.Assigned);
        Assert.Null(other.Connect());
        worker.Lose();
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
        other.Beat();
        rig.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(("w1", TaskState.Assigned), (rig.Task(number).Worker, rig.State(number)));

        Assert.Null(worker.Connect(task));
        Assert.Empty(worker.Session.Registered!.Superseded);
        Assert.Empty(worker.Session.Assigned);
        worker.Finish(task);
        Assert.Equal((TaskState.Succeeded, 0), (rig.State(number), rig.Task(number).Losses));
    }

    [Fact]
    public void WhatNeverArrivedGoesBackUnblamed()
    {
        var worker = Connected();
        var number = rig.Submit();
        worker.Lose();
        Assert.Null(worker.Connect());
        var again = Assert.Single(worker.Session.Assigned);
        Assert.Equal((number, 2), (again.Task, again.Attempt));
        Assert.Equal((0, 0), (rig.Task(number).Retries, rig.Task(number).Losses));
        rig.CheckCounts();
    }

    [Fact]
    public void WhatTheWorkerHoldsInVainIsNamed()
    {
        var worker = Connected();
        rig.Submit();
        var task = Assert.Single(worker.Session.Assigned);
        worker.Lose();
        rig.Core.Cancel(new TaskId(task.Task), "enough", "anna", force: true);
        rig.Settle();
        Assert.Null(worker.Connect(task));
        Assert.Equal(task.Task, Assert.Single(worker.Session.Registered!.Superseded).Task);
    }

    [Fact]
    public void ANewIncarnationProvesTheOldOneDeadAtOnce()
    {
        var worker = Connected();
        var number = rig.Submit();
        worker.Lose();
        var next = Connected(incarnation: 2);
        var task = Assert.Single(next.Session.Assigned);
        Assert.Equal((number, 2), (task.Task, task.Attempt));
        Assert.Equal((1, 0), (rig.Task(number).Losses, rig.Task(number).Retries));
        rig.CheckCounts();
    }

    [Fact]
    public void ANewIncarnationTakesOverWhileTheOldConnectionStillSeemsOpen()
    {
        var worker = Connected();
        var held = rig.Submit();
        var next = new TestWorker(rig, incarnation: 2);
        Assert.Null(next.Open());

        // Before anything is committed: the old seat must not get another task, from a submission or from a claim.
        var meanwhile = rig.Core.Submit([rig.NewTask(), rig.NewTask()]);
        rig.Settle();
        Assert.True(worker.Session.IsClosed);
        Assert.Equal(held, Assert.Single(worker.Session.Assigned).Task);
        foreach (var task in next.Session.Assigned.ToList())
        {
            next.Finish(task);
        }

        next.Session.Assigned.Skip(2).ToList().ForEach(t => next.Finish(t));
        Assert.All(new[] { held }.Concat(meanwhile.Numbers), n => Assert.Equal(TaskState.Succeeded, rig.State(n)));
        rig.Core.OnClosed(worker.Incarnation, worker.Session, null);
        Assert.Equal("healthy", rig.Status("w1").State);
        rig.CheckCounts();
    }

    [Fact]
    public void AReportOfDeathHandsOverAtOnce()
    {
        var (worker, other) = (Connected(slots: 1), Connected("w2", slots: 1, identity: "other"));
        var numbers = new[] { rig.Submit(), rig.Submit() };
        Assert.Single(worker.Session.Assigned);
        other.Finish(Assert.Single(other.Session.Assigned));
        Assert.Equal(1, rig.Core.OnDeathReported(new WorkerRef("w1", 1), "exit code 139"));
        rig.Settle();
        Assert.Equal(2, other.Session.Assigned.Count());
        Assert.Equal(2, other.Session.Assigned.Last().Attempt);
        Assert.True(worker.Session.IsClosed);
        Assert.Equal(0, rig.Core.OnDeathReported(new WorkerRef("w1", 1), "again"));
        Assert.Equal(0, rig.Core.OnDeathReported(new WorkerRef("nobody", 1), "who"));
        Assert.All(numbers, n => Assert.Equal("w2", rig.Task(n).Worker));
        rig.CheckCounts();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ATypeWhoseTasksKillTheirWorkersIsHeldBackUnlessItWasNotAlone(bool alone)
    {
        for (var i = 0; i < 6; i++)
        {
            rig.Submit();
        }

        for (var life = 1; life <= 5; life++)
        {
            if (!alone)
            {
                rig.Submit("other");
            }

            var worker = new TestWorker(rig, incarnation: life, slots: alone ? 1 : 100);
            worker.Info.Types_.Add(new TaskType { Name = "other", Kind = "builtin" });
            Assert.Null(worker.Connect());
            Assert.NotEmpty(worker.Session.Assigned);
            Assert.NotEqual(0, rig.Core.OnDeathReported(new WorkerRef("w1", life), "exit code 139"));
            rig.Settle();
        }

        var fresh = rig.Submit();
        var next = Connected(incarnation: 6, slots: 100);
        Assert.Equal(!alone, next.Session.Assigned.Any(t => t.Task == fresh));
        if (alone)
        {
            // One at a time, after a pause; an end that is no crash sets it free.
            Assert.Empty(next.Session.Assigned);
            rig.Advance(TimeSpan.FromSeconds(1.1));
            next.Finish(Assert.Single(next.Session.Assigned));
            rig.Settle();
            Assert.Contains(next.Session.Assigned, t => t.Task == fresh);
        }

        rig.CheckCounts();
    }

    [Fact]
    public void AProofOfDeathThatComesWhileALeaseIsLookedAtIsNotLost()
    {
        var worker = Connected();
        var number = rig.Submit();
        worker.Lose();
        rig.Clock.Advance(rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        rig.Core.Tick();
        rig.RunLoop();

        // Another manager has heard of it meanwhile, so the release for the ended lease will be refused.
        var reference = new WorkerRef("w1", 1);
        var later = rig.Clock.GetUtcNow() + TimeSpan.FromHours(1);
        rig.Store.Leases[reference] = rig.Store.Leases[reference] with { Until = later.ToUnixTimeMilliseconds() };
        Assert.Equal(1, rig.Core.OnDeathReported(reference, "exit code 139"));
        Assert.Equal(0, rig.Core.OnDeathReported(reference, "exit code 139"));
        rig.Settle();
        Assert.Equal((TaskState.Pending, 1), (rig.State(number), rig.Task(number).Losses));
        rig.CheckCounts();
    }

    [Fact]
    public void ALeaseEndsAfterItsTimeAndNeverWhileHeartbeatsCome()
    {
        var worker = Connected();
        var number = rig.Submit();
        for (var i = 0; i < 100; i++)
        {
            worker.Beat();
            rig.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal((1, "w1"), (rig.Task(number).Attempt, rig.Task(number).Worker));
        worker.Beat();
        worker.Lose();
        rig.Advance(rig.Options.TaskReassignAfter);
        Assert.Equal(TaskState.Assigned, rig.State(number));
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((TaskState.Pending, 1), (rig.State(number), rig.Task(number).Losses));
        Assert.Empty(rig.Store.Leases);
        rig.CheckCounts();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    public void ShortLeasesLastAsLongAsTheySay(int seconds)
    {
        using var quick = new ManagerRig(rig.Options with { TaskReassignAfter = TimeSpan.FromSeconds(seconds) });
        var worker = new TestWorker(quick);
        Assert.Null(worker.Connect());
        var number = quick.Submit();
        for (var i = 0; i < 20; i++)
        {
            worker.Beat();
            quick.Advance(TimeSpan.FromSeconds(1));
        }

        worker.Beat();
        worker.Lose();
        quick.Advance(TimeSpan.FromSeconds(seconds - 0.5));
        Assert.Equal(TaskState.Assigned, quick.State(number));
        quick.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TaskState.Pending, quick.State(number));
    }

    [Fact]
    public void AWorkerThatComesBackWhileItsLeaseIsEndedIsWhole()
    {
        var worker = Connected();
        var number = rig.Submit();
        var task = worker.Session.Assigned.Single();
        worker.Lose();
        rig.Clock.Advance(rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        rig.Core.Tick();
        Assert.Null(worker.Connect(task));
        Assert.Equal(number, Assert.Single(worker.Session.Registered!.Superseded).Task);
        var again = Assert.Single(worker.Session.Assigned);
        Assert.Equal((number, 2), (again.Task, again.Attempt));
        worker.Finish(again);
        Assert.Equal(TaskState.Succeeded, rig.State(number));
        rig.CheckCounts();

        // And it is still looked after.
        var next = rig.Submit();
        worker.Lose();
        rig.Advance(rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        Assert.Equal(TaskState.Pending, rig.State(next));
    }

    [Fact]
    public void ATypeThatNeedNotWaitGoesToOthersBeforeTheLeaseEnds()
    {
        var worker = new TestWorker(rig);
        worker.Info.Types_.Add(new TaskType { Name = "hasty", ReassignAfterMs = 60_000 });
        Assert.Null(worker.Connect());
        var (slow, hasty) = (rig.Submit(), rig.Submit("hasty"));
        var (slowTask, hastyTask) = (worker.Session.Assigned.First(), worker.Session.Assigned.Last());
        worker.Lose();
        rig.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(TaskState.Assigned, rig.State(hasty));
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((TaskState.Pending, 1, 0), (rig.State(hasty), rig.Task(hasty).Losses, rig.Task(hasty).Retries));
        Assert.Equal(TaskState.Assigned, rig.State(slow));
        rig.CheckCounts();

        // It comes back: the one goes on, the other is no longer its own, and its outcome changes nothing.
        Assert.Null(worker.Connect(slowTask, hastyTask));
        Assert.Equal(hasty, Assert.Single(worker.Session.Registered!.Superseded).Task);
        var again = Assert.Single(worker.Session.Assigned);
        Assert.Equal((hasty, 2), (again.Task, again.Attempt));
        worker.Finish(hastyTask);
        Assert.Equal(2, rig.Task(hasty).Attempt);
        worker.Finish(again);
        worker.Finish(slowTask);
        Assert.Equal((TaskState.Succeeded, TaskState.Succeeded), (rig.State(hasty), rig.State(slow)));
        rig.CheckCounts();
    }

    [Fact]
    public void AfterTheManagersRestartTheLeaseAloneCountsUntilTheWorkerIsBack()
    {
        var worker = new TestWorker(rig);
        worker.Info.Types_.Add(new TaskType { Name = "hasty", ReassignAfterMs = 60_000 });
        Assert.Null(worker.Connect());
        var hasty = rig.Submit("hasty");
        rig.Restart();
        rig.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(TaskState.Assigned, rig.State(hasty));
    }

    [Fact]
    public void SilenceIsSeenAfterThreeIntervalsAndNotAtTheNextFullSecond()
    {
        var worker = new TestWorker(rig);
        worker.Info.HeartbeatIntervalMs = 150;
        Assert.Null(worker.Connect());
        rig.Core.Tick();
        var due = rig.Core.NextDue;
        Assert.Equal(rig.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(450), due);
        rig.Advance(TimeSpan.FromMilliseconds(449));
        Assert.Equal(("healthy", 0), (rig.Status("w1").State, rig.Core.Silences));
        rig.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(("UNREACHABLE", 1), (rig.Status("w1").State, rig.Core.Silences));
        Assert.Equal("clw-worker-unreachable: nothing heard for 0.5 seconds", rig.Status("w1").Problem);
        Assert.Null(rig.Core.NextDue);
    }

    /// <summary>
    /// A connection that stays open and carries nothing is ended by the server's own pings, as if its client had left; by whatever it is
    /// ended, people are told of the silence, in status and log.
    /// </summary>
    [Theory]
    [InlineData(14, "clw-heartbeat-failure: nothing heard for 14 seconds", true)]
    [InlineData(16, "clw-heartbeat-failure: nothing heard for 16 seconds", true)]
    [InlineData(16, "clw-connection-lost: reset by peer", false)]
    [InlineData(2, "clw-connection-lost: its connection closed", true)]
    public void AConnectionThatIsEndedAfterASilenceIsTheSilence(int seconds, string cause, bool byPings)
    {
        var logger = new RecordingLogger<ManagerCore>();
        using var heard = new ManagerRig(logger: logger);
        var worker = new TestWorker(heard);
        worker.Info.HeartbeatIntervalMs = 9_000;
        Assert.Null(worker.Connect());
        heard.Advance(TimeSpan.FromSeconds(3));
        worker.Beat();
        heard.Advance(TimeSpan.FromSeconds(seconds));
        heard.Core.OnClosed(
            worker.Incarnation,
            worker.Session,
            byPings ? new Failure(Catalogue.CallCancelled, "the client left") : new Failure(Catalogue.ConnectionLost, "reset by peer")
        );
        var message = cause[(cause.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        Assert.Equal("UNREACHABLE", heard.Status("w1").State);
        Assert.StartsWith($"clw-worker-unreachable: {message}", heard.Status("w1").Problem, StringComparison.Ordinal);
        Assert.Contains(cause, Assert.Single(logger.At(LogLevel.Error)), StringComparison.Ordinal);
    }

    [Fact]
    public void ASilenceIsToldInStatusAndLogWithTheSecondsThatItLasted()
    {
        var logger = new RecordingLogger<ManagerCore>();
        using var heard = new ManagerRig(logger: logger);
        var worker = new TestWorker(heard);
        Assert.Null(worker.Connect());
        heard.Submit();
        heard.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(logger.At(LogLevel.Error));
        heard.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            "Worker w1 is UNREACHABLE at 10.0.0.7:40000: clw-heartbeat-failure: nothing heard for 30 seconds; its 1 tasks are kept for it",
            Assert.Single(logger.At(LogLevel.Error))
        );
        Assert.Equal("clw-worker-unreachable: nothing heard for 30 seconds", heard.Status("w1").Problem);
        Assert.Equal(Catalogue.HeartbeatFailure, worker.Session.ClosedFor!.Entry);
    }

    [Fact]
    public void ASilentWorkerIsUnreachableAfterThreeIntervals()
    {
        var worker = Connected();
        rig.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("healthy", rig.Status("w1").State);
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
        Assert.Equal(Catalogue.HeartbeatFailure, worker.Session.ClosedFor!.Entry);
        Assert.False(rig.Core.Status().Healthy);
        Assert.False(rig.Core.Dispatcher.IsServed("noop"));
    }

    [Fact]
    public void TheEndOfAnEarlierSessionDoesNotCloseTheNewOne()
    {
        var worker = Connected();
        var old = worker.Session;
        Assert.Null(worker.Connect());
        Assert.True(old.IsClosed);
        rig.Core.OnClosed(worker.Incarnation, old, null);
        Assert.Equal("healthy", rig.Status("w1").State);
        rig.Submit();
        Assert.Single(worker.Session.Assigned);
    }

    [Fact]
    public void ADrainingWorkerGetsNothingNewAndItsGoodbyeGivesBackAll()
    {
        var worker = Connected();
        var number = rig.Submit();
        rig.Core.OnDraining(worker.Incarnation);
        var second = rig.Submit();
        Assert.Single(worker.Session.Assigned);
        worker.SayGoodbye();
        Assert.Equal("stopped", rig.Status("w1").State);
        Assert.Equal((TaskState.Pending, 0), (rig.State(number), rig.Task(number).Losses));
        Assert.Equal(TaskState.Pending, rig.State(second));
        Assert.Empty(rig.Store.Leases);
        Assert.True(rig.Core.Status().Healthy);
        rig.CheckCounts();
    }

    [Fact]
    public void AWorkerThatStopsUnaskedIsMissedAndNotTakenForStopped()
    {
        var worker = Connected();
        var number = rig.Submit();
        worker.SayGoodbye("its supervisor ended");
        Assert.Equal(("UNREACHABLE", "clw-worker-unreachable: its supervisor ended"), (rig.Status("w1").State, rig.Status("w1").Problem));
        Assert.Equal((TaskState.Pending, 0), (rig.State(number), rig.Task(number).Losses));
        Assert.Empty(rig.Store.Leases);
        Assert.False(rig.Core.Status().Healthy);
    }

    [Fact]
    public void ADrainingWorkerWhoseConnectionBreaksKeepsWhatItRuns()
    {
        var worker = Connected();
        var number = rig.Submit();
        var task = worker.Session.Assigned.Single();
        rig.Core.OnDraining(worker.Incarnation);
        worker.Lose();
        Assert.Equal(TaskState.Assigned, rig.State(number));
        Assert.Null(worker.Connect(task));
        worker.Finish(task);
        Assert.Equal((TaskState.Succeeded, 1), (rig.State(number), rig.Task(number).Attempt));
    }

    [Fact]
    public void OutcomesOfAnEarlierIncarnationAreRecordedBeforeItsTasksAreHandedOver()
    {
        var worker = Connected();
        var (finished, lost) = (rig.Submit(), rig.Submit());
        var tasks = worker.Session.Assigned.ToList();
        worker.Lose();
        var next = new TestWorker(rig, incarnation: 2);
        rig.Core.OnEarlierOutcomes(
            next.Session,
            new EarlierOutcomes
            {
                Worker = "w1",
                Incarnation = 1,
                Outcomes = { TestWorker.Outcome(tasks[0]) },
            }
        );
        var delivering = next.Session;
        Assert.Null(next.Connect());
        Assert.Single(delivering.Recorded);
        Assert.Equal((TaskState.Succeeded, 0), (rig.State(finished), rig.Task(finished).Losses));
        Assert.Equal(lost, Assert.Single(next.Session.Assigned).Task);
        rig.CheckCounts();
    }

    [Fact]
    public void AnOldOutcomeInTheOutboxDoesNotTouchALaterAttempt()
    {
        var worker = Connected();
        rig.Submit(retries: 3);
        var first = worker.Session.Assigned.Single();
        worker.Finish(first, ok: false);
        for (var i = 0; i < 6; i++)
        {
            worker.Beat();
            rig.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(2, worker.Session.Assigned.Count());
        rig.Core.OnEarlierOutcomes(
            new TestSession(),
            new EarlierOutcomes
            {
                Worker = "w1",
                Incarnation = 1,
                Outcomes = { TestWorker.Outcome(first, ok: false) },
            }
        );
        rig.Settle();
        Assert.Equal(1, rig.Status("w1").Held);
        rig.CheckCounts();
    }

    [Fact]
    public void AfterAManagersRestartWorkersGoOnWithWhatTheyHold()
    {
        var worker = Connected();
        var (running, waiting) = (rig.Submit(), rig.Submit("other"));
        var task = worker.Session.Assigned.Single();
        rig.Clock.Advance(TimeSpan.FromHours(2));
        rig.Restart();
        rig.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TaskState.Assigned, rig.State(running));
        Assert.Null(worker.Connect(task));
        Assert.Empty(worker.Session.Registered!.Superseded);
        worker.Finish(task);
        Assert.Equal((TaskState.Succeeded, 1), (rig.State(running), rig.Task(running).Attempt));
        Assert.Equal("other", Assert.Single(rig.Core.Status().Unserved).Type);
        Assert.Equal(TaskState.Pending, rig.State(waiting));
        rig.CheckCounts();
    }

    [Fact]
    public void AClockThatWasSetBackHoldsNoTasksForHoursAfterARestart()
    {
        // The store's own clock forgets at its process' end, as the lease does not.
        Connected();
        var number = rig.Submit();
        var lease = rig.Store.Leases.Values.Single();
        rig.Store.Execute(
            new LeaseOperation([lease with { Until = (rig.Clock.GetUtcNow() + TimeSpan.FromHours(5)).ToUnixTimeMilliseconds() }])
        );
        rig.Restart();
        Assert.Equal(TaskState.Assigned, rig.State(number));
        rig.Advance(2 * rig.Options.TaskReassignAfter + TimeSpan.FromSeconds(1));
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((TaskState.Pending, 1), (rig.State(number), rig.Task(number).Losses));
        rig.CheckCounts();
    }

    [Fact]
    public void TasksSentAheadBehindASlowOneAreRecalledWhenAnotherWorkerIsFree()
    {
        var worker = new TestWorker(rig, slots: 1) { Info = { Prefetch = 100 } };
        Assert.Null(worker.Connect());
        rig.Core.Dispatcher.TimesOf("noop").Observe(100);
        Enumerable.Range(0, 10).ToList().ForEach(_ => rig.Submit());
        Assert.Equal(10, worker.Session.Assigned.Count());
        var other = Connected("w2", slots: 4, identity: "other");
        worker.Beat();
        rig.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(10, worker.Session.Recalled.Count());
        worker.HandBack([.. worker.Session.Assigned.Skip(1)]);
        Assert.True(other.Session.Assigned.Count() >= 4);
        Assert.All(other.Session.Assigned, t => Assert.Equal(2, t.Attempt));
    }
}
