using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

/// <summary>What a worker decides (docs/tasks.md).</summary>
public sealed class WorkerCoreTests : IDisposable
{
    private readonly WorkerRig rig = new();

    public WorkerCoreTests()
    {
        rig.Connect();
        rig.Ready();
    }

    public void Dispose() => rig.Dispose();

    /// <summary>Teaches the worker that noops are short, so that it sends them ahead into the pipes.</summary>
    private void LearnThatNoopIsShort()
    {
        rig.Assign(900);
        var runner = rig.RunnerOf(900);
        rig.Report(runner, FrameKind.Started, 900);
        rig.Report(runner, FrameKind.Succeeded, 900);
    }

    [Fact]
    public void AssignmentsFillTheSlotsAndOutcomesGoToDiskBeforeTheyAreSent()
    {
        rig.Assign(1, 2, 3);
        Assert.Equal([1], rig.Runners[0].Given);
        Assert.Equal([2], rig.Runners[1].Given);
        Assert.Equal((2, 1), (rig.Core.Running, rig.Core.Waiting));
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Report(rig.Runners[0], FrameKind.Succeeded, 1, "\"x\"");
        Assert.Equal([1, 3], rig.Runners[0].Given);
        Assert.Equal(["written", "sent"], rig.Log);
        Assert.Equal("\"x\"", Assert.Single(rig.Manager.Outcomes).Result.ToStringUtf8());
        Assert.Equal(1, rig.Outbox.Count);
        rig.Core.OnRecorded(7, [new Attempt { Task = 1, Attempt_ = 1 }]);
        Assert.Equal(0, rig.Outbox.Count);
    }

