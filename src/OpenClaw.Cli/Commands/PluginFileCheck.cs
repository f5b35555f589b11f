using OpenClaw.Abi.Handlers;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Cli.Commands;

/// <summary>Judges one file of a plugin directory: a script by the interpreter that will run it, a program by what the system needs to start it.</summary>
internal static class PluginFileCheck
{
    public static async Task<ScriptVerdict> JudgeAsync(ScriptCheck check, string file, CancellationToken cancellation)
    {
        var type = Path.GetFileNameWithoutExtension(file);
        if (Builtins.Names.Contains(type))
        {
            return new($"the type {type} is built in and cannot be replaced", null, IsMissing: false);
        }

        return Path.GetExtension(file) == ".lua"
            ? await check.JudgeAsync(Path.GetFullPath(file), cancellation)
            : new ScriptVerdict(ProgramProblem(file), null, IsMissing: false);
    }

    private static string? ProgramProblem(string file)
    {
        const UnixFileMode anyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & anyExecute) == 0)
        {
            return "neither a Lua script nor executable: chmod +x makes it a plugin";
        }

        Span<byte> head = stackalloc byte[128];
        int length;
        try
        {
            using var stream = File.OpenRead(file);
            length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }

        head = head[..length];
        if (!head.StartsWith("#!"u8))
        {
            return null;
        }

        // The kernel takes everything up to the first blank for the interpreter's path.
        var line = head[2..];
        var end = line.IndexOf((byte)'\n');
        var words = System.Text.Encoding.UTF8.GetString(end < 0 ? line : line[..end]).Trim().Split([' ', '\t']);
        return File.Exists(words[0]) ? null
            : words[0].EndsWith('\r') ? "its first line ends with a carriage return, which belongs to the interpreter's name for the kernel"
            : $"its interpreter {words[0]} is not on this machine";
    }
}
