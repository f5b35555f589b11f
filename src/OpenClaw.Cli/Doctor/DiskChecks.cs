using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;
using static OpenClaw.Cli.Doctor.KernelChecks;

namespace OpenClaw.Cli.Doctor;

/// <summary>Room on the disks of our directories, and whether we may write there.</summary>
internal static class DiskChecks
{
    private const long BytesWarn = 1L << 30;
    private const long BytesFail = 100L << 20;
    private const double InodesWarn = 0.05;

    /// <summary>Looks at one directory, or at what it will be made in.</summary>
    /// <param name="what">data, state or log.</param>
    /// <param name="directory">Absolute.</param>
    /// <param name="writable">Whether this user may write there, or make it.</param>
    public static Finding Look(string what, string directory, bool writable)
    {
        var existing = directory;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        return Judge($"disk {what}", directory, writable, Directory.Exists(directory), DiskRoom.Of(existing));
    }

    /// <param name="check">The check's name.</param>
    /// <param name="directory">As told to people.</param>
    /// <param name="writable">Whether this user may write there, or make it.</param>
    /// <param name="exists">Whether it is there already.</param>
    /// <param name="room">Null: the system does not tell.</param>
    public static Finding Judge(string check, string directory, bool writable, bool exists, DiskRoom? room)
    {
        if (room is not { } known)
        {
            return Finding.Skip(check, $"{directory}: the system does not tell how much room there is");
        }

        var text = $"{directory}: {Size(known.FreeBytes)} free{(exists ? "" : ", not made yet")}";
        if (known.FreeBytes < BytesFail)
        {
            return Finding.Fail(check, $"{text}: soon nothing can be stored", $"Make room on the disk of {directory}", Catalogue.StoreFull);
        }

        // File systems without a fixed number of inodes say 0.
        if (known.TotalInodes > 0 && known.FreeInodes < known.TotalInodes * InodesWarn)
        {
            var inodes = Text($"{directory}: {known.FreeInodes:N0} of {known.TotalInodes:N0} inodes free");
            var next = $"Remove small files on that disk; df -i {directory} tells how many there are";
            return known.FreeInodes == 0
                ? Finding.Fail(check, $"{inodes}: no file can be made", next, Catalogue.StoreFull)
                : Finding.Warn(check, $"{inodes}: soon no file can be made", next, Catalogue.StoreFull);
        }

        if (!writable)
        {
            return Finding.Warn(
                check,
                $"{text}, but this user may not write there: programs that it starts cannot use it",
                $"Run this as the user of the service (sudo -u {ServiceGroup.Name} clw doctor), or mend the rights of {directory}",
                Catalogue.StoreUnwritable
            );
        }

        return known.FreeBytes < BytesWarn
            ? Finding.Warn(check, $"{text}: little", $"Make room on the disk of {directory}", Catalogue.StoreFull)
            : Finding.Ok(check, text);
    }
}
