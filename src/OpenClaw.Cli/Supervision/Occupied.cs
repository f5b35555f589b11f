using System.Globalization;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Supervision;

/// <summary>
/// Looks, before a program is started, whether another one has its directory: then one line says who, and nothing is started that would
/// find it out by itself and be started again. The program takes the directory for itself; this is only about the words.
/// </summary>
internal static class Occupied
{
    /// <summary>Throws <c>clw-store-in-use</c> when another process has the directory's lock.</summary>
    /// <param name="directory">Need not exist.</param>
    /// <param name="next">What to do in place of that.</param>
    /// <param name="at">Where the one that has it listens, if that is known.</param>
    public static void Check(string directory, string next, HostPort? at = null)
    {
        int? owner;
        try
        {
            if (!File.Exists(Path.Combine(directory, DirectoryLock.FileName)))
            {
                return;
            }

            using var free = DirectoryLock.Take(directory, out owner);
            if (free is not null)
            {
                return;
            }
        }
        catch (IOException)
        {
            // Whoever starts there says what ails it.
            return;
        }

        throw new Failure(
            Catalogue.StoreInUse,
            $"{directory} is in use by {NameOf(owner)}{(at is { } where ? $" at {where}" : "")}; nothing was started",
            next
        )
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["directory"] = directory,
                ["pid"] = owner?.ToString(CultureInfo.InvariantCulture) ?? "",
            },
        }.AsException();
    }

    // clw-worker, process 4711
    private static string NameOf(int? process)
    {
        if (process is not { } id)
        {
            return "another process";
        }

        var name = "";
        try
        {
            name = !OperatingSystem.IsLinux()
                ? ""
                : File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/comm")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not told here: its number is enough to find it.
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(name.Length > 0 ? name : "another program")}, process {id}");
    }
}
