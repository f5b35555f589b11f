namespace OpenClaw.Abi.Files;

/// <summary>Finds programs as a shell does: by name, in the directories of <c>PATH</c>. Relative directories do not count.</summary>
public static class SearchPath
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The first program of that name that may be executed; null when there is none.</summary>
    /// <param name="program">A name without a slash.</param>
    /// <param name="directories">The value of <c>PATH</c>; null: no directories.</param>
    public static string? Find(string program, string? directories) =>
        (directories ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted)
            .Select(d => Path.Join(d, program))
            .FirstOrDefault(IsProgram);

    /// <summary>Whether this process' <c>PATH</c> has the program; without the variable, the directories that every system has.</summary>
    public static bool Has(string program) => Find(program, Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin") is not null;

    private static bool IsProgram(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != 0);
}
