using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

/// <summary>The pool with programs that serve: who becomes one, who stops being one, what ends a task.</summary>
public sealed class ServingTests : IDisposable
{
    private readonly WorkerRig rig = new();

    public ServingTests()
    {
        rig.Connect();
        rig.Ready();
    }

    public void Dispose() => rig.Dispose();

    private TestRunner Serving(long task)
    {
        rig.Assign("served", 0, task);
        var runner = rig.RunnerOf(task);
        rig.Report(runner, FrameKind.Becoming, task);
        rig.Report(runner, FrameKind.Ready);
        rig.Report(runner, FrameKind.Started, task);
        return runner;
    }

    private AttemptOutcome Last => rig.Manager.Outcomes[^1];

    [Fact]
    public void OneProcessRunsManyTasksAndNoOther()
    {
        var runner = Serving(1);
        Assert.Equal("/plugins/served", runner.Became!.Path);
        Assert.Contains("OPENCLAW_TASK_MODE=serve", runner.Became.Environment);
        Assert.DoesNotContain(runner.Became.Environment, v => v.StartsWith("OPENCLAW_TASK_ID", StringComparison.Ordinal));
        rig.Report(runner, FrameKind.Succeeded, 1);
        rig.Assign("served", 0, 2);
        Assert.Equal([1, 2], runner.Given);
        rig.Report(runner, FrameKind.Started, 2);
        rig.Report(runner, FrameKind.Succeeded, 2);
        Assert.Equal(2, rig.Manager.Outcomes.Count);

        // Both others go to the runner that is left; the serving program is of no use to them.
        rig.Assign("noop", 0, 3);
        Assert.NotSame(runner, rig.RunnerOf(3));
        Assert.False(runner.IsClosed);
    }

