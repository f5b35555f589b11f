using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace OpenClaw.Abi.Files;

/// <summary>What is left on the file system of a directory, for users who are not root.</summary>
/// <param name="FreeBytes">Bytes that may still be written.</param>
/// <param name="TotalBytes">Bytes that it holds in all.</param>
/// <param name="FreeInodes">Files that may still be made.</param>
/// <param name="TotalInodes">0 where files are not counted.</param>
public readonly partial record struct DiskRoom(long FreeBytes, long TotalBytes, long FreeInodes, long TotalInodes)
{
    // struct statvfs of 64-bit Linux: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail, each 8 bytes.
    private const int StructureBytes = 256;

    /// <summary>Null when the system does not tell.</summary>
    public static unsafe DiskRoom? Of(string directory)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            return Plain(directory);
        }

        var words = stackalloc ulong[StructureBytes / sizeof(ulong)];
        fixed (byte* path = Encoding.UTF8.GetBytes(directory + '\0'))
        {
            return statvfs(path, words) == 0
                ? new DiskRoom((long)(words[4] * words[1]), (long)(words[2] * words[1]), (long)words[7], (long)words[5])
                : null;
        }
    }

    private static DiskRoom? Plain(string directory)
    {
        try
        {
            var drive = new DriveInfo(directory);
            return new DiskRoom(drive.AvailableFreeSpace, drive.TotalSize, 0, 0);
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statvfs(byte* path, ulong* room);
}
