using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Manager.Core;
using OpenClaw.V1;

namespace OpenClaw.Tests.Manager;

/// <summary>The cause that a crash is counted by is one of the names, and of a worker that does not say it, that of the classification.</summary>
public sealed class CrashCauseTests
{
    [Theory]
    [InlineData("SIGSEGV", 139, CrashCause.Segfault)]
    [InlineData("SIGBUS", 135, CrashCause.Segfault)]
    [InlineData("", 139, CrashCause.Segfault)]
    [InlineData("SIGABRT", 134, CrashCause.Abort)]
    [InlineData("SIGKILL", 137, CrashCause.Killed)]
    [InlineData("SIGTERM", 143, CrashCause.Signal)]
    [InlineData("nonsense", 1, CrashCause.Exit)]
    [InlineData("", 0, CrashCause.Exit)]
    public void A_worker_that_does_not_say_the_cause_has_told_it_by_signal_and_code(string signal, int exit, string cause) =>
        Assert.Equal(
            cause,
            CrashCauses.Of(
                new TaskFailure
                {
                    Code = Catalogue.WorkerCrash.Code,
                    Signal = signal,
                    ExitCode = exit,
                }
            )
        );

    [Fact]
    public void What_a_worker_says_counts_when_it_is_a_name()
    {
        var failure = new TaskFailure { Code = Catalogue.WorkerCrash.Code, Cause = CrashCause.Library };
        Assert.Equal(CrashCause.Library, CrashCauses.Of(failure));
        failure.Cause = "anything at all";
        Assert.True(CrashCause.IsKnown(CrashCauses.Of(failure)));
        failure.Code = Catalogue.MemoryExhaust.Code;
        Assert.Equal(CrashCause.OutOfMemory, CrashCauses.Of(failure));
    }
}
