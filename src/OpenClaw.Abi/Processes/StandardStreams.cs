using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>The three descriptors that every program expects to have.</summary>
public static class StandardStreams
{
    /// <summary>None of them is closed.</summary>
    public static bool AreOpen =>
        Native.fcntl(0, Native.F_GETFD, 0) >= 0 && Native.fcntl(1, Native.F_GETFD, 0) >= 0 && Native.fcntl(2, Native.F_GETFD, 0) >= 0;

    /// <summary>
    /// A program that is started with one of them closed (<c>clw worker &lt;&amp;- &gt;&amp;-</c>) gets its number for the next file that it
    /// opens, and prints into that: into a database, or into the runtime's own wiring. Starts the program again with <c>/dev/null</c> there,
    /// in this same process; for reading alone, so that who writes there learns that it is lost, as with a closed one. Call it before
    /// anything else. Does nothing when all three are open.
    /// </summary>
    public static void Require()
    {
        Span<int> missing = stackalloc int[3];
        var count = 0;
        for (var number = 0; number <= 2; number++)
        {
            var flags = Native.fcntl(number, Native.F_GETFD, 0);
            // What came from our parent is not close-on-exec, or it would not have come; the runtime's own is.
            if (flags < 0 || (flags & Native.FD_CLOEXEC) != 0)
            {
                missing[count++] = number;
            }
        }
        if (count > 0 && CommandLine() is { } words && Environment.ProcessPath is { } program)
        {
            StartAgain(program, words, missing[..count]);
        }
    }

    private static void StartAgain(string program, IReadOnlyList<string> words, ReadOnlySpan<int> missing)
    {
        SafeFileHandle copy;
        try
        {
            using var opened = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            // Above the three: it may itself have got one of their numbers.
            copy = Descriptors.Duplicate(opened);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
        using (copy)
        {
            foreach (var number in missing)
            {
                Descriptors.Redirect(copy, number);
            }
            // From here on the runtime may have lost what it had at these numbers: there is no way but forward.
            var error = Exec.Replace(program, words, ChildStart.InheritedEnvironment());
            Environment.FailFast($"{program} cannot be started again: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    /// <summary>All words, the name of the program in front as it was given; null where the system does not tell.</summary>
    private static string[]? CommandLine()
    {
        try
        {
            // Each word ends with a NUL.
            return Native.IsLinux
                ? Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[..^1]
                : [Environment.ProcessPath ?? "", .. Environment.GetCommandLineArgs().Skip(1)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
