using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Watch;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Tests.Manager;

/// <summary>Tasks on their way through the manager, and a store that refuses (docs/tasks.md).</summary>
public sealed class TaskLifeTests : IDisposable
{
    private readonly ManagerRig rig = new();
    private readonly TestWorker worker;

    public TaskLifeTests()
    {
        worker = new TestWorker(rig);
        Assert.Null(worker.Connect());
    }

    public void Dispose() => rig.Dispose();

    private void Live(TimeSpan time)
    {
        for (var past = TimeSpan.Zero; past < time; past += TimeSpan.FromSeconds(5))
        {
            worker.Beat();
            rig.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public void ADelayedTaskRunsWhenItsTimeComesAndNotBefore()
    {
        var number = rig.Submit(delayMs: 1500);
        rig.Advance(TimeSpan.FromMilliseconds(1499));
        Assert.Empty(worker.Session.Assigned);
        Assert.Equal(rig.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1), rig.Core.NextDue);
        rig.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(number, Assert.Single(worker.Session.Assigned).Task);
        Assert.Null(rig.Core.NextDue);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public void ADelayedTaskIsNotMissedWhenTheClockIsSet(int seconds)
    {
        // The store's clock never goes back; the manager's here does.
        rig.Submit();
        rig.Clock.Now += seconds * 1000L;
        var numbers = new[] { rig.Submit(delayMs: 1500), rig.Submit(delayMs: 500) };
        worker.Finish(worker.Session.Assigned.First());
        for (var i = 0; i < 20; i++)
        {
            rig.Advance(TimeSpan.FromMilliseconds(100));
            worker.Session.Assigned.Skip(1).ToList().ForEach(t => worker.Finish(t));
        }

        Assert.All(numbers, n => Assert.Equal(TaskState.Succeeded, rig.State(n)));
        rig.CheckCounts();
    }

    [Fact]
    public void ADelayThatEndsBeforeTheCommitIsNotForgotten()
    {
        var submit = rig.Core.Submit([rig.NewTask(delayMs: 1)]);
        rig.Clock.Advance(TimeSpan.FromMilliseconds(5));
        rig.Settle();
        Assert.Equal(submit.Numbers[0], Assert.Single(worker.Session.Assigned).Task);
        rig.CheckCounts();
    }

    [Fact]
    public void AFailureIsTriedAgainAfterItsPauseUntilRetriesAreUsedUp()
    {
        var number = rig.Submit(retries: 1);
        worker.Finish(worker.Session.Assigned.Single(), ok: false);
        Assert.Equal((TaskState.Pending, 1), (rig.State(number), rig.Task(number).Retries));
        var due = rig.Task(number).DueAt;
        Assert.Equal(due, rig.Core.NextDue!.Value.ToUnixTimeMilliseconds());
        rig.Advance(TimeSpan.FromMilliseconds(due - rig.Clock.Now - 1));
        Assert.Single(worker.Session.Assigned);
        rig.Advance(TimeSpan.FromMilliseconds(1));
        var again = worker.Session.Assigned.Last();
        Assert.Equal((number, 2), (again.Task, again.Attempt));
        worker.Finish(again, ok: false);
        Assert.Equal(TaskState.Dead, rig.State(number));

        rig.Core.Retry(new TaskId(number));
        rig.Settle();
        Assert.Equal((3, TaskState.Assigned), (worker.Session.Assigned.Last().Attempt, rig.State(number)));
        rig.CheckCounts();
    }

    [Fact]
    public void AStaleAttemptIsRefusedAndForgotten()
    {
        var number = rig.Submit();
        var stale = worker.Session.Assigned.Single();
        worker.HandBack(stale);
        var current = worker.Session.Assigned.Last();
        Assert.Equal(2, current.Attempt);
        worker.Finish(stale);
        Assert.Equal(TaskState.Assigned, rig.State(number));
        Assert.Equal(1, Assert.Single(worker.Session.Recorded).Attempt_);
        Assert.Equal(1, rig.Status("w1").Held);
        worker.Finish(current);
        worker.Finish(current);
        Assert.Equal(TaskState.Succeeded, rig.State(number));
        Assert.Equal(0, worker.Incarnation.Seat!.Held);
    }

    [Fact]
    public void CancellingAWaitingTaskTakesItOutOfItsLane()
    {
        var number = rig.Submit("image");
        var delayed = rig.Submit("image", delayMs: 60_000);
        rig.Core.Cancel(new TaskId(number), "not needed", "anna", force: false);
        rig.Core.Cancel(new TaskId(delayed), "not needed", "anna", force: false);
        rig.Settle();
        Assert.Equal(TaskState.Cancelled, rig.State(number));
        Assert.Equal(0, rig.Core.Dispatcher.Ready);
        rig.CheckCounts();
    }

    [Fact]
    public void CancellingAHeldTaskStopsItAndFreesItsCredit()
    {
        var number = rig.Submit();
        var refused = rig.Core.Cancel(new TaskId(number), "", "anna", force: false);
        rig.Settle();
        Assert.Equal(Catalogue.TaskWrongState, refused.Refused!.Entry);
        Assert.Empty(worker.Session.Cancelled);

        rig.Core.Cancel(new TaskId(number), "", "anna", force: true);
        rig.Settle();
        Assert.Equal(number, Assert.Single(worker.Session.Cancelled).Task);
        Assert.Equal(0, worker.Incarnation.Seat!.Held);
        worker.Finish(worker.Session.Assigned.Single());
        Assert.Equal(TaskState.Cancelled, rig.State(number));
        Assert.Equal("\"done\"", System.Text.Encoding.UTF8.GetString(rig.Task(number).LateResult!.Value.Span));
        Assert.Equal(0, worker.Incarnation.Seat!.Held);
        rig.CheckCounts();
    }

    [Fact]
    public void CancellingATaskOfAnUnreachableWorkerKeepsWhatItStillDelivers()
    {
        var number = rig.Submit();
        var task = worker.Session.Assigned.Single();
        worker.Lose();
        rig.Core.Cancel(new TaskId(number), "gone", "anna", force: true);
        rig.Settle();
        Assert.Null(worker.Connect(task));
        worker.Finish(task);
        Assert.Equal(TaskState.Cancelled, rig.State(number));
        Assert.NotNull(rig.Task(number).LateResult);
        Assert.Single(worker.Session.Recorded);
    }

    [Fact]
    public void AFullQueueRefusesAndCountsNothing()
    {
        using var small = new ManagerRig(rig.Options with { QueueCapacity = 2 });
        small.Submit();
        small.Submit();
        var refused = small.Core.Submit([small.NewTask()]);
        small.Settle();
        Assert.Equal(Catalogue.TaskQueueFull, refused.Refused!.Entry);
        Assert.Equal(2, small.Core.Dispatcher.Ready);

        // Workers are never turned away: they are what empties it.
        var helper = new TestWorker(small);
        Assert.Null(helper.Connect());
        Assert.Equal(2, helper.Session.Assigned.Count());
        small.Submit();
        small.CheckCounts();
    }

    [Fact]
    public void AKeyThatExistsGivesItsTaskAndItsCreditBack()
    {
        var first = rig.Core.Submit([rig.NewTask() with { Key = "k" }]);
        rig.Settle();
        var second = rig.Core.Submit([rig.NewTask() with { Key = "k" }]);
        rig.Settle();
        Assert.Equal(first.Numbers[0], second.Numbers[0]);
        Assert.Single(worker.Session.Assigned);
        Assert.Equal(1, worker.Incarnation.Seat!.Held);
        rig.CheckCounts();
    }

    [Fact]
    public void WhenTheDiskIsFullOutcomesAreTriedAgainAndNothingIsClaimed()
    {
        var numbers = Enumerable.Range(0, 3).Select(_ => rig.Submit()).ToList();
        worker.Finish(worker.Session.Assigned.First(), settle: false);
        rig.Commit(failure: ManagerRig.DiskFull);
        Assert.Equal("degraded", rig.Core.Status().Manager.State);
        Assert.Contains(rig.Core.Status().Problems, p => p.EndsWith("(clw-store-unwritable)", StringComparison.Ordinal));
        Assert.Empty(worker.Session.Recorded);
        Assert.Equal(0, rig.Posted);
        for (var i = 0; i < 3; i++)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            rig.Core.Tick();
            rig.Commit(failure: ManagerRig.DiskFull);
        }

        worker.Beat();
        rig.Advance(TimeSpan.FromSeconds(1.1));
        // The first change that the store takes ends it: nobody waits for a clock to be told that all is well.
        Assert.Equal("healthy", rig.Core.Status().Manager.State);
        Assert.Equal(TaskState.Succeeded, rig.State(numbers[0]));
        Assert.Single(worker.Session.Recorded);
        Assert.Equal(3, worker.Session.Assigned.Count());
        Assert.Equal("healthy", rig.Core.Status().Manager.State);
        rig.CheckCounts();
    }

    [Fact]
    public void ADueTimeInTroubleWaitsForTheTroubleToPass()
    {
        rig.Submit(delayMs: 1000);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        rig.Core.Tick();
        rig.Commit(failure: ManagerRig.DiskFull);

        // A time that has passed would make the timer fire again and again.
        Assert.True(rig.Core.NextDue > rig.Clock.GetUtcNow());
        rig.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Single(worker.Session.Assigned);
    }

    [Fact]
    public void AReleaseDoesNotOvertakeTheOutcomesThatAreTriedAgain()
    {
        var number = rig.Submit();
        worker.Finish(worker.Session.Assigned.Single(), settle: false);
        rig.Commit(failure: ManagerRig.DiskFull);
        worker.Lose();
        var next = new TestWorker(rig, incarnation: 2);
        Assert.Null(next.Connect());
        rig.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal((TaskState.Succeeded, 1, 0), (rig.State(number), rig.Task(number).Attempt, rig.Task(number).Losses));
        Assert.NotNull(next.Session.Registered);
        rig.CheckCounts();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AReleaseDoesNotOvertakeOutcomesThatAreOnTheirWayAndFail(bool secondTime)
    {
        var number = rig.Submit();
        worker.Finish(worker.Session.Assigned.Single(), settle: false);
        if (secondTime)
        {
            rig.Commit(failure: ManagerRig.DiskFull);
            rig.Clock.Advance(TimeSpan.FromSeconds(1.1));
            rig.Core.Tick();
        }

        rig.Core.OnDeathReported(new WorkerRef("w1", 1), "exit code 139");

        // The commit with the outcome fails, the one behind it finds room.
        rig.Commit(most: 1, failure: ManagerRig.DiskFull);
        rig.Commit();
        rig.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal((TaskState.Succeeded, 1, 0), (rig.State(number), rig.Task(number).Attempt, rig.Task(number).Losses));
        Assert.Empty(rig.Store.Leases);
        rig.CheckCounts();
    }

    [Theory]
    [InlineData(3, 1 << 20)]
    [InlineData(1000, 20)]
    public void WhatWaitsForAFullDiskIsBoundedHoweverOftenAWorkerComesBack(int changes, long bytes)
    {
        using var small = new ManagerRig(rig.Options with { MostRetries = changes, MostRetryBytes = bytes });
        var worker = new TestWorker(small, slots: 4);
        Assert.Null(worker.Connect());
        var numbers = Enumerable.Range(0, 4).Select(_ => small.Submit()).ToList();
        var tasks = worker.Session.Assigned.ToArray();
        worker.Finish(tasks[0], settle: false);
        small.Commit(failure: ManagerRig.DiskFull);

        // It delivers what was not acknowledged at each connection, and breaks off.
        Failure? refusal = null;
        for (var i = 0; i < 50; i++)
        {
            worker.Finish(tasks[0], settle: false);
            small.RunLoop();
            refusal = worker.Open(tasks) ?? refusal;
        }

        Assert.Equal(Catalogue.StoreFull, refusal!.Entry);
        Assert.Equal(Catalogue.StoreFull, worker.Session.ClosedFor?.Entry ?? refusal.Entry);
        Assert.InRange(small.Core.RetriesWaiting, 1, 10);

        // Room again: nothing is lost, nothing ran twice.
        small.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(0, small.Core.RetriesWaiting);
        Assert.Null(worker.Connect(tasks));
        foreach (var task in tasks)
        {
            worker.Finish(task);
        }

        Assert.All(numbers, n => Assert.Equal((TaskState.Succeeded, 1), (small.State(n), small.Task(n).Attempt)));
        small.CheckCounts();
    }

    [Fact]
    public void NamesOfRefusedSubmissionsAreNotRemembered()
    {
        using var full = new ManagerRig(rig.Options with { QueueCapacity = 1 });
        Assert.Null(new TestWorker(full, slots: 1).Connect());
        full.Submit();
        full.Submit();
        var before = full.Core.Dispatcher.Remembered;
        for (var i = 0; i < 100; i++)
        {
            full.Core.Submit([full.NewTask(queue: "q" + i), full.NewTask("type" + i)]);
            full.Settle();
        }

        full.Core.Submit([full.NewTask(queue: "another")]);
        full.Commit(failure: ManagerRig.DiskFull);
        Assert.Equal(before, full.Core.Dispatcher.Remembered);
    }

    [Fact]
    public void AWorkersLastLossEndsATask()
    {
        using var strict = new ManagerRig(rig.Options with { MaxLosses = 1 });
        Assert.Null(new TestWorker(strict).Connect());
        var number = strict.Submit();
        Assert.Null(new TestWorker(strict, incarnation: 2).Connect());
        Assert.Equal((TaskState.Assigned, 1), (strict.State(number), strict.Task(number).Losses));
        Assert.Null(new TestWorker(strict, incarnation: 3).Connect());
        Assert.Equal(TaskState.Dead, strict.State(number));
        strict.CheckCounts();
    }

    [Fact]
    public void AStoppingManagerDispatchesNothingAndStillRecords()
    {
        rig.Submit();
        rig.Core.BeginStop();
        var later = rig.Submit();
        Assert.Equal(TaskState.Pending, rig.State(later));
        worker.Finish(worker.Session.Assigned.Single());
        Assert.Single(worker.Session.Recorded);
        Assert.Equal(Catalogue.ManagerStopping, new TestWorker(rig, "w2").Connect()!.Entry);
        Assert.Null(rig.Core.NextDue);
    }

    [Fact]
    public void LargePayloadsTravelInMessagesThatFit()
    {
        var wide = new TestWorker(rig, "wide", slots: 12, identity: "wide");
        wide.Info.Types_[0].Name = "big";
        Assert.Null(wide.Connect());
        var payload = '"' + new string('x', TaskLimits.MaxPayloadBytes - 2) + '"';
        rig.Core.Submit([.. Enumerable.Range(0, 12).Select(_ => rig.NewTask("big", payload: payload))]);
        rig.Settle();
        Assert.Equal(12, wide.Session.Assigned.Count());
        Assert.All(wide.Session.Sent, m => Assert.True(m.CalculateSize() < 4 << 20));
    }

    [Fact]
    public void AMessageCutInTheMiddleOfACharacterIsKept()
    {
        rig.Submit(retries: 0);
        var outcome = TestWorker.Outcome(worker.Session.Assigned.Single(), ok: false);
        outcome.Failure.Message = new string('a', TaskLimits.MaxMessageChars - 1) + "🦀";
        rig.Core.OnOutcomes(worker.Incarnation, new Outcomes { Outcomes_ = { outcome } });
        rig.Settle();
        Assert.Single(worker.Session.Recorded);
    }

    [Fact]
    public void WhoWaitsIsToldAfterTheCommit()
    {
        var number = rig.Submit();
        var (wait, watch) = (new EndWait(), new TaskWatch());
        rig.Core.Watchers.Add(wait, [number]);
        rig.Core.Watchers.Add(watch, number);
        var task = worker.Session.Assigned.Single();
        rig.Core.OnProgress(
            worker.Incarnation,
            new ProgressReports
            {
                Reports =
                {
                    new ProgressReport
                    {
                        Task = number,
                        Attempt = 1,
                        Progress = new TaskProgress { Fraction = 0.5 },
                    },
                },
            }
        );
        rig.Core.OnStarted(
            worker.Incarnation,
            new Started
            {
                Started_ =
                {
                    new StartedAttempt { Task = number, Attempt = 1 },
                },
            }
        );
        rig.Settle();
        Assert.Equal(0.5, rig.Core.Watchers.ProgressOf(number)!.Fraction);
        Assert.Equal(TaskState.Running, rig.State(number));
        Assert.True(watch.TakeChanged());

        worker.Finish(task, settle: false);
        Assert.False(wait.Ended.TryRead(out _));
        rig.Settle();
        Assert.True(wait.Ended.TryRead(out var ended));
        Assert.Equal(number, ended);
        Assert.True(watch.TakeChanged());
        Assert.Null(rig.Core.Watchers.ProgressOf(number));
    }

    [Fact]
    public void AWaiterHearsOfASecondEnd()
    {
        var number = rig.Submit(retries: 0);
        var wait = new EndWait();
        rig.Core.Watchers.Add(wait, [number]);
        worker.Finish(worker.Session.Assigned.Single(), ok: false);
        rig.Core.Retry(new TaskId(number));
        rig.Settle();
        worker.Finish(worker.Session.Assigned.Last());
        Assert.True(wait.Ended.TryRead(out _));
        Assert.True(wait.Ended.TryRead(out _));
        rig.Core.Watchers.Remove(wait, [number]);
    }

    [Fact]
    public void AWorkerWithoutALeaseRegistersAnewAndTheClusterGoesOn()
    {
        // As if another manager had ended its lease.
        rig.Store.Execute(new ReleaseOperation(new WorkerRef("w1", 1), ReturnReason.WorkerLost));
        var direct = rig.Submit();
        Assert.True(worker.Session.IsClosed);
        Assert.Equal("healthy", rig.Core.Status().Manager.State);
        Assert.Null(worker.Connect());
        Assert.Equal(direct, Assert.Single(worker.Session.Assigned).Task);
        rig.CheckCounts();
    }

    [Fact]
    public void LongQuietTimesLeaveNothingBehind()
    {
        rig.Submit();
        worker.Finish(worker.Session.Assigned.Single());
        Live(TimeSpan.FromMinutes(2));
        rig.Clock.Advance(rig.Options.Retention);
        Live(TimeSpan.FromMinutes(2));
        Assert.Empty(rig.Store.Tasks);
    }
}
