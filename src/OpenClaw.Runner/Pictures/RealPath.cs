using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Runner.Pictures;

/// <summary>Where a path really leads: links and <c>..</c> resolved by the system.</summary>
internal static unsafe partial class RealPath
{
    private const int NoEntry = 2;
    private const int NoDirectory = 20;

    /// <summary>The real path; null when there is nothing.</summary>
    /// <exception cref="IOException">It cannot be known: a loop of links, a directory that must not be searched.</exception>
    public static string? Of(string path)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
        {
            var resolved = realpath(text, null);
            if (resolved is null)
            {
                var error = Marshal.GetLastPInvokeError();
                return error is NoEntry or NoDirectory ? null : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
            }
            try
            {
                return Marshal.PtrToStringUTF8((nint)resolved);
            }
            finally
            {
                free(resolved);
            }
        }
    }

    /// <summary>The real path of what is there, and the rest as written: where a file that does not exist would be.</summary>
    public static string OfMissing(string path)
    {
        var full = Path.GetFullPath(path);
        var rest = "";
        for (var part = full; part is not null; part = Path.GetDirectoryName(part))
        {
            if (Of(part) is { } real)
            {
                return rest.Length == 0 ? real : Path.Join(real, rest);
            }
            rest = rest.Length == 0 ? Path.GetFileName(part) : Path.Join(Path.GetFileName(part), rest);
        }
        return full;
    }

    /// <summary>Opens a regular file for reading without ever waiting for one.</summary>
    /// <exception cref="IOException">It cannot be opened, or is no regular file.</exception>
    public static SafeFileHandle OpenFile(string real)
    {
        int descriptor;
        fixed (byte* text = Encoding.UTF8.GetBytes(real + "\0"))
        {
            // A named pipe would make us wait for its other end: O_NONBLOCK. The path is real, so a link now is a trick: O_NOFOLLOW.
            var flags = OperatingSystem.IsMacOS() ? 0x4 | 0x100 | 0x1000000 : 0x800 | NoFollow | 0x80000;
            descriptor = open(text, flags);
        }
        if (descriptor < 0)
        {
            throw new IOException($"{real}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            // Whoever may change the directories could have done so since the path was looked at: what was opened decides.
            if (OperatingSystem.IsLinux() && Of($"/proc/self/fd/{descriptor}") is { } opened && opened != real)
            {
                throw new IOException($"{real} was moved while it was opened");
            }
            if (!File.Exists(real))
            {
                throw new IOException($"{real} is no file");
            }
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A directory, held: the path given back leads to this very one, whatever is done to its name meanwhile, as long as the handle lives.
    /// </summary>
    /// <exception cref="IOException">It cannot be opened, or is not where its real path was.</exception>
    public static (SafeFileHandle Held, string Path) HoldDirectory(string real)
    {
        int descriptor;
        fixed (byte* text = Encoding.UTF8.GetBytes(real + "\0"))
        {
            var arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
            var flags = OperatingSystem.IsMacOS() ? 0x100000 | 0x100 | 0x1000000 : (arm ? 0x4000 : 0x10000) | NoFollow | 0x80000;
            descriptor = open(text, flags);
        }
        if (descriptor < 0)
        {
            throw new IOException($"{real}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (!OperatingSystem.IsLinux())
        {
            return (handle, real);
        }
        var path = $"/proc/self/fd/{descriptor}";
        try
        {
            return Of(path) == real ? (handle, path) : throw new IOException($"{real} was moved while it was opened");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* realpath(byte* path, byte* into);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc")]
    private static partial void free(void* block);
}
