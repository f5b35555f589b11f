using System.Text;
using OpenClaw.Cli.Supervision;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Doctor;

/// <summary>Whether executables can run on this machine: architecture, loader, libraries.</summary>
internal static class ProgramChecks
{
    private static readonly string[] Shipped = ["clw", "clw-runner", "clw-supervisor"];

    /// <summary>Our own programs in a directory.</summary>
    public static Finding OfPrograms(string directory, LibraryIndex libraries)
    {
        const string check = "programs";
        var missing = Shipped.Where(p => !File.Exists(Path.Combine(directory, p))).ToList();
        if (missing.Count > 0)
        {
            return Finding.Fail(
                check,
                $"{string.Join(", ", missing)} missing in {directory}",
                "Install OpenClaw again: its programs belong together",
                Catalogue.InitFail
            );
        }

        foreach (var program in Shipped)
        {
            if (ProblemOf(Path.Combine(directory, program), libraries) is { } problem)
            {
                return Finding.Fail(
                    check,
                    $"{program}: {problem}",
                    "Install OpenClaw for this machine, and what it needs",
                    Catalogue.InitFail
                );
            }
        }

        return Finding.Ok(
            check,
            $"{string.Join(", ", Shipped)} fit this machine ({ElfFile.NameOf(ElfFile.Here)}); clw-runner is {Programs.KindOf(Path.Combine(directory, "clw-runner"))}"
        );
    }

    /// <summary>The executables of the plugin directory.</summary>
    public static Finding OfPlugins(string directory, LibraryIndex libraries)
    {
        const string check = "plugins";
        if (!Directory.Exists(directory))
        {
            return Finding.Ok(check, $"{directory} is not there: the built-in types alone");
        }

        var seen = 0;
        try
        {
            foreach (var file in new DirectoryInfo(directory).EnumerateFiles())
            {
                if ((file.UnixFileMode & (UnixFileMode.UserExecute | UnixFileMode.OtherExecute)) == 0)
                {
                    continue;
                }

                seen++;
                if (ProblemOf(file.FullName, libraries) is { } problem)
                {
                    return Finding.Fail(
                        check,
                        $"{file.Name}: {problem}",
                        "Build it for this machine, or install what it needs; clw plugin check tells more",
                        Catalogue.PluginInvalid
                    );
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Warn(check, $"{directory} cannot be read: {e.Message}", $"Mend its rights: a worker reads it as its own user");
        }

        return Finding.Ok(check, KernelChecks.Text($"{seen} executables in {directory} fit this machine"));
    }

    /// <summary>Why the system could not start a file; null when nothing speaks against it, or it is no ELF file (a script).</summary>
    public static string? ProblemOf(string path, LibraryIndex libraries)
    {
        ElfFile? elf;
        try
        {
            elf = ElfFile.Read(path);
        }
        catch (UnauthorizedAccessException)
        {
            // Executable and not readable: a program can be that.
            return null;
        }

        if (elf is null)
        {
            return null;
        }

        if (elf.Machine != ElfFile.Here)
        {
            return $"is built for {ElfFile.NameOf(elf.Machine)}, this machine is {ElfFile.NameOf(ElfFile.Here)}";
        }

        if (elf.Interpreter is { } loader && !File.Exists(loader))
        {
            return $"needs the loader {loader}, which is not here (built for another libc?)";
        }

        var absent = elf.Needed.Where(n => !libraries.Has(n)).ToList();
        return absent.Count == 0 ? null : $"needs {string.Join(", ", absent)}, which is not on this machine";
    }
}

/// <summary>The shared libraries of this machine: the loader's cache, and the directories that it looks into anyway.</summary>
internal sealed class LibraryIndex
{
    private static readonly string[] Directories =
    [
        "/lib",
        "/usr/lib",
        "/lib64",
        "/usr/lib64",
        "/usr/local/lib",
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
    ];

    private readonly Lazy<byte[]> cache = new(() =>
    {
        try
        {
            return File.ReadAllBytes("/etc/ld.so.cache");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // musl has none; its directories are looked into.
            return [];
        }
    });

    /// <summary>Whether the loader would find it. The vDSO and the loader itself count as found.</summary>
    public bool Has(string name) =>
        name.StartsWith("linux-vdso", StringComparison.Ordinal)
        || name.StartsWith("ld-linux", StringComparison.Ordinal)
        || cache.Value.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\0{name}\0")) >= 0
        || Directories.Any(d => File.Exists(Path.Combine(d, name)));
}
