using System.Text;
using OpenClaw.Abi.Files;
using OpenClaw.Abi.Supervision;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Supervision;

/// <summary>Where plans and the first words of children are kept while something runs. Removing it while stopped is always safe.</summary>
internal static class RunDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The directory <c>run</c> below another, made if need be, 0700.</summary>
    public static string Take(string parent)
    {
        try
        {
            // The data directory, when it is new: 0700 as the store itself makes it, for we come before the store.
            System.IO.Directory.CreateDirectory(parent, OwnerOnly);
            return System.IO.Directory.CreateDirectory(Path.Combine(parent, "run"), OwnerOnly).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(parent, e);
        }
    }

    /// <summary>
    /// Takes a run directory for one cluster: what stands in it belongs to who runs. Null when another process has it, whose number is
    /// <paramref name="owner"/> if it is known.
    /// </summary>
    public static DirectoryLock? Hold(string directory, out int? owner)
    {
        try
        {
            return DirectoryLock.Take(directory, out owner);
        }
        catch (IOException e)
        {
            throw Unwritable(directory, e);
        }
    }

    /// <summary>Writes a plan, 0600, whole or not at all. Its path.</summary>
    public static string Write(string directory, SupervisorPlan plan)
    {
        var path = Path.Combine(directory, plan.Name + ".json");
        try
        {
            OwnFile.Write(path, Encoding.UTF8.GetBytes(plan.ToJson()));
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(directory, e);
        }
    }

    private static FailureException Unwritable(string directory, Exception e) =>
        new Failure(Catalogue.StoreUnwritable, $"{directory} cannot be written: {e.Message}").AsException(e);
}
