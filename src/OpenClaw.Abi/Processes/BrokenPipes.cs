namespace OpenClaw.Abi.Processes;

/// <summary>What SIGPIPE, the signal of a pipe that nobody reads any more, does to this process: never its end. Writing then fails instead.</summary>
public static class BrokenPipes
{
    /// <summary>
    /// Ignores it. .NET does so by itself in an ordinary program, and as machine code only once something needs it. Children that are
    /// started by <see cref="ChildProcess"/> have it back.
    /// </summary>
    public static void Ignore() => _ = Native.signal(Signals.Pipe, 1);

    /// <summary>
    /// The same, for a process whose own code may start others in ways that we do not see (a script's <c>os.execute</c>): what is ignored
    /// stays ignored in them, what is handled does not, and shells expect that <c>yes | head -1</c> ends.
    /// </summary>
    public static void IgnoreHereAlone()
    {
        // A handler in managed code could be called at any moment of any thread, and may not be. This one of the C library takes a
        // number, looks at it and gives it back.
        var nothing = (nint)0;
        try
        {
            nothing = Native.dlsym(Native.RTLD_DEFAULT, "abs");
        }
        catch (EntryPointNotFoundException)
        {
            // Before glibc 2.34 it stood in a library of its own.
        }
        // 1 ignores it.
        _ = Native.signal(Signals.Pipe, nothing == 0 ? 1 : nothing);
    }
}
