using System.Text;
using OpenClaw.Abi.Files;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Plugins;

/// <summary>What a file of a plugin directory is taken for.</summary>
internal enum PluginFileKind
{
    /// <summary>No plugin, and not meant as one.</summary>
    LeftAlone,

    /// <summary>Describes the plugin of the same name.</summary>
    Manifest,

    /// <summary>A Lua script.</summary>
    Lua,

    /// <summary>An executable.</summary>
    Program,
}

/// <summary>Judges single files, for everyone who asks: the worker, <c>clw plugin list</c>, <c>check</c> and <c>run</c>.</summary>
internal static class PluginFile
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly string[] Leftovers =
    [
        "~",
        ".bak",
        ".orig",
        ".old",
        ".rej",
        ".save",
        ".swp",
        ".swo",
        ".tmp",
        ".part",
        ".new",
        ".dpkg-old",
        ".dpkg-new",
        ".dpkg-dist",
        ".dpkg-tmp",
        ".rpmsave",
        ".rpmnew",
        ".rpmorig",
    ];

    // What stands beside programs, and is marked executable on some file systems.
    private static readonly string[] Companions =
    [
        ".md",
        ".txt",
        ".dll",
        ".pdb",
        ".so",
        ".dylib",
        ".a",
        ".o",
        ".h",
        ".c",
        ".cs",
        ".csproj",
        ".go",
        ".mod",
        ".sum",
        ".json5",
        ".log",
        ".pyc",
        ".class",
    ];

    private static readonly string[] Manifests = [".yaml", ".yml", ".toml", ".json"];

    /// <summary>What the file is; for one that is left alone also why.</summary>
    public static PluginFileKind KindOf(FileInfo file, out string reason)
    {
        var name = file.Name;
        reason =
            name.StartsWith('.') ? "a hidden file is left alone"
            : Leftovers.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) || (name[0] == '#' && name[^1] == '#')
                ? "a backup or half-written file by its name is left alone"
            : Companions.Contains(file.Extension, StringComparer.OrdinalIgnoreCase)
                ? $"a {file.Extension} file is no plugin and is left alone"
            : "";
        if (reason.Length > 0)
        {
            return PluginFileKind.LeftAlone;
        }

        if (Manifests.Contains(file.Extension, StringComparer.OrdinalIgnoreCase))
        {
            return PluginFileKind.Manifest;
        }

        if (file.Extension == ".lua")
        {
            return PluginFileKind.Lua;
        }

        if (!OperatingSystem.IsWindows() && (file.UnixFileMode & AnyExecute) != 0)
        {
            return PluginFileKind.Program;
        }

        reason = "neither a Lua script nor executable: chmod +x makes it a plugin";
        return PluginFileKind.LeftAlone;
    }

    /// <summary>Why the system would not start the program, as far as that can be seen. Null when nothing speaks against it.</summary>
    public static string? ProblemOfProgram(string path)
    {
        if (FileAccessCheck.WhyNotExecutable(path) is { } refused)
        {
            return $"is marked executable, but the system will not execute it ({refused}): a mount with noexec, or the bit is not for this user";
        }

        Span<byte> head = stackalloc byte[256];
        try
        {
            using var file = File.OpenHandle(path);
            head = head[..RandomAccess.Read(file, head, 0)];
        }
        catch (UnauthorizedAccessException)
        {
            // Executable and not readable: a program can be that, and a script cannot.
            return null;
        }
        catch (IOException e)
        {
            return $"cannot be read: {e.Message}";
        }

        return head.StartsWith("#!"u8) ? ProblemOfFirstLine(head[2..])
            : head.IsEmpty ? "is empty"
            : IsBinary(head) ? null
            : "is no program: it begins with neither #! and its interpreter nor the mark of a binary";
    }

    private static bool IsBinary(ReadOnlySpan<byte> head) =>
        head.StartsWith("\u007fELF"u8)
        || head.StartsWith((ReadOnlySpan<byte>)[0xCF, 0xFA, 0xED, 0xFE])
        || head.StartsWith((ReadOnlySpan<byte>)[0xCA, 0xFE, 0xBA, 0xBE]);

    // The kernel takes everything up to the first blank for the interpreter's path.
    private static string? ProblemOfFirstLine(ReadOnlySpan<byte> line)
    {
        var end = line.IndexOf((byte)'\n');
        var text = Encoding.UTF8.GetString(end < 0 ? line : line[..end]);
        if (text.EndsWith('\r'))
        {
            return "its first line ends with a carriage return, which belongs to the interpreter's name for the kernel";
        }

        var words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return "its first line names no interpreter";
        }

        if (!File.Exists(words[0]))
        {
            return $"its interpreter {words[0]} is not on this machine";
        }

        var wanted =
            Path.GetFileName(words[0]) == "env"
                ? words.Skip(1).FirstOrDefault(w => w[0] != '-' && !w.Contains('=', StringComparison.Ordinal))
                : null;
        return wanted is null || wanted.Contains('/', StringComparison.Ordinal) || SearchPath.Has(wanted)
            ? null
            : $"its interpreter {wanted} is not on the PATH of this machine";
    }
}
