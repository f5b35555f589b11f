using System.Runtime.InteropServices;

namespace OpenClaw.Hosting.Settings;

/// <summary>What loading needs to know of the machine; a test puts its own in place.</summary>
public interface IMachine
{
    /// <summary>Whether the process may do everything.</summary>
    bool IsRoot { get; }

    /// <summary>The home directory; null when there is none.</summary>
    string? Home { get; }

    bool FileExists(string path);

    bool DirectoryExists(string path);

    /// <summary>Whether files can be made in the directory, or the directory itself can be made.</summary>
    bool CanWrite(string directory);
}

/// <summary>The machine that we run on.</summary>
public sealed class Machine : IMachine
{
    private const int WriteAndSearch = 2 | 1;

    public static Machine Here { get; } = new();

    public bool IsRoot => Environment.IsPrivilegedProcess;

    public string? Home => Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home && Path.IsPathRooted(home) ? home : null;

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public bool CanWrite(string directory)
    {
        // The nearest directory that exists decides: what is below it can be made if it can be written.
        var path = Path.GetFullPath(directory);
        while (!Directory.Exists(path))
        {
            if (File.Exists(path) || Path.GetDirectoryName(path) is not { Length: > 0 } parent)
            {
                return false;
            }
            path = parent;
        }
        return Access(path, WriteAndSearch) == 0;
    }

    /// <summary>access(2): asks the kernel without leaving a trace, a file system mounted read-only included.</summary>
    [DllImport("libc", EntryPoint = "access", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
}
