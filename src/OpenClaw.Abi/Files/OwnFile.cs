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
    public static void Write(string path, ReadOnlySpan<byte> content, bool groupReads = false)
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
                if (groupReads && !OperatingSystem.IsWindows())
                {
                    // Whatever the umask takes from a new file.
                    File.SetUnixFileMode(stream.SafeFileHandle, OwnerOnly | UnixFileMode.GroupRead);
                }

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
