using OpenClaw.Cli.Commands;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Cli.Rendering;
using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Tests.Cli;

/// <summary>Where somebody who is new here has stumbled: what is said of a failure, and what a sample is made into.</summary>
public sealed class StumbleTests
{
    private static TaskEvent Log(string text) =>
        new()
        {
            Log = new TaskLogLine { Level = "ERROR", Text = text },
        };

    private static TaskEvent Happened(TaskState state, int attempt) =>
        new()
        {
            Task = new V1.Task
            {
                Id = "task-1",
                State = state,
                Attempt = attempt,
                Retries = attempt,
                MaxRetries = 3,
                Worker = "w1",
            },
        };

    [Fact]
    public void WhoWaitsIsToldOfAnAttemptThatWillBeMadeAgain()
    {
        var time = TimeProvider.System;
        var follower = new TaskFollower(time);
        var failed = Happened(TaskState.Pending, 1);
        failed.Task.Failure = new TaskFailure { Code = "clw-task-failed", Message = "t.lua:2: no picture" };
        Assert.Equal("attempt 1 of 4 failed: t.lua:2: no picture; again at once", follower.Line(failed));
        failed.Task.DueAtMs = time.GetUtcNow().AddSeconds(1000).ToUnixTimeMilliseconds();
        Assert.Matches("^attempt 1 of 4 failed: t.lua:2: no picture; again in (1000|99[0-9]) s$", follower.Line(failed));
        Assert.Equal("PENDING", follower.Line(Happened(TaskState.Pending, 0)));
        Assert.Equal("RUNNING on w1", follower.Line(Happened(TaskState.Running, 2)));
    }

    [Fact]
    public void ALineThatWasShownAsItCameIsNotShownAgain()
    {
        var follower = new TaskFollower(TimeProvider.System);
        follower.Line(Happened(TaskState.Running, 1));
        Assert.Equal("[ERROR] of the first", follower.Line(Log("of the first")));
        follower.Line(Happened(TaskState.Running, 2));
        follower.Line(Log("stack traceback:"));
        var failure = new TaskFailure { LastLines = { "stack traceback:", "missed", "of the first" } };
        Assert.Equal(["missed", "of the first"], follower.Unshown(failure));
        Assert.Empty(follower.Unshown(null));
    }

    [Fact]
    public void AHintGoesByTheCause()
    {
        Assert.StartsWith("Submit it again", Hint.AfterAttempt(Catalogue.PayloadInvalid, "task-1", "sleep"), StringComparison.Ordinal);
        Assert.StartsWith("Without a backtrace", Hint.AfterAttempt(Catalogue.WorkerCrash, "task-1", "sleep"), StringComparison.Ordinal);
        Assert.Equal(
            "Mend what the backtrace shows, then: clw task retry task-1",
            Hint.AfterAttempt(Catalogue.WorkerCrash, "task-1", "sleep", hasBacktrace: true)
        );
        Assert.DoesNotContain("image.lua", Hint.AfterTrial(Catalogue.PictureInvalid, "image.lua"), StringComparison.Ordinal);
        Assert.DoesNotContain("sleep", Hint.AfterTrial(Catalogue.PayloadInvalid, "sleep"), StringComparison.Ordinal);
        Assert.Equal("Mend x.lua, then run it again", Hint.AfterTrial(Catalogue.TaskFailed, "x.lua"));
    }

    [Fact]
    public void OnlyTheWholeNameOfASampleIsReplaced() =>
        Assert.Equal(
            "hello: greets whom; function process_hello(data) log(\"greeting\") hello.yaml",
            PluginSamples.Adapt("greet: greets whom; function process_greet(data) log(\"greeting\") greet.yaml", "hello")
        );
}
