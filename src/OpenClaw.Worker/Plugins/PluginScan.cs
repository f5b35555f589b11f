using System.Security.Cryptography;
using OpenClaw.Abi.Handlers;

namespace OpenClaw.Worker.Plugins;

/// <summary>What a plugin directory holds. Immutable.</summary>
public sealed record PluginSet(IReadOnlyDictionary<string, TaskHandler> Handlers, IReadOnlyList<PluginProblem> Problems)
{
    /// <summary>The built-in types alone.</summary>
    public static PluginSet Builtins { get; } =
        new(
            Abi.Handlers.Builtins.Names.ToDictionary(n => n, n => new TaskHandler(n, HandlerForm.Builtin, "", ""), StringComparer.Ordinal),
            []
        );
}

/// <summary>
/// Reads a plugin directory: <c>NAME.lua</c> serves the type NAME with its function <c>process_NAME</c>; an executable file serves the
/// type of its name without extension. Hidden files, directories and other files are left alone.
/// </summary>
public static class PluginScan
{
    private const long LargestLua = 4 * 1024 * 1024;

    /// <summary>A directory that is not there holds no plugins. <paramref name="version"/> tells a file's version.</summary>
    public static PluginSet Read(string directory, Func<FileInfo, string> version)
    {
        var handlers = new Dictionary<string, TaskHandler>(PluginSet.Builtins.Handlers, StringComparer.Ordinal);
        var problems = new List<PluginProblem>();
        var root = new DirectoryInfo(directory);
        if (!root.Exists)
        {
            return new PluginSet(handlers, problems);
        }

        foreach (var file in root.EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            if (file.Name.StartsWith('.') || FormOf(file) is not { } form)
            {
                continue;
            }

            var type = Path.GetFileNameWithoutExtension(file.Name);
            if (ProblemOf(file, form, type, handlers) is { } problem)
            {
                problems.Add(new PluginProblem(file.FullName, problem));
                continue;
            }

            try
            {
                handlers[type] = new TaskHandler(type, form, file.FullName, version(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add(new PluginProblem(file.FullName, $"cannot be read: {e.Message}"));
            }
        }

        return new PluginSet(handlers, problems);
    }

    /// <summary>The version of a file: the start of its content's hash.</summary>
    public static string Hash(FileInfo file)
    {
        using var stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..16];
    }

    private static HandlerForm? FormOf(FileInfo file) =>
        file.Extension == ".lua" ? HandlerForm.Lua
        : IsExecutable(file) ? HandlerForm.Executable
        : null;

    private static bool IsExecutable(FileInfo file) =>
        !OperatingSystem.IsWindows()
        && (file.UnixFileMode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static string? ProblemOf(FileInfo file, HandlerForm form, string type, Dictionary<string, TaskHandler> handlers)
    {
        if (Builtins.Names.Contains(type))
        {
            return $"the type {type} is built in and cannot be replaced";
        }

        if (handlers.TryGetValue(type, out var other))
        {
            return $"the type {type} is already served by {Path.GetFileName(other.Path)}";
        }

        return form == HandlerForm.Lua && file.Length > LargestLua
            ? $"a script may have {LargestLua >> 20} MiB; this one has {file.Length:N0} bytes"
            : null;
    }
}
