using OpenClaw.Abi.Supervision;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Supervision;

/// <summary>Where plans and the first words of children are kept while something runs. Removing it while stopped is always safe.</summary>
internal static class RunDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The directory <c>run</c> below another, made if need be, 0700.</summary>
    public static string Take(string parent)
    {
        try
        {
            // The data directory, when it is new: 0700 as the store itself makes it, for we come before the store.
            System.IO.Directory.CreateDirectory(parent, OwnerOnly | UnixFileMode.UserExecute);
            return System.IO.Directory.CreateDirectory(Path.Combine(parent, "run"), OwnerOnly | UnixFileMode.UserExecute).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(parent, e);
        }
    }

    /// <summary>Writes a plan, 0600, whole or not at all. Its path.</summary>
    public static string Write(string directory, SupervisorPlan plan)
    {
        var path = Path.Combine(directory, plan.Name + ".json");
        try
        {
            var partial = $"{path}.{Environment.ProcessId}";
            File.Delete(partial);
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            };
            using (var writer = new StreamWriter(partial, options))
            {
                writer.Write(plan.ToJson());
            }

            File.Move(partial, path, overwrite: true);
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
