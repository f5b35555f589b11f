using System.Security.Cryptography;
using System.Text;

namespace OpenClaw.Cli.Install;

/// <summary>The files of this build, in a directory that is named after them: the same build is the same directory.</summary>
internal sealed record CopyProgram(string From, string To) : Step($"copy the program to {To}")
{
    private const int DigestLetters = 10;

    /// <summary><c>0.1.0-3f9a1c20be</c>: the version, and a digest of every file's name and content.</summary>
    public static string NameOf(string directory, string version)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files(directory))
        {
            digest.AppendData(Encoding.UTF8.GetBytes(file + "\0"));
            var path = Path.Combine(directory, file);
            digest.AppendData(
                new FileInfo(path).LinkTarget is { } target ? Encoding.UTF8.GetBytes(target) : SHA256.HashData(File.ReadAllBytes(path))
            );
        }

        return $"{version}-{Convert.ToHexStringLower(digest.GetHashAndReset())[..DigestLetters]}";
    }

    // It is renamed to its name when it is whole.
    public override StepResult Look() => Directory.Exists(To) ? StepResult.There : StepResult.Done;

    public override void Do()
    {
        var beside = $"{To}.{Environment.ProcessId}.new";
        try
        {
            foreach (var file in Files(From))
            {
                var target = Path.Combine(beside, file);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                var source = new FileInfo(Path.Combine(From, file));
                if (source.LinkTarget is { } link)
                {
                    File.CreateSymbolicLink(target, link);
                }
                else
                {
                    source.CopyTo(target);
                    File.SetUnixFileMode(target, Readable(source.UnixFileMode));
                }
            }

            Directory.Move(beside, To);
        }
        catch
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }

            throw;
        }
    }

    // A checkout may be its owner's alone; what is installed is everybody's to read.
    private static UnixFileMode Readable(UnixFileMode mode)
    {
        const UnixFileMode read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        return mode.HasFlag(UnixFileMode.UserExecute)
            ? read | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute
            : read;
    }

    private static IEnumerable<string> Files(string directory) =>
        Directory
            .EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(directory, f))
            .Order(StringComparer.Ordinal);
}

/// <summary>The directories of earlier builds, except those that a process still runs from.</summary>
internal sealed record PruneBuilds(string Programs, string Kept) : Step($"remove earlier builds from {Programs} that nothing runs from")
{
    public override StepResult Look() => Old().Any() ? StepResult.Done : StepResult.There;

    public override void Do()
    {
        foreach (var directory in Old().ToList())
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private IEnumerable<string> Old()
    {
        if (!Directory.Exists(Programs))
        {
            return [];
        }

        var running = Running().ToList();
        return Directory
            .EnumerateDirectories(Programs)
            .Where(d => new DirectoryInfo(d).LinkTarget is null && Path.GetFileName(d) != Kept)
            .Where(d => !running.Exists(p => p.StartsWith(d + "/", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Running()
    {
        if (!Directory.Exists("/proc/self"))
        {
            yield break;
        }

        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            string? target;
            try
            {
                target = new FileInfo(Path.Combine(process, "exe")).LinkTarget;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or somebody else's: a program of ours that another user runs can be read by root, who installs.
                continue;
            }

            if (target is not null)
            {
                yield return target;
            }
        }
    }
}
