using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Abi;

public sealed class ExitClassificationTests
{
    private static ProcessEnd Exit(int code, long peak = 0) => new(code, null, CoreDumped: false, peak, TimeSpan.Zero);

    private static ProcessEnd Killed(int signal, long peak = 0) => new(null, signal, CoreDumped: false, peak, TimeSpan.Zero);

    public static TheoryData<int, bool, ExitClass, string, int> Ends =>
        new()
        {
            { 0, false, ExitClass.Success, "", 0 },
            { 3, false, ExitClass.Failure, "clw-task-failed", 3 },
            { 11, true, ExitClass.Segfault, "clw-worker-crash", 139 },
            { 139, false, ExitClass.Segfault, "clw-worker-crash", 139 },
            { 6, true, ExitClass.Abort, "clw-worker-crash", 134 },
            { 134, false, ExitClass.Abort, "clw-worker-crash", 134 },
            { 9, true, ExitClass.Killed, "clw-worker-crash", 137 },
            { 137, false, ExitClass.Killed, "clw-worker-crash", 137 },
            { 15, true, ExitClass.Signalled, "clw-worker-crash", 143 },
            { 7, true, ExitClass.Segfault, "clw-worker-crash", 135 },
        };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Every_end_has_its_class_code_and_number(int number, bool signal, ExitClass expected, string code, int shell)
    {
        var meaning = ExitClassification.Of(signal ? Killed(number) : Exit(number), false, false, null);
        Assert.Equal((expected, code, shell), (meaning.Class, meaning.Code, meaning.ShellCode));
    }

    [Fact]
    public void What_we_know_goes_before_what_we_see()
    {
        var timeout = ExitClassification.Of(Killed(9), timedOut: true, killedByUs: false, 1);
        Assert.Equal((ExitClass.Timeout, "clw-task-timeout", 124), (timeout.Class, timeout.Code, timeout.ShellCode));
        Assert.Equal(ExitClass.Stopped, ExitClassification.Of(Killed(9), timedOut: false, killedByUs: true, 1).Class);
        var memory = ExitClassification.Of(Killed(9, 300 << 20), timedOut: false, killedByUs: false, 256 << 20);
        Assert.Equal((ExitClass.OutOfMemory, "clw-memory-exhaust"), (memory.Class, memory.Code));
        Assert.Contains("300 MiB of 256 MiB", memory.Sentence, StringComparison.Ordinal);
        Assert.Equal(ExitClass.Killed, ExitClassification.Of(Killed(9, 100 << 20), false, false, 256 << 20).Class);
    }

    [Fact]
    public void A_program_that_was_never_ready_could_not_start()
    {
        Assert.Equal(ExitClass.Config, ExitClassification.OfProgram(Exit(6), wasReady: false, stopped: false).Class);
        Assert.Equal("clw-init-fail", ExitClassification.OfProgram(Exit(1), wasReady: false, stopped: false).Code);
        Assert.Equal("clw-worker-crash", ExitClassification.OfProgram(Exit(7), wasReady: true, stopped: false).Code);
        Assert.True(ExitClassification.OfProgram(Exit(1), wasReady: true, stopped: false).IsCrash);
        Assert.Equal(ExitClass.Stopped, ExitClassification.OfProgram(Exit(0), wasReady: true, stopped: true).Class);
    }
}
