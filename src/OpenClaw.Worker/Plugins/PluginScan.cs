using System.Security.Cryptography;
using System.Text;
using OpenClaw.Abi.Handlers;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Worker.Plugins;

/// <summary>What a plugin directory holds. Immutable.</summary>
/// <param name="Handlers">What is served, by type.</param>
/// <param name="Problems">Files that are meant as plugins and cannot be.</param>
public sealed record PluginSet(IReadOnlyDictionary<string, TaskHandler> Handlers, IReadOnlyList<PluginProblem> Problems)
{
    /// <summary>The built-in types alone.</summary>
    public static PluginSet Builtins { get; } =
        new(
            Abi.Handlers.Builtins.Names.ToDictionary(n => n, n => new TaskHandler(n, HandlerForm.Builtin, "", ""), StringComparer.Ordinal),
            []
        );

    /// <summary>Files that are no plugins, and why they are taken for none.</summary>
    public IReadOnlyList<PluginProblem> LeftAlone { get; init; } = [];

    /// <summary>Manifests, by the path of the plugin that they describe.</summary>
    public IReadOnlyDictionary<string, string> Manifests { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>
/// Reads a plugin directory: <c>NAME.lua</c> serves the type NAME with its function <c>process_NAME</c>; an executable file serves the
/// type of its name without extension; <c>NAME.yaml</c> describes either. Hidden files, directories and other files are left alone.
/// </summary>
public static class PluginScan
{
    private const long LargestLua = 4 * 1024 * 1024;

    /// <summary>A directory that is not there holds no plugins. <paramref name="version"/> tells a file's version.</summary>
    public static PluginSet Read(string directory, Func<FileInfo, string> version)
    {
        ArgumentNullException.ThrowIfNull(version);
        var scan = new Scan(version);
        var root = new DirectoryInfo(directory);
        if (root.Exists)
        {
            scan.Take([.. root.EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal)]);
        }

        return scan.Set;
    }

    /// <summary>The version of a file: the start of its content's hash.</summary>
    public static string Hash(FileInfo file)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..16];
    }

    private sealed class Scan(Func<FileInfo, string> version)
    {
        private readonly Dictionary<string, TaskHandler> handlers = new(PluginSet.Builtins.Handlers, StringComparer.Ordinal);
        private readonly Dictionary<string, FileInfo> manifests = new(StringComparer.Ordinal);
        private readonly Dictionary<string, string> manifestOf = new(StringComparer.Ordinal);
        private readonly List<PluginProblem> problems = [];
        private readonly List<PluginProblem> leftAlone = [];

        public PluginSet Set => new(handlers, problems) { LeftAlone = leftAlone, Manifests = manifestOf };

        public void Take(IReadOnlyList<FileInfo> files)
        {
            var plugins = new List<(FileInfo File, HandlerForm Form)>();
            foreach (var file in files)
            {
                switch (PluginFile.KindOf(file, out var reason))
                {
                    case PluginFileKind.Manifest:
                        AddManifest(file);
                        break;
                    case PluginFileKind.Lua:
                        plugins.Add((file, HandlerForm.Lua));
                        break;
                    case PluginFileKind.Program:
                        plugins.Add((file, HandlerForm.Executable));
                        break;
                    default:
                        leftAlone.Add(new(file.FullName, reason));
                        break;
                }
            }

            foreach (var (file, form) in plugins)
            {
                Add(file, form);
            }

            leftAlone.AddRange(
                manifests.Values.Select(m => new PluginProblem(m.FullName, $"describes {TypeOf(m)}, and there is no such plugin here"))
            );
        }

        private static string TypeOf(FileInfo file) => Path.GetFileNameWithoutExtension(file.Name);

        private void AddManifest(FileInfo file)
        {
            if (!manifests.TryAdd(TypeOf(file), file))
            {
                problems.Add(new(file.FullName, $"{manifests[TypeOf(file)].Name} describes {TypeOf(file)} already"));
            }
        }

        private void Add(FileInfo file, HandlerForm form)
        {
            var type = TypeOf(file);
            manifests.Remove(type, out var manifest);
            if (manifest is not null)
            {
                manifestOf[file.FullName] = manifest.FullName;
            }

            try
            {
                if (ProblemOf(file, form, type) is { } problem)
                {
                    problems.Add(new(file.FullName, problem));
                }
                else if (manifest is null)
                {
                    handlers[type] = new(type, form, file.FullName, version(file));
                }
                else
                {
                    AddDescribed(file, form, type, manifest);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add(new(file.FullName, $"cannot be read: {e.Message}"));
            }
        }

        // A plugin whose manifest cannot be understood is not run by guesswork.
        private void AddDescribed(FileInfo file, HandlerForm form, string type, FileInfo manifest)
        {
            var read = PluginManifest.Read(manifest.FullName, form);
            if (!read.IsOk)
            {
                problems.Add(
                    new(file.FullName, "its manifest cannot be used: " + string.Join("; ", SettingsProblem.LinesOf(read.Failure)))
                );
                return;
            }

            var both = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{version(file)} {version(manifest)}")))[..16];
            handlers[type] = new(type, form, file.FullName, both) { Manifest = read.Value };
        }

        private string? ProblemOf(FileInfo file, HandlerForm form, string type)
        {
            if (Builtins.Names.Contains(type))
            {
                return $"the type {type} is built in and cannot be replaced";
            }

            // As at a submission; and a manager refuses a worker that names such a type, with all that it serves.
            if (Encoding.UTF8.GetByteCount(type) is var bytes and > TaskLimits.MaxNameBytes)
            {
                return $"its type is its name without extension, and has {bytes} bytes; a type has at most {TaskLimits.MaxNameBytes}";
            }

            if (handlers.TryGetValue(type, out var other))
            {
                return $"the type {type} is already served by {Path.GetFileName(other.Path)}";
            }

            return form == HandlerForm.Executable ? PluginFile.ProblemOfProgram(file.FullName)
                : file.Length > LargestLua ? $"a script may have {LargestLua >> 20} MiB; this one has {file.Length:N0} bytes"
                : null;
        }
    }
}
