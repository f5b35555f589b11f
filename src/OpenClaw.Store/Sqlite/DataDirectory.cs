using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OpenClaw.Core.Errors;

namespace OpenClaw.Store.Sqlite;

/// <summary>The data directory and the database file in it: made for their owner alone, and made durable.</summary>
internal static unsafe class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Make(string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            if (Path.GetDirectoryName(directory) is { } parent)
            {
                Sync(parent);
            }
        }
    }

    /// <summary>SQLite gives its log and index the mode of the database file.</summary>
    public static void MakeFile(string path)
    {
        if (!File.Exists(path))
        {
            using var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            );
        }
    }

    /// <summary>Makes the names in a directory durable: without it a power loss may take a new file although its content was synced.</summary>
    public static void Sync(string directory)
    {
        int descriptor;
        fixed (byte* name = Encoding.UTF8.GetBytes(directory + '\0'))
        {
            descriptor = open(name, 0, 0);
        }

        if (descriptor < 0)
        {
            return; // A directory that may be entered and not read cannot be synced by anybody but its owner.
        }

        var failed = fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() == 5; // EIO; others mean that the file system has no such sync
        _ = close(descriptor);
        if (failed)
        {
            throw new IOException($"The directory {directory} cannot be synced.");
        }
    }

    /// <summary>Another process has the directory's lock.</summary>
    public static Failure InUse(string directory, int? owner)
    {
        var pid = owner?.ToString(CultureInfo.InvariantCulture) ?? "?";
        return new(Catalogue.StoreInUse, $"{directory} is used by process {pid}")
        {
            Data = new Dictionary<string, string> { ["pid"] = pid, ["directory"] = directory },
        };
    }

    public static Failure ToFailure(Exception error, string directory)
    {
        const int noSpace = 28;
        const int quota = 122;
        return error.HResult is noSpace or quota
            ? new Failure(Catalogue.StoreFull, $"the disk of {directory} is full")
            : new Failure(Catalogue.StoreUnwritable, $"{directory} cannot be written: {error.Message}");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
