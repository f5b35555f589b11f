namespace OpenClaw.Abi.Processes;

/// <summary>What the end of a process means.</summary>
public enum ExitClass
{
    /// <summary>Exit code 0.</summary>
    Success,

    /// <summary>The program said no: an exit code of its own.</summary>
    Failure,

    /// <summary>A wrong setting or use, said by one of our own programs before it was ready (exit codes 2, 6, 7).</summary>
    Config,

    /// <summary>It could not be loaded: a library is missing or does not fit, or it is made for another machine.</summary>
    Library,

    /// <summary>A memory error: SIGSEGV or SIGBUS (139, 135).</summary>
    Segfault,

    /// <summary>The program gave itself up: SIGABRT (134).</summary>
    Abort,

    /// <summary>SIGKILL from somebody (137): the kernel for lack of memory, an operator, a container's end.</summary>
    Killed,

    /// <summary>It held more memory than it was allowed.</summary>
    OutOfMemory,

    /// <summary>Its time was over and we ended it (124).</summary>
    Timeout,

    /// <summary>We ended it, because it was asked for.</summary>
    Stopped,

    /// <summary>Another signal.</summary>
    Signalled,
}

/// <summary>The meaning of an end: class, code of the catalogue, the number that a shell would show, and a sentence.</summary>
/// <param name="Code">Empty for success and for <see cref="ExitClass.Stopped"/>.</param>
/// <param name="IsCrash">The process did not end by its own will nor by ours.</param>
public sealed record ExitMeaning(ExitClass Class, string Code, int ShellCode, bool IsCrash, string Sentence)
{
    /// <summary>The name of <see cref="CrashCause"/> for it; empty when nothing crashed.</summary>
    public string Cause => IsCrash || Class == ExitClass.Config ? CrashCause.Of(Class) : "";
}

/// <summary>Turns the end of a process into its meaning. Pure.</summary>
public static class ExitClassification
{
    private const int ExitedBySegfault = 128 + Signals.SegmentationFault;
    private const int ExitedByAbort = 128 + Signals.Abort;
    private const int ExitedByKill = 128 + Signals.Kill;
    private const int ExitedByTimeout = 124;

    /// <param name="end">How it ended.</param>
    /// <param name="timedOut">We ended it because its time was over.</param>
    /// <param name="killedByUs">We ended it for any other reason than time.</param>
    /// <param name="memoryLimit">Bytes that it was allowed; null when unlimited or unknown.</param>
    public static ExitMeaning Of(ProcessEnd end, bool timedOut, bool killedByUs, long? memoryLimit)
    {
        if (timedOut)
        {
            return new(ExitClass.Timeout, "clw-task-timeout", ExitedByTimeout, IsCrash: false, "ended because its time was over");
        }
        if (killedByUs)
        {
            return new(ExitClass.Stopped, "", end.ShellCode, IsCrash: false, "ended because that was asked for");
        }
        // A shell or a wrapper between reports a signal of what it ran as an exit code.
        return (end.Signal, end.ExitCode) switch
        {
            (null, 0) => new(ExitClass.Success, "", 0, IsCrash: false, "ended well"),
            (Signals.Kill, _) or (null, ExitedByKill) => Kill(end, memoryLimit),
            (Signals.SegmentationFault, _) or (null, ExitedBySegfault) => Crash(ExitClass.Segfault, end, "a memory error"),
            (Signals.Abort, _) or (null, ExitedByAbort) => Crash(ExitClass.Abort, end, "it gave itself up"),
            ({ } signal, _) when signal == Signals.Bus => Crash(ExitClass.Segfault, end, "a memory error"),
            ({ } signal, _) => Crash(ExitClass.Signalled, end, Signals.Name(signal)),
            // Reaped by somebody else: that it ended is all that is known.
            (null, null) => new(ExitClass.Signalled, "clw-worker-crash", 128, IsCrash: true, "ended, nobody knows how"),
            (null, { } code) => new(ExitClass.Failure, "clw-task-failed", code, IsCrash: false, $"ended with exit code {code}"),
        };
    }

    /// <summary>
    /// The end of one of our own programs (manager, worker, runner): what ends before it was ready could not start
    /// (<c>clw-init-fail</c>), and exit codes 2, 6 and 7 (use, settings, port or disk) then mean that another start would end alike.
    /// </summary>
    public static ExitMeaning OfProgram(ProcessEnd end, bool wasReady, bool stopped)
    {
        var meaning = Of(end, timedOut: false, stopped, memoryLimit: null);
        return (meaning.Class, wasReady) switch
        {
            (ExitClass.Failure, false) when end.ExitCode is 2 or 6 or 7 => meaning with
            {
                Class = ExitClass.Config,
                Code = "clw-init-fail",
            },
            (ExitClass.Failure, false) => meaning with { Code = "clw-init-fail" },
            (ExitClass.Failure, true) => meaning with
            {
                Code = "clw-worker-crash",
                IsCrash = true,
                Sentence = $"Exit code: {end.ExitCode}",
            },
            _ => meaning,
        };
    }

    /// <summary>The end of a plugin's program, when it has one of its loader's words in its last lines: it was never loaded.</summary>
    public static ExitMeaning OfLoaded(ExitMeaning meaning, IEnumerable<string>? lastLines) =>
        meaning.Class == ExitClass.Failure && Crashes.LoaderFailure.Of(meaning.ShellCode, lastLines ?? []) is { } why
            ? meaning with
            {
                Class = ExitClass.Library,
                Code = "clw-worker-crash",
                IsCrash = true,
                Sentence = $"could not be loaded (exit code {meaning.ShellCode}): {why}",
            }
            : meaning;

    private static ExitMeaning Kill(ProcessEnd end, long? memoryLimit) =>
        memoryLimit is { } limit && end.PeakMemoryBytes >= limit
            ? new(
                ExitClass.OutOfMemory,
                "clw-memory-exhaust",
                ExitedByKill,
                IsCrash: true,
                $"ended for lack of memory: it held {Megabytes(end.PeakMemoryBytes)} of {Megabytes(limit)} allowed"
            )
            : Crash(ExitClass.Killed, end, "the kernel for lack of memory, or somebody");

    private static ExitMeaning Crash(ExitClass kind, ProcessEnd end, string cause)
    {
        var signal = end.Signal ?? end.ShellCode - 128;
        return new(
            kind,
            "clw-worker-crash",
            128 + signal,
            IsCrash: true,
            $"Exit code: {128 + signal}, Signal: {signal} ({Signals.Name(signal)}): {cause}"
        );
    }

    private static string Megabytes(long bytes) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