    [Fact]
    public void AProgramThatHasNotSaidHelloTakesNoMore()
    {
        rig.Assign("served", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Assign("served", 0, 2);
        Assert.NotSame(runner, rig.RunnerOf(2));
    }

    [Fact]
    public void TheStartOfAProgramIsNoRunTimeOfItsFirstTask()
    {
        rig.Assign("served", 1000, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Pass(TimeSpan.FromSeconds(20));
        Assert.Empty(runner.Cancelled);
        rig.Report(runner, FrameKind.Ready);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Pass(TimeSpan.FromMilliseconds(900));
        Assert.Empty(runner.Cancelled);
        rig.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal([1], runner.Cancelled);
    }

    [Fact]
    public void AProgramThatDoesNotComeUpFailsItsTaskWithAnotherCodeThanItsTime()
    {
        rig.Assign("served", 1000, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Core.OnViolation(runner, Catalogue.PluginStart, "served did not say hello");
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal(("clw-plugin-start", "served did not say hello", true), (Last.Failure.Code, Last.Failure.Message, Last.Retryable));
        rig.Ready();
        rig.Assign("served", 1000, 2);
        runner = rig.RunnerOf(2);
        rig.Report(runner, FrameKind.Becoming, 2);
        rig.Core.OnLines(runner, ["No module named x"]);
        rig.End(runner, exit: 1);
        Assert.Equal(
            ("clw-plugin-start", "The plugin serves, and ended before it said hello: served ended with exit code 1: No module named x"),
            (Last.Failure.Code, Last.Failure.Message)
        );
    }

    [Fact]
    public void AnIdleProgramMakesRoomForAnotherTypeAndIsEndedWhenItDoesNotGo()
    {
        var first = Serving(1);
        var second = Serving(2);
        Assert.NotSame(first, second);
        rig.Report(first, FrameKind.Succeeded, 1);
        rig.Report(second, FrameKind.Succeeded, 2);
        rig.Assign("noop", 0, 3);
        var closed = Assert.Single(rig.Runners, r => r.IsClosed);
        rig.Pass(TimeSpan.FromSeconds(6));
        Assert.Contains(Signals.Kill, closed.Signals);
        rig.End(closed, signal: Signals.Kill);
        rig.Ready();
        Assert.NotNull(rig.RunnerOf(3));
        Assert.Equal(2, rig.Manager.Outcomes.Count);
    }

    [Fact]
    public void WhatWaitsForAnIdleProgramPassesForAWhileAndNotForEver()
    {
        var first = Serving(1);
        var second = Serving(2);

        // A plain task in front, one for the program behind it.
        rig.Assign("noop", 0, 3);
        rig.Assign("served", 0, 4, 5);
        rig.Report(first, FrameKind.Succeeded, 1, micros: 50_000);
        Assert.Equal([1, 4], first.Given);
        Assert.DoesNotContain(rig.Runners, r => r.IsClosed);
        rig.Pass(TimeSpan.FromMilliseconds(250));
        rig.Report(first, FrameKind.Started, 4);
        rig.Report(first, FrameKind.Succeeded, 4, micros: 50_000);
        Assert.True(first.IsClosed);
        rig.End(first, exit: 0);
        rig.Ready();
        Assert.NotSame(first, rig.RunnerOf(3));
        Assert.DoesNotContain(5, second.Given);
    }

    [Fact]
    public void AChangedPluginIsUsedByTheNextTaskAndARunningOneKeepsItsVersion()
    {
        var runner = Serving(1);
        rig.Handlers["served"] = rig.Handlers["served"] with { Version = "v2" };
        rig.Core.OnTypesChanged(new PluginSet(rig.Handlers, []));
        Assert.False(runner.IsClosed);
        rig.Report(runner, FrameKind.Succeeded, 1);
        Assert.Equal("v1", Last.PluginVersion);
        Assert.True(runner.IsClosed);
        rig.Assign("served", 0, 2);
        var next = rig.RunnerOf(2);
        Assert.NotSame(runner, next);
        rig.Report(next, FrameKind.Becoming, 2);
        rig.Report(next, FrameKind.Ready);
        rig.Report(next, FrameKind.Started, 2);
        rig.Report(next, FrameKind.Succeeded, 2);
        Assert.Equal("v2", Last.PluginVersion);

        // Idle when it changes: gone at once.
        rig.Handlers["served"] = rig.Handlers["served"] with
        {
            Version = "v3",
        };
        rig.Core.OnTypesChanged(new PluginSet(rig.Handlers, []));
        Assert.True(next.IsClosed);
    }

    [Fact]
    public void WhatWaitsTakesTheChangedPluginUnlessItAskedForTheOldOne()
    {
        Serving(1);
        Serving(2);
        rig.Assign("served", 0, 3);
        var pinned = new Assignments
        {
            Assignments_ =
            {
                new Assignment
                {
                    Task = 4,
                    Attempt = 1,
                    Type = "served",
                    PluginVersion = "v1",
                },
            },
        };
        rig.Core.OnAssignments(pinned);
        rig.Core.AfterRun();
        rig.Handlers["served"] = rig.Handlers["served"] with { Version = "v2" };
        rig.Core.OnTypesChanged(new PluginSet(rig.Handlers, []));
        rig.Core.AfterRun();
        Assert.Equal((4L, "clw-plugin-missing"), (Last.Task, Last.Failure.Code));
        var first = rig.RunnerOf(1);
        rig.Report(first, FrameKind.Succeeded, 1);
        rig.End(first, exit: 0);
        rig.Ready();
        var runner = rig.RunnerOf(3);
        rig.Report(runner, FrameKind.Becoming, 3);
        rig.Report(runner, FrameKind.Ready);
        rig.Report(runner, FrameKind.Started, 3);
        rig.Report(runner, FrameKind.Succeeded, 3);
        Assert.Equal((3L, "v2"), (Last.Task, Last.PluginVersion));
    }

    [Fact]
    public void ATimeoutAsksAndThenKills()
    {
        rig.Assign("served", 1000, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Report(runner, FrameKind.Ready);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([1], runner.Cancelled);
        Assert.Empty(runner.Signals);
        rig.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal([Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal("clw-task-timeout", Last.Failure.Code);
    }

    [Fact]
    public void AProgramThatGivesUpInTimeLivesOn()
    {
        rig.Assign("served", 1000, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Report(runner, FrameKind.Ready);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Pass(TimeSpan.FromSeconds(1));
        rig.Report(runner, FrameKind.Failed, 1);
        Assert.Equal("clw-task-timeout", Last.Failure.Code);
        rig.Pass(TimeSpan.FromSeconds(10));
        Assert.Empty(runner.Signals);
        rig.Assign("served", 0, 2);
        Assert.Equal([1, 2], runner.Given);

        // A task that is not wanted any more: no outcome, and the program lives on as well.
        rig.Report(runner, FrameKind.Started, 2);
        rig.Core.OnCancel([new V1.Attempt { Task = 2, Attempt_ = 1 }]);
        Assert.Equal([1, 2], runner.Cancelled);
        rig.Report(runner, FrameKind.Failed, 2);
        Assert.Single(rig.Manager.Outcomes);
        rig.Assign("served", 0, 3);
        Assert.Equal([1, 2, 3], runner.Given);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnAnswerThatMeetsTheSignalOnItsWayCostsNoOtherTask(bool succeeded)
    {
        var runner = Serving(1);
        runner.UnderstandsCancel = false;
        rig.Report(runner, FrameKind.Succeeded, 1);
        rig.Assign("served", 1000, 2);
        rig.Assign("served", 0, 3);
        Assert.Equal([1, 2, 3], runner.Given);
        rig.Report(runner, FrameKind.Started, 2);
        rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([2], runner.Cancelled);
        rig.Report(runner, succeeded ? FrameKind.Succeeded : FrameKind.Failed, 2);
        Assert.Equal((2L, succeeded), (Last.Task, Last.Failure is null));

        // What was queued behind it runs elsewhere at once, and what comes is not given to a process that ends.
        Assert.NotSame(runner, rig.RunnerOf(3));
        rig.Assign("served", 0, 4);
        Assert.Equal([1, 2, 3], runner.Given);
        rig.End(runner, signal: Signals.Terminate);
        Assert.Equal(2, rig.Manager.Outcomes.Count);
        rig.Ready();
        Assert.NotSame(runner, rig.RunnerOf(4));
    }

    [Fact]
    public void AProgramThatOutlivesItsSignalIsKilled()
    {
        rig.Assign("served", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Report(runner, FrameKind.Ready);
        rig.Report(runner, FrameKind.Started, 1);
        runner.UnderstandsCancel = false;
        rig.Core.OnCancel([new V1.Attempt { Task = 1, Attempt_ = 1 }]);
        rig.Report(runner, FrameKind.Failed, 1);
        rig.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal([Signals.Kill], runner.Signals);
    }

    [Fact]
    public void AViolationFailsTheTaskWithItsWordsAndEndsTheProcess()
    {
        var runner = Serving(1);
        rig.Core.OnViolation(runner, Catalogue.PluginProtocol, "it said hello twice");
        Assert.Equal([Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal(("clw-plugin-protocol", "it said hello twice", true), (Last.Failure.Code, Last.Failure.Message, Last.Retryable));
        Assert.Equal(3, rig.Runners.Count);
    }

    [Fact]
    public void AProgramThatEndsInsteadOfAnsweringIsACrash()
    {
        var runner = Serving(1);
        rig.Core.OnLines(runner, ["Traceback"]);
        rig.End(runner, exit: 1);
        Assert.Equal("clw-worker-crash", Last.Failure.Code);
        Assert.Contains(
            "ended instead of answering: served ended with exit code 1: Traceback",
            Last.Failure.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("mine", "mine", "text")]
    [InlineData("", "clw-task-failed", "text")]
    [InlineData("Not A Code", "clw-task-failed", "text (code 'Not A Code')")]
    [InlineData("clw-result-too-large", "clw-result-too-large", "text")]
    [InlineData("clw-invented", "clw-task-failed", "text (code 'clw-invented')")]
    public void AFailureKeepsThePluginsOwnCode(string said, string code, string message)
    {
        var runner = Serving(1);
        rig.Report(runner, FrameKind.Failed, 1, code: said);
        Assert.Equal((code, message), (Last.Failure.Code, Last.Failure.Message));
    }

    [Fact]
    public void AProgramThatHoldsTooMuchMemoryIsEnded()
    {
        var runner = Serving(1);
        rig.Holds(runner, 100 << 20);
        Assert.Empty(runner.Signals);
        rig.Holds(runner, 101 << 20);
        Assert.Equal([Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal("clw-memory-exhaust", Last.Failure.Code);
        Assert.Equal(("task", 100L << 20, 101L << 20), (Last.Failure.Scope, Last.Failure.Allowed, Last.Failure.Used));
        Assert.EndsWith(
            " held 101 MiB of the 100 MiB that max_memory in its manifest allows, and was ended",
            Last.Failure.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void APlainProgramIsToldWhoseLimitItWentOver()
    {
        rig.Handlers["grows"] = new TaskHandler("grows", HandlerForm.Executable, "/plugins/grows.py", "v1")
        {
            Manifest = new PluginManifest { MaxMemoryBytes = 200 << 20 },
        };
        rig.Assign("grows", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Holds(runner, 250 << 20);
        Assert.Equal([Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal(
            ("clw-memory-exhaust", "grows.py held 250 MiB of the 200 MiB that max_memory in its manifest allows, and was ended"),
            (Last.Failure.Code, Last.Failure.Message)
        );
        Assert.True(Last.Failure.HasPeakMemoryBytes);
    }

    [Fact]
    public void APlainProgramThatFailsDoesNotTellTheRunnersMemoryAsItsOwn()
    {
        rig.Assign("prog", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.End(runner, exit: 7);
        Assert.Equal("clw-task-failed", Last.Failure.Code);
        Assert.False(Last.Failure.HasPeakMemoryBytes);
    }

    [Fact]
    public void AScriptThatEndsItsProcessIsToldOnceHow()
    {
        rig.Assign("noop", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Started, 1);
        rig.End(runner, exit: 3);
        Assert.Equal(
            ("clw-worker-crash", "The process that ran the task ended with exit code 3"),
            (Last.Failure.Code, Last.Failure.Message)
        );
    }

    [Fact]
    public void AServingProgramIsReplacedAfterItsTasks()
    {
        using var few = new WorkerRig(o => o with { RecycleAfter = 2 });
        few.Connect();
        few.Ready();
        few.Assign("served", 0, 1);
        var runner = few.RunnerOf(1);
        few.Report(runner, FrameKind.Becoming, 1);
        few.Report(runner, FrameKind.Ready);
        few.Report(runner, FrameKind.Succeeded, 1);
        Assert.False(runner.IsClosed);
        few.Assign("served", 0, 2);
        few.Report(runner, FrameKind.Started, 2);
        few.Report(runner, FrameKind.Succeeded, 2);
        Assert.True(runner.IsClosed);
    }
}
