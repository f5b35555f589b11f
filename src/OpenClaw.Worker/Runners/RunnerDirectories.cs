using System.Globalization;

namespace OpenClaw.Worker.Runners;

/// <summary>
/// A working directory for each runner: the kernel writes its core there, and two that crash at once must not write into one file. What an
/// earlier incarnation left is removed. Thread-safe: spares are started beside the worker's loop.
/// </summary>
internal sealed class RunnerDirectories
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string root;
    private long started;

    public RunnerDirectories(string root)
    {
        this.root = root;
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }

        _ = Directory.CreateDirectory(root, OwnerOnly);
    }

    /// <summary>A new one. Null when the disk refuses: the runner starts where we are, and a core of it is not found.</summary>
    public string? Next()
    {
        try
        {
            return Directory
                .CreateDirectory(Path.Combine(root, Interlocked.Increment(ref started).ToString(CultureInfo.InvariantCulture)), OwnerOnly)
                .FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The runner is gone, and soon so is what it left: a core may be large, so nobody waits for it.</summary>
    public static void Remove(string directory)
    {
        if (directory.Length > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(Delete, directory, preferLocal: false);
        }
    }

    private static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed with the next start of the worker.
        }
    }
}
