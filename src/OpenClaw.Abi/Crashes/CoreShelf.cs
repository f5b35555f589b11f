using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Abi.Crashes;

/// <summary>Where a core ended up.</summary>
/// <param name="Path">Null: it is not kept.</param>
/// <param name="Bytes">What it has.</param>
/// <param name="Note">Why it is not kept, or not where it should be; null: nothing to say.</param>
public readonly record struct KeptCore(string? Path, long Bytes, string? Note);

/// <summary>
/// The place where cores are kept, bounded in number and size. Usually /tmp, where others write too: a name is taken only when nobody has
/// it, no link is followed, and what is not ours is never touched.
/// </summary>
/// <param name="Template">The path, with <c>%p</c> in its last part for the process.</param>
/// <param name="MaxBytes">A larger core is not kept.</param>
/// <param name="MostFiles">How many are kept.</param>
/// <param name="MostBytes">What they may have together on the disk.</param>
public sealed record CoreShelf(string Template, long MaxBytes, int MostFiles, long MostBytes)
{
    public const string DefaultTemplate = "/tmp/clw-core.%p";
    private const string Process = "%p";
    private const int OtherNames = 9;
    private const int ExistsError = 17;
    private const int OtherDeviceError = 18;

    /// <summary>Null when the template can be used, else what it has to be.</summary>
    public static string? WhyNot(string template) =>
        !Path.IsPathRooted(template) ? "must be an absolute path"
        : template.Split(Process).Length != 2 || !Path.GetFileName(template).Contains(Process, StringComparison.Ordinal)
            ? "must have %p, which stands for the process, once and in its last part"
        : Path.GetFileName(template).Length < Process.Length + 3 ? "must have a name of its own beside %p, such as /tmp/clw-core.%p"
        : null;

    public string DirectoryPath => Path.GetDirectoryName(Template) ?? "/";

