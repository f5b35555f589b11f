using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.Abi.Processes;

/// <summary>The name that <c>ps</c>, <c>top</c> and <c>pgrep</c> show.</summary>
public static class ProcessName
{
    /// <summary>Sets it; 15 bytes at most are kept. Does nothing where there is no such thing (macOS).</summary>
    public static void Set(string name)
    {
        if (!Native.IsLinux)
        {
            return;
        }
        if (Environment.CurrentManagedThreadId == 1)
        {
            // Of the thread that asks, which is the first one.
            _ = Native.SetThreadName(name);
            return;
        }
        try
        {
            // The process shows the name of its first thread; this file sets that one's from every thread.
            using var file = new FileStream("/proc/self/comm", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            file.Write(Encoding.UTF8.GetBytes(name).AsSpan(0, Math.Min(15, Encoding.UTF8.GetByteCount(name))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc the old name stays. It is a convenience.
        }
    }
}

/// <summary>Dying with the parent.</summary>
public static class ParentDeath
{
    /// <summary>In a child's environment, where a parent wants it: the parent's process number, for <see cref="KillMe"/>.</summary>
    public const string Variable = "OPENCLAW_PARENT_PID";

    private const int SetParentDeathSignal = 1;

    /// <summary>The number of the process that started us, or that inherited us.</summary>
    public static int ParentId => Native.getppid();

    /// <summary>
    /// Asks the kernel to SIGKILL this process when its parent dies. Call on the first thread, or right before
    /// <see cref="Exec.Replace"/> on the same thread: the wish belongs to the thread. It survives an exec. False when the parent
    /// is gone already (<paramref name="expectedParent"/> is given and is no longer the parent): end at once. Without effect on
    /// macOS.
    /// </summary>
    public static bool KillMe(int? expectedParent = null)
    {
        if (Native.IsLinux)
        {
            _ = Native.prctl(SetParentDeathSignal, Signals.Kill, 0, 0, 0);
        }
        return expectedParent is null || Native.getppid() == expectedParent;
    }
}

/// <summary>Inheriting orphans.</summary>
public static class Subreaper
{
    private const int SetChildSubreaper = 36;

    /// <summary>
    /// Descendants whose parent dies become our children instead of init's; reap them with <see cref="Family.ReapAll"/>. False where
    /// there is no such thing (macOS).
    /// </summary>
    public static bool Enable() => Native.IsLinux && Native.prctl(SetChildSubreaper, 1, 0, 0, 0) == 0;
}

/// <summary>Under which name we were started: one executable answers to several.</summary>
public static class InvokedAs
{
    /// <summary>The last part of the first word of the command line, <c>clw-worker</c> for <c>/usr/bin/clw-worker</c>.</summary>
    public static string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The first word of the command line as it was given.</summary>
    public static string Path
    {
        get
        {
            try
            {
                // .NET gives the path of the program's library as its first argument, not the word that the caller used.
                var words = Native.IsLinux ? File.ReadAllBytes("/proc/self/cmdline") : [];
                var end = Array.IndexOf(words, (byte)0);
                if (end > 0)
                {
                    return Encoding.UTF8.GetString(words, 0, end);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // No /proc: what .NET knows must do.
            }
            return Environment.ProcessPath ?? Environment.GetCommandLineArgs()[0];
        }
    }
}

/// <summary>Becoming another program.</summary>
public static class Exec
{
    /// <summary>
    /// Replaces this process by a program; returns only when the system refuses, with its error number. Descriptors 0 to 2 stay, and
    /// those that <see cref="Descriptors.Redirect(SafeHandle, int)"/> set; all else that .NET opened is closed. Signals are set back
    /// to what a new program expects.
    /// </summary>
    /// <param name="path">The executable; no search along PATH.</param>
    /// <param name="arguments">Including the program's name in front.</param>
    /// <param name="environment">The whole environment, <c>NAME=value</c>.</param>
    public static unsafe int Replace(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        using var nativePath = new NativeText([path]);
        using var nativeArguments = new NativeText(arguments);
        using var nativeEnvironment = new NativeText(environment);
        var none = stackalloc byte[256];
        _ = Native.sigemptyset(none);
        // SIG_SETMASK is 2 on Linux and 3 on macOS. Handlers are undone by the exec itself; what is ignored would stay ignored.
        _ = Native.pthread_sigmask(Native.IsMac ? 3 : 2, none, null);
        var ignored = Native.signal(Signals.Pipe, 0);
        _ = Native.execve(nativePath.First, nativeArguments.Vector, nativeEnvironment.Vector);
        var error = Marshal.GetLastPInvokeError();
        _ = Native.signal(Signals.Pipe, ignored);
        return error;
    }
}
