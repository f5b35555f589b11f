using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Abi.Files;

/// <summary>
/// Files that belong to their owner alone: tokens, identities, addresses, plans. Some of them may be read by the owner's group too,
/// where that is the service's (<see cref="ServiceGroup"/>).
/// </summary>
public static class OwnFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes a file, 0600 (0640 when the group reads it), whole or not at all: written beside, synced, and renamed over what was there. A crash leaves the old file,
    /// and at worst a stray one beside it that nobody reads.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; nothing has changed.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, bool groupReads = false) =>
        Write(path, content, groupReads ? OwnerOnly | UnixFileMode.GroupRead : OwnerOnly, null);

    /// <summary>As <see cref="Write(string, ReadOnlySpan{byte}, bool)"/>, 0644: for what is no secret.</summary>
    /// <exception cref="IOException">It cannot be written; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; nothing has changed.</exception>
    public static void WritePublic(string path, ReadOnlySpan<byte> content) =>
        Write(path, content, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead, null);

    /// <summary>
    /// As <see cref="Write(string, ReadOnlySpan{byte}, bool)"/>, for a secret that root gives to the installed service: 0640, in its group.
    /// Where there is no such service, or we are not root, it is the owner's alone.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; nothing has changed.</exception>
    public static void WriteForService(string path, ReadOnlySpan<byte> content)
    {
        var group = Environment.IsPrivilegedProcess ? ServiceGroup.Id() : null;
        Write(path, content, group is null ? OwnerOnly : OwnerOnly | UnixFileMode.GroupRead, group);
    }

    private static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode, uint? group)
    {
        // Named by the writer: two of them do not take each other's half for their own.
        var partial = $"{path}.{Environment.ProcessId}.new";
        File.Delete(partial);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            using (var stream = new FileStream(partial, options))
            {
                Share(stream.SafeFileHandle, mode, group);
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    // By the handle and never by the name: who may write in the directory could put a link to something else there meanwhile.
    private static void Share(SafeFileHandle handle, UnixFileMode mode, uint? group)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const uint same = uint.MaxValue;
        if (group is { } number && Native.fchown((int)handle.DangerousGetHandle(), same, number) != 0)
        {
            throw new IOException($"the file cannot be given to the group {ServiceGroup.Name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        if (mode != OwnerOnly)
        {
            // Whatever the umask takes from a new file.
            File.SetUnixFileMode(handle, mode);
        }
    }

    /// <summary>
    /// Takes every right away from everybody but the owner, if somebody has one (the group keeps reading when it may). Gives the mode that the file had, as <c>ls</c> counts
    /// it (0644); null when it was in order or is not there.
    /// </summary>
    /// <exception cref="IOException">The mode cannot be changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is not ours.</exception>
    public static string? Narrow(string path, bool groupReads = false)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
        {
            return null;
        }

        var mode = File.GetUnixFileMode(path);
        var allowed = OwnerOnly | (groupReads ? UnixFileMode.GroupRead : 0);
        if ((mode & ~(allowed | UnixFileMode.UserExecute)) == 0)
        {
            return null;
        }

        File.SetUnixFileMode(path, mode & allowed);
        return "0" + Convert.ToString((int)mode, 8);
    }
}