    public string PathFor(int pid) => Template.Replace(Process, pid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Whether a file name (without directory) is one that this shelf gives.</summary>
    public bool IsOurs(string name) =>
        Regex.IsMatch(
            name,
            $"^{Regex.Escape(Path.GetFileName(Template)).Replace(Process, "[0-9]+", StringComparison.Ordinal)}(\\.[1-9])?$",
            RegexOptions.CultureInvariant,
            TimeSpan.FromSeconds(1)
        );

    /// <summary>
    /// Moves a core here. It is a plain file of ours in a directory that others cannot write to; it is gone from there afterwards, kept
    /// or not.
    /// </summary>
    public KeptCore Keep(string source, int pid)
    {
        // A core has holes, of a .NET process mostly: what it takes on the disk is what counts.
        var length = new FileInfo(source).Length;
        var bytes = Math.Min(length, Status.Of(source)?.DiskBytes ?? length);
        try
        {
            if (bytes > MaxBytes)
            {
                File.Delete(source);
                return new(
                    null,
                    bytes,
                    $"its core of {ByteSize.Text(bytes)} is larger than task.core_max_bytes allows ({ByteSize.Text(MaxBytes)})"
                );
            }

            File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _ = Directory.CreateDirectory(DirectoryPath);
            Prune(MostFiles - 1, MostBytes - bytes);
            var wanted = PathFor(pid);
            for (var i = 0; i <= OtherNames; i++)
            {
                var path = i == 0 ? wanted : string.Create(CultureInfo.InvariantCulture, $"{wanted}.{i}");
                if (Place(source, path))
                {
                    return new(path, bytes, i == 0 ? null : $"{wanted} belongs to somebody else");
                }
            }

            return new(source, bytes, $"it stays where it is: {wanted} and its like belong to somebody else");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return File.Exists(source)
                ? new(source, bytes, $"it stays where it is: {e.Message}")
                : new(null, bytes, $"it could not be kept: {e.Message}");
        }
    }

    /// <summary>Removes the oldest of our cores until the rest is within the bounds.</summary>
    public void Prune(int mostFiles, long mostBytes)
    {
        var ours = new List<(string Path, long Bytes, DateTime At)>();
        foreach (var path in Directory.EnumerateFiles(DirectoryPath))
        {
            if (IsOurs(Path.GetFileName(path)) && Status.Of(path) is { IsOurPlainFile: true } status)
            {
                ours.Add((path, status.DiskBytes, File.GetLastWriteTimeUtc(path)));
            }
        }

        var together = 0L;
        var kept = 0;
        foreach (var core in ours.OrderByDescending(c => c.At))
        {
            together += core.Bytes;
            if (++kept > mostFiles || together > mostBytes)
            {
                File.Delete(core.Path);
            }
        }
    }

    /// <summary>Opens a plain file of ours for reading without following a link; null for anything else.</summary>
    public static SafeFileHandle? OpenOwn(string path)
    {
        if (Status.Of(path) is not { IsOurPlainFile: true })
        {
            return null;
        }

        var handle = Open(path, Flags.NoFollow | Flags.CloseOnExec, 0);
        if (handle.IsInvalid)
        {
            handle.Dispose();
            return null;
        }

        return handle;
    }

    // True: it is there now, and the source is gone. False: the name is somebody else's.
    private static bool Place(string source, string path)
    {
        for (var again = false; ; again = true)
        {
            // A link takes the name only if it is free, and follows nothing.
            var error = Link(source, path);
            if (error == 0)
            {
                File.Delete(source);
                return true;
            }

            if (error != ExistsError)
            {
                // Another disk, or one without links.
                return Copy(source, path);
            }

            // An older core of a process with the same number makes room; anything else does not.
            if (again || Status.Of(path) is not { IsOurPlainFile: true })
            {
                return false;
            }

            File.Delete(path);
        }
    }

    private static bool Copy(string source, string path)
    {
        using var from = File.OpenHandle(source);
        using var to = Open(path, Flags.WriteOnly | Flags.Create | Flags.Exclusive | Flags.NoFollow | Flags.CloseOnExec, 0x180);
        if (to.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == ExistsError ? false : throw new IOException($"{path} cannot be made: {new Win32Exception(error).Message}");
        }

        try
        {
            var buffer = new byte[256 * 1024];
            long at = 0;
            while (NextData(from, at) is { } data && RandomAccess.Read(from, buffer, data) is var count and > 0)
            {
                RandomAccess.Write(to, buffer.AsSpan(0, count), data);
                at = data + count;
            }

            RandomAccess.SetLength(to, RandomAccess.GetLength(from));
        }
        catch (IOException)
        {
            File.Delete(path);
            throw;
        }

        File.Delete(source);
        return true;
    }

    // Behind a hole; null when there is nothing more. A file system that knows of no holes gives the place itself.
    private static long? NextData(SafeFileHandle file, long at)
    {
        var seekData = Native.IsMac ? 4 : 3;
        var found = Native.lseek((int)file.DangerousGetHandle(), (nint)at, seekData);
        return found >= 0 ? (long)found : null;
    }

    private static unsafe int Link(string source, string path)
    {
        fixed (byte* from = Encoding.UTF8.GetBytes(source + '\0'))
        fixed (byte* to = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return Native.link(from, to) == 0 ? 0
                : Marshal.GetLastPInvokeError() is ExistsError ? ExistsError
                : OtherDeviceError;
        }
    }

    private static unsafe SafeFileHandle Open(string path, int flags, int mode)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return new SafeFileHandle(Native.open(name, flags, mode), ownsHandle: true);
        }
    }

    private static class Flags
    {
        public const int WriteOnly = 1;
        public static readonly int Create = Native.IsMac ? 0x200 : 0x40;
        public static readonly int Exclusive = Native.IsMac ? 0x800 : 0x80;

        // One of the few flags that differ between processors under Linux.
        public static readonly int NoFollow =
            Native.IsMac ? 0x100
            : RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000
            : 0x20000;
        public static readonly int CloseOnExec = Native.O_CLOEXEC;
    }

    /// <summary>What a name is, without following it (statx(2), whose layout is the same on every processor).</summary>
    private readonly record struct Status(bool IsOurPlainFile, long DiskBytes)
    {
        public static unsafe Status? Of(string path)
        {
            if (!Native.IsLinux)
            {
                return new FileInfo(path) is { Exists: true, LinkTarget: null } file ? new Status(true, file.Length) : null;
            }

            const int here = -100; // AT_FDCWD
            const int noFollow = 0x100; // AT_SYMLINK_NOFOLLOW
            const uint basic = 0x7ff; // STATX_BASIC_STATS
            const int plainFile = 0x8000;
            var buffer = stackalloc byte[256];
            fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            {
                if (Native.statx(here, name, noFollow, basic, buffer) != 0)
                {
                    return null;
                }
            }

            var links = *(uint*)(buffer + 16);
            var owner = *(uint*)(buffer + 20);
            var mode = *(ushort*)(buffer + 28);
            var blocks = *(long*)(buffer + 48);
            return new Status((mode & 0xF000) == plainFile && owner == Native.geteuid() && links == 1, blocks * 512);
        }
    }
}
