using OpenClaw.Abi.Protocol;

namespace OpenClaw.Runner.Pictures;

/// <summary>
/// Where a task's pictures may be read and written. The path is the payload's, so it is held against directories after links and
/// <c>..</c> are resolved. Relative paths start in the task's output directory.
/// </summary>
/// <param name="OutputDirectory">May be empty: then there is none.</param>
internal sealed record PicturePaths(HostRights Rights, string OutputDirectory, string PluginDirectory)
{
    /// <summary>The real path of a file to be read; null when there is none.</summary>
    public (string? Path, Refusal? Refusal) ToRead(string path)
    {
        try
        {
            var absolute = Absolute(path);
            var real = RealPath.Of(absolute);
            // Asked about what it may not see, it says the same whether or not it is there.
            return IsBelow(real ?? RealPath.OfMissing(absolute), [OutputDirectory, PluginDirectory, .. Rights.ReadRoots])
                ? (real, null)
                : (null, NotAllowed("read", path, "task.read_roots"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, new Refusal(Refusal.PathRefused, e.Message));
        }
    }

    /// <summary>The path to be written. Its directory is real and exists; the file itself may be anything, as it is replaced.</summary>
    public (string? Path, Refusal? Refusal) ToWrite(string path)
    {
        try
        {
            if (OutputDirectory.Length == 0 && !Path.IsPathRooted(path))
            {
                return (null, new Refusal(Refusal.PathRefused, "this task has no output directory"));
            }
            var absolute = Absolute(path);
            var name = Path.GetFileName(absolute);
            if (name.Length == 0 || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal))
            {
                return (null, new Refusal(Refusal.PathRefused, $"{path} names no file"));
            }
            var directory = Path.GetDirectoryName(absolute) ?? "/";
            var real = RealPath.Of(directory);
            if (!IsBelow(real ?? RealPath.OfMissing(directory), [OutputDirectory, .. Rights.WriteRoots]))
            {
                return (null, NotAllowed("write", path, "task.write_roots"));
            }
            return real is null || !Directory.Exists(real)
                ? (null, new Refusal(Refusal.PathRefused, $"there is no directory {directory}"))
                : (Path.Join(real, name), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, new Refusal(Refusal.PathRefused, e.Message));
        }
    }

    // The system must see "link/.." as the sender wrote it: what is normalized as text alone can lead elsewhere.
    private string Absolute(string path) =>
        path.Contains('\0', StringComparison.Ordinal) ? throw new IOException("a path has no NUL in it")
        : Path.IsPathRooted(path) ? path
        : Path.Join(OutputDirectory.Length == 0 ? PluginDirectory : OutputDirectory, path);

    private static bool IsBelow(string real, ReadOnlySpan<string> roots)
    {
        foreach (var root in roots)
        {
            if (root.Length == 0 || !Path.IsPathRooted(root) || RealPath.Of(root) is not { } directory)
            {
                continue;
            }
            if (directory == "/" || real == directory || real.StartsWith(directory + "/", StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    private static Refusal NotAllowed(string verb, string path, string setting) =>
        new(
            Refusal.PathRefused,
            $"this worker does not let tasks {verb} {path}: add its directory to {setting} in the worker's configuration"
        );
}
