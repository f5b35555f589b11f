namespace OpenClaw.Abi.Processes;

/// <summary>Signals by number. The named ones are alike on Linux and macOS.</summary>
public static class Signals
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Abort = 6;
    public const int Kill = 9;
    public const int SegmentationFault = 11;
    public const int Pipe = 13;
    public const int Terminate = 15;

    /// <summary>SIGXCPU: the process has used the processor time that it may (RLIMIT_CPU).</summary>
    public const int CpuLimit = 24;

    /// <summary>SIGXFSZ: it wrote to a file beyond the size that it may (RLIMIT_FSIZE).</summary>
    public const int FileLimit = 25;
    public static readonly int Bus = OperatingSystem.IsMacOS() ? 10 : 7;
    public static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    public static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    /// <summary>Sends a signal; false when there is no such process, or when it is somebody else's.</summary>
    public static bool Send(int pid, int signal) => Native.kill(pid, signal) == 0;

    private static readonly string[] LinuxNames =
    [
        "",
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];

    private static readonly string[] MacNames =
    [
        "",
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGEMT",
        "SIGFPE",
        "SIGKILL",
        "SIGBUS",
        "SIGSEGV",
        "SIGSYS",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGURG",
        "SIGSTOP",
        "SIGTSTP",
        "SIGCONT",
        "SIGCHLD",
        "SIGTTIN",
        "SIGTTOU",
        "SIGIO",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGINFO",
        "SIGUSR1",
        "SIGUSR2",
    ];

    /// <summary><c>SIGSEGV</c> for 11; <c>signal 40</c> for one without a name.</summary>
    public static string Name(int signal)
    {
        var names = Native.IsMac ? MacNames : LinuxNames;
        return signal > 0 && signal < names.Length
            ? names[signal]
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"signal {signal}");
    }
}
