namespace OpenClaw.Abi.Processes;

/// <summary>
/// Why a process crashed, by the names that crash reports, the label <c>cause</c> of metrics and statistics use. Nobody else spells them.
/// </summary>
public static class CrashCause
{
    /// <summary>SIGSEGV or SIGBUS (139, 135): a memory error.</summary>
    public const string Segfault = "segfault";

    /// <summary>SIGABRT (134): the program gave itself up.</summary>
    public const string Abort = "abort";

    /// <summary>It held more memory than it was allowed, or the kernel had none left.</summary>
    public const string OutOfMemory = "out_of_memory";

    /// <summary>SIGKILL (137) from somebody.</summary>
    public const string Killed = "killed";

    /// <summary>Any other signal.</summary>
    public const string Signal = "signal";

    /// <summary>A wrong setting or use.</summary>
    public const string Configuration = "configuration";

    /// <summary>It could not be loaded: a library is missing or does not fit, or it is made for another machine.</summary>
    public const string Library = "library";

    /// <summary>It ended by an exit code of its own where it must not end.</summary>
    public const string Exit = "exit";

    /// <summary>All of them, in the order in which people look for them.</summary>
    public static IReadOnlyList<string> All { get; } = [Segfault, OutOfMemory, Abort, Killed, Signal, Configuration, Library, Exit];

    /// <summary>
    /// The name for the end of a process that must not have ended: a good exit code is a crash too where an answer was due. What was
    /// ended by us has none: empty.
    /// </summary>
    public static string Of(ExitClass kind) =>
        kind switch
        {
            ExitClass.Segfault => Segfault,
            ExitClass.Abort => Abort,
            ExitClass.OutOfMemory => OutOfMemory,
            ExitClass.Killed => Killed,
            ExitClass.Signalled => Signal,
            ExitClass.Config => Configuration,
            ExitClass.Library => Library,
            ExitClass.Failure or ExitClass.Success => Exit,
            _ => "",
        };

    /// <summary>Whether somebody else's text is one of the names.</summary>
    public static bool IsKnown(string name) => All.Contains(name, StringComparer.Ordinal);
}