    [Fact]
    public void ProgressWaitsForAManagerThatTakesIt()
    {
        rig.Assign(1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Report(runner, FrameKind.Progress, 1);
        rig.Manager.Waiting = 2001;
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(rig.Manager.Received, m => m.Progress is not null);
        rig.Report(runner, FrameKind.Progress, 1);
        rig.Manager.Waiting = 2000;
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Single(Assert.Single(rig.Manager.Received, m => m.Progress is not null).Progress.Reports);
    }

    [Fact]
    public void ShortTasksWaitInThePipeAndLongOnesDoNot()
    {
        rig.Assign(1, 2, 3, 4);
        Assert.Equal(2, rig.Core.Waiting);
        foreach (var runner in rig.Runners.ToList())
        {
            var first = runner.Given[0];
            rig.Report(runner, FrameKind.Started, first);
            rig.Report(runner, FrameKind.Succeeded, first, micros: 60_000_000);
        }

        rig.Assign(5, 6);
        Assert.Equal(2, rig.Core.Waiting);
    }

    [Fact]
    public void NothingMoreWaitsBehindATaskThatTurnsOutToBeLong()
    {
        LearnThatNoopIsShort();
        rig.Assign(1, 2);
        foreach (var runner in rig.Runners.ToList())
        {
            rig.Report(runner, FrameKind.Started, runner.Given[^1]);
        }

        rig.Assign(3);
        Assert.Equal(0, rig.Core.Waiting);
        rig.Pass(TimeSpan.FromMilliseconds(60));
        rig.Assign(4);
        Assert.Equal(1, rig.Core.Waiting);
    }

    [Fact]
    public void ACrashBlamesTheStartedAttemptAlone()
    {
        LearnThatNoopIsShort();
        rig.Assign(1, 2, 3, 4);
        var runner = rig.RunnerOf(1);
        Assert.True(runner.Given.Count > 2);
        var behind = runner.Given.SkipWhile(t => t != 1).Skip(1).ToList();
        rig.Report(runner, FrameKind.Started, 1);
        rig.End(runner, signal: 11);
        var failed = rig.Manager.Outcomes.Last();
        Assert.Equal((1, "clw-worker-crash", 139), (failed.Task, failed.Failure.Code, failed.Failure.ExitCode));
        Assert.Equal("SIGSEGV", failed.Failure.Signal);
        rig.Ready();
        Assert.All(behind, t => Assert.Contains(t, rig.Runners.Where(r => r != runner).SelectMany(r => r.Given)));
        Assert.Equal(2, rig.Manager.Outcomes.Count);
        Assert.Contains(
            rig.Logger.At(LogLevel.Critical),
            l => l.Contains("clw-worker-crash detected. Exit code: 139", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void AnOverlongTaskIsAskedToEndThenKilledAndSaysSo()
    {
        rig.Assign("noop", 1000, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Pass(TimeSpan.FromMilliseconds(999));
        Assert.Empty(runner.Signals);
        rig.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal([Signals.Terminate], runner.Signals);
        rig.Pass(TimeSpan.FromSeconds(4.9));
        Assert.Equal([Signals.Terminate], runner.Signals);
        rig.Pass(TimeSpan.FromSeconds(0.1));
        Assert.Equal([Signals.Terminate, Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        var outcome = Assert.Single(rig.Manager.Outcomes);
        Assert.Equal(("clw-task-timeout", true), (outcome.Failure.Code, outcome.Retryable));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(60)]
    public void AClockThatIsSetMovesNoDeadlineAndNoGrace(int seconds)
    {
        rig.Assign("noop", 1000, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Time.SetWallClock(TimeSpan.FromSeconds(seconds));
        rig.Pass(TimeSpan.FromMilliseconds(999));
        Assert.Empty(runner.Signals);
        rig.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal([Signals.Terminate], runner.Signals);
        rig.Time.SetWallClock(TimeSpan.FromSeconds(seconds));
        rig.Pass(TimeSpan.FromSeconds(4.9));
        Assert.Equal([Signals.Terminate], runner.Signals);
        rig.Pass(TimeSpan.FromSeconds(0.1));
        Assert.Equal([Signals.Terminate, Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal(6_000_000, Assert.Single(rig.Manager.Outcomes).RunMicros);

        // Nor does it keep a new runner waiting.
        Assert.Equal(3, rig.Runners.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ATaskBehindOneThatIsEndedIsNeitherBlamedNorLost(bool cancelled)
    {
        LearnThatNoopIsShort();
        rig.Assign("noop", 1000, 1, 2, 3, 4);
        var runner = rig.RunnerOf(1);
        var next = runner.Given.SkipWhile(t => t != 1).ElementAt(1);
        rig.Report(runner, FrameKind.Started, 1);
        if (cancelled)
        {
            rig.Core.OnCancel([new Attempt { Task = 1, Attempt_ = 1 }]);
        }
        else
        {
            rig.Pass(TimeSpan.FromSeconds(1));
        }

        // The first ends just before the signal arrives, and the signal hits the next.
        rig.Report(runner, FrameKind.Succeeded, 1);
        rig.Report(runner, FrameKind.Started, next);
        rig.End(runner, signal: Signals.Terminate);
        rig.Ready();
        foreach (var other in rig.Runners.Where(r => r != runner).ToList())
        {
            foreach (var task in other.Given.Where(t => t != 900).ToList())
            {
                rig.Report(other, FrameKind.Started, task);
                rig.Report(other, FrameKind.Succeeded, task);
            }
        }

        Assert.All(rig.Manager.Outcomes, o => Assert.True(o.Succeeded));
        Assert.Equal([1, 2, 3, 4, 900], rig.Manager.Outcomes.Select(o => o.Task).Order());
    }

    [Fact]
    public void ACancelledTaskIsStoppedAndItsFailureNotReported()
    {
        rig.Assign(1, 2, 3);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Core.OnCancel([
            new Attempt { Task = 1, Attempt_ = 1 },
            new Attempt { Task = 3, Attempt_ = 1 },
            new Attempt { Task = 2, Attempt_ = 9 },
        ]);
        Assert.Equal(0, rig.Core.Waiting);
        Assert.Equal([Signals.Terminate], rig.Runners[0].Signals);
        rig.End(rig.Runners[0], signal: Signals.Terminate);
        Assert.Empty(rig.Manager.Outcomes);
        Assert.Empty(rig.Manager.HandedBack);
        Assert.Equal(1, rig.Core.Held);
    }

    [Fact]
    public void ACancelledTaskInThePipeIsStoppedWhenItBegins()
    {
        LearnThatNoopIsShort();
        rig.Assign(1, 2, 3, 4);
        var runner = rig.RunnerOf(1);
        var next = runner.Given.SkipWhile(t => t != 1).ElementAt(1);
        rig.Core.OnCancel([new Attempt { Task = next, Attempt_ = 1 }]);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Report(runner, FrameKind.Succeeded, 1);
        Assert.Empty(runner.Signals);
        rig.Report(runner, FrameKind.Started, next);
        Assert.Equal([Signals.Terminate], runner.Signals);
    }

    [Fact]
    public void ARecallTakesWhatHasNotStarted()
    {
        rig.Assign(1, 2, 3, 4);
        rig.Core.OnRecall([.. Enumerable.Range(1, 4).Select(t => new Attempt { Task = t, Attempt_ = 1 })]);
        Assert.Equal([3, 4], rig.Manager.HandedBack);
        Assert.Equal(2, rig.Core.Held);
    }

    [Fact]
    public void ChangedLimitsReachRunnersThatStartFromThenOn()
    {
        rig.Assign(1);
        var (busy, idle) = (rig.RunnerOf(1), rig.Runners.First(r => !r.Given.Contains(1)));
        rig.Report(busy, FrameKind.Started, 1);
        rig.Core.Reconfigure(rig.Options with { MaxTaskMemoryBytes = 100 << 20 });
        Assert.True(idle.IsClosed);
        Assert.False(busy.IsClosed);
        rig.Report(busy, FrameKind.Succeeded, 1);
        Assert.True(busy.IsClosed);
    }

    [Fact]
    public void WhatWasGivenUpBetweenTheRegistrationAndTheConnectionIsHandedBack()
    {
        rig.Assign(1, 2);
        foreach (var runner in rig.Runners.ToList())
        {
            rig.Report(runner, FrameKind.Started, runner.Given[0]);
        }

        rig.Core.OnDisconnected(rig.Manager);
        rig.Pass(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(30));

        // Both are told to end for the lease; the registration names both, and only then one is over. The other has an outcome.
        var register = rig.Core.Registration(OpenClaw.Worker.Plugins.PluginSet.Builtins, 1);
        Assert.Equal([1, 2], register.Holding.Select(h => h.Task));
        rig.Report(rig.RunnerOf(2), FrameKind.Succeeded, 2);
        rig.End(rig.RunnerOf(1), signal: Signals.Terminate);
        rig.Connect();
        Assert.Equal([1], rig.Manager.HandedBack);
        Assert.Equal([2], rig.Manager.Outcomes.Select(o => o.Task));

        // Said once: the next registration does not name it.
        rig.Core.Registration(OpenClaw.Worker.Plugins.PluginSet.Builtins, 1);
        rig.Connect();
        Assert.Empty(rig.Manager.HandedBack);
    }

    [Fact]
    public void WhatEndedWhileTheManagerWasAwayIsDeliveredAndNamedAsHeld()
    {
        rig.Assign(1, 2);
        rig.Core.OnDisconnected(rig.Manager);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Report(rig.Runners[0], FrameKind.Succeeded, 1);
        var named = rig.Core.Registration(OpenClaw.Worker.Plugins.PluginSet.Builtins, 1).Holding.Select(h => h.Task).Order();
        Assert.Equal([1, 2], named);
        rig.Connect();
        Assert.Equal(1, Assert.Single(rig.Manager.Outcomes).Task);
        rig.Connect();
        Assert.Single(rig.Manager.Outcomes);
    }

    [Fact]
    public void AnOutcomeOfTheSameMomentAsTheConnectionIsWrittenFirst()
    {
        rig.Assign(1);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Core.OnDisconnected(rig.Manager);
        rig.Outbox.Add(new AttemptOutcome { Task = 50, Attempt = 1 });
        rig.Connect();
        Assert.Equal(["written", "sent"], rig.Log);
    }

    [Fact]
    public void WithAFullDiskOutcomesAreSentAndNothingIsStarted()
    {
        rig.Assign(1, 2, 3);
        rig.Outbox.Problem = "no space left on device";
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Report(rig.Runners[0], FrameKind.Succeeded, 1);
        Assert.Single(rig.Manager.Outcomes);
        rig.Assign(4);
        Assert.Equal(2, rig.Core.Waiting);
        Assert.DoesNotContain(4, rig.Runners.SelectMany(r => r.Given));
        rig.Outbox.Problem = null;
        rig.Pass(TimeSpan.FromMilliseconds(100));
        rig.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Contains(3, rig.Runners.SelectMany(r => r.Given));
        Assert.Single(rig.Logger.At(LogLevel.Error), l => l.Contains("clw-outbox-full", StringComparison.Ordinal));
    }

    [Fact]
    public void AProgramsOutputIsItsResult()
    {
        rig.Assign("prog", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.End(runner, exit: 0, output: "{\"a\": 1}\n");
        Assert.Equal("{\"a\": 1}", Assert.Single(rig.Manager.Outcomes).Result.ToStringUtf8());
        Assert.NotSame(runner, rig.Runners[^1]);

        rig.Ready();
        rig.Assign("prog", 0, 2);
        rig.Report(rig.RunnerOf(2), FrameKind.Becoming, 2);
        rig.Core.OnLines(rig.RunnerOf(2), ["it broke"]);
        rig.End(rig.RunnerOf(2), exit: 3);
        var failed = rig.Manager.Outcomes[^1];
        Assert.Equal(("clw-task-failed", 3), (failed.Failure.Code, failed.Failure.ExitCode));
        Assert.Contains("it broke", failed.Failure.Message, StringComparison.Ordinal);
        Assert.Equal("it broke", Assert.Single(failed.Failure.LastLines));
    }

    [Fact]
    public void AResultOverTheLimitFailsTheTaskForGood()
    {
        rig.Assign("prog", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Core.OnViolation(runner, Catalogue.ResultTooLarge, "too much");
        rig.End(runner, signal: Signals.Terminate);
        rig.Ready();

        // Just under the limit as it came, and far over it as a JSON string.
        rig.Assign("prog", 0, 2);
        rig.Report(rig.RunnerOf(2), FrameKind.Becoming, 2);
        rig.End(rig.RunnerOf(2), exit: 0, output: new string('\u0001', TaskLimits.MaxResultBytes - 1));
        Assert.All(rig.Manager.Outcomes, o => Assert.Equal(("clw-result-too-large", false), (o.Failure.Code, o.Retryable)));
        Assert.Equal(2, rig.Manager.Outcomes.Count);
    }

    [Fact]
    public void MessagesStayUnderTheLimitWhateverOutcomesCarry()
    {
        rig.Core.OnDisconnected(rig.Manager);
        for (var i = 1; i <= 30; i++)
        {
            var failure = new OpenClaw.V1.TaskFailure();
            failure.LastLines.AddRange(Enumerable.Repeat(new string('x', 16_000), 50));
            rig.Outbox.Keep(
                7,
                new AttemptOutcome
                {
                    Task = i,
                    Attempt = 1,
                    Failure = failure,
                }
            );
            rig.Outbox.Keep(
                6,
                new AttemptOutcome
                {
                    Task = 100 + i,
                    Attempt = 1,
                    Failure = failure,
                }
            );
        }

        rig.Connect();
        Assert.Equal(30, rig.Manager.Outcomes.Count);
        Assert.All(rig.Manager.Received, m => Assert.True(m.CalculateSize() < 4 << 20));
        var earlier = rig.Core.EarlierOutcomes();
        Assert.Equal(30, earlier.Sum(e => e.Outcomes.Count));
        Assert.All(earlier, e => Assert.True(e.CalculateSize() < 4 << 20 && e.Incarnation == 6));
    }

    [Fact]
    public void ARunnerThatEndsBeforeAnyTaskIsStartedAgainEverMoreSlowly()
    {
        for (var i = 0; i < 2000; i++)
        {
            foreach (var runner in rig.Runners.TakeLast(2).Where(r => !r.IsClosed).ToList())
            {
                // It says that it is ready and dies all the same.
                rig.Report(runner, FrameKind.Ready);
                rig.End(runner, exit: 1);
            }

            rig.Pass(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(rig.Runners.Count, 20, 100);
        Assert.Contains(rig.Logger.At(LogLevel.Error), l => l.Contains("clw-init-fail", StringComparison.Ordinal));
    }

    [Fact]
    public void ARunnerThatNeverSaysThatItIsReadyIsKilled()
    {
        rig.Assign(1);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.End(rig.Runners[0], signal: Signals.Kill);
        var hung = rig.Runners[^1];
        rig.Pass(TimeSpan.FromSeconds(29));
        Assert.Empty(hung.Signals);
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([Signals.Kill], hung.Signals);
    }

    [Fact]
    public void WhenNoRunnerCanBeStartedItIsTriedEverySecondAndTold()
    {
        rig.RefuseRunners = "out of memory";
        rig.End(rig.Runners[0], exit: 1);
        for (var i = 0; i < 95; i++)
        {
            rig.Pass(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(rig.Logger.At(LogLevel.Error).Count(l => l.Contains("no runner can be started", StringComparison.Ordinal)), 1, 5);
        rig.RefuseRunners = null;
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(3, rig.Runners.Count);
    }

    [Fact]
    public void ATaskThatKillsRunnersBeforeItBeginsIsBlamedInTheEnd()
    {
        rig.Assign(1);
        for (var i = 0; i < 3; i++)
        {
            var runner = rig.RunnerOf(1);
            rig.End(runner, signal: 11);
            for (var t = 0; t < 20; t++)
            {
                rig.Pass(TimeSpan.FromSeconds(1));
                rig.Ready();
            }
        }

        Assert.Equal("clw-worker-crash", Assert.Single(rig.Manager.Outcomes).Failure.Code);
    }

    [Fact]
    public void AReportOfAnotherTaskEndsTheRunner()
    {
        rig.Assign(1);
        rig.Report(rig.Runners[0], FrameKind.Succeeded, 2);
        Assert.Equal([Signals.Kill], rig.Runners[0].Signals);
        Assert.Empty(rig.Manager.Outcomes);
    }

    [Fact]
    public void AStopGivesBackWhatHasNotBegunAndFinishesTheRest()
    {
        rig.Assign(1, 2, 3);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Core.BeginStop();
        rig.Core.BeginStop();
        Assert.Single(rig.Manager.Received, m => m.Draining is not null);
        Assert.Equal([3], rig.Manager.HandedBack);

        // Sent before the manager knew.
        rig.Assign(4);
        Assert.Equal([3, 4], rig.Manager.HandedBack);
        rig.Report(rig.Runners[0], FrameKind.Succeeded, 1);
        Assert.False(rig.Core.IsDrained);
        rig.End(rig.Runners[1], signal: Signals.Kill);
        Assert.Contains(2, rig.Manager.HandedBack);
        Assert.False(rig.Core.IsDrained);
        rig.Core.OnRecorded(7, [new Attempt { Task = 1, Attempt_ = 1 }]);
        Assert.True(rig.Core.IsDrained);
        Assert.Equal(2, rig.Runners.Count);

        // A connection that breaks meanwhile does not make it a worker that wants work.
        rig.Connect();
        Assert.Single(rig.Manager.Received, m => m.Draining is not null);
    }

    [Fact]
    public void AfterTheGraceWhatRunsIsStoppedAndGivenBack()
    {
        rig.Assign(1);
        rig.Report(rig.Runners[0], FrameKind.Started, 1);
        rig.Core.BeginStop();
        rig.Core.HandBackAll();
        Assert.Equal([Signals.Terminate], rig.Runners[0].Signals);
        rig.End(rig.Runners[0], signal: Signals.Terminate);
        Assert.Equal([1], rig.Manager.HandedBack);
        Assert.True(rig.Core.IsDrained);
    }

    [Fact]
    public void ARunnerIsReplacedAfterItsTasks()
    {
        using var single = new WorkerRig(o => o with { RecycleAfter = 1, Slots = 1 });
        single.Connect();
        single.Ready();
        single.Assign(1, 2);
        var first = single.Runners[0];
        single.Report(first, FrameKind.Started, 1);
        single.Report(first, FrameKind.Succeeded, 1);
        Assert.True(first.IsClosed);
        Assert.Equal([1], first.Given);
        single.End(first, exit: 0);
        single.Ready();
        Assert.Equal([2], single.Runners[1].Given);
        Assert.Empty(single.Logger.At(LogLevel.Error));
    }

    [Fact]
    public void AnOutputDirectoryThatCannotBeMadeFailsTheTaskAndNotTheWorker()
    {
        File.WriteAllText(Path.Combine(rig.Options.StateDirectory, "output"), "in the way");
        rig.Assign("prog", 0, 1);
        rig.Assign(2);
        Assert.Equal("clw-init-fail", Assert.Single(rig.Manager.Outcomes).Failure.Code);
        Assert.Contains(2, rig.Runners.SelectMany(r => r.Given));
    }

    [Fact]
    public void ATypeThatIsGoneFailsTheAttempt()
    {
        rig.Assign("nothing", 0, 1);
        Assert.Equal("clw-plugin-missing", Assert.Single(rig.Manager.Outcomes).Failure.Code);
        rig.Assign("noop", 0, 2);
        rig.Assign("noop", 0, 2);
        Assert.Single(rig.Runners.SelectMany(r => r.Given));
    }
}
