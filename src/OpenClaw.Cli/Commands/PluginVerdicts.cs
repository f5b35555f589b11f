using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Cli.Commands;

/// <summary>What <c>clw plugin check</c> says of one file; it is what a worker would make of it.</summary>
/// <param name="File">The file.</param>
/// <param name="Handler">What it serves, if anything.</param>
/// <param name="Problem">Why it cannot be used, or why it is left alone.</param>
/// <param name="IsBad">It is meant as a plugin and is none, or was asked for by name.</param>
internal sealed record PluginVerdict(string File, TaskHandler? Handler, PluginProblem? Problem, bool IsBad)
{
    public void Show(Invocation invocation)
    {
        var terminal = invocation.Terminal;
        if (invocation.Json)
        {
            Json.WriteLine(
                terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("file", File);
                    writer.WriteBoolean("ok", Handler is not null);
                    writer.WriteText("type", Handler?.Type);
                    writer.WriteText("kind", Handler?.Kind);
                    writer.WriteText("problem", Problem?.Problem);
                    if (Problem?.Line is { } line)
                    {
                        writer.WriteNumber("line", line);
                    }

                    writer.WriteEndObject();
                }
            );
            return;
        }

        terminal.WriteLine(
            (Handler, Problem) switch
            {
                ({ } handler, _) => $"{File}: {terminal.Green("ok")}, type {handler.Type}{Kind(handler)}",
                (_, { Line: { } line } problem) when IsBad => $"{File}:{line}: {terminal.Red(problem.Problem)}",
                (_, { } problem) => $"{File}: {(IsBad ? terminal.Red(problem.Problem) : terminal.Dim(problem.Problem))}",
                _ => File,
            }
        );
    }

    private static string Kind(TaskHandler handler) =>
        handler.Form == HandlerForm.Lua ? ""
        : handler.IsServing ? ", one process for many tasks"
        : ", one process for each task";
}

/// <summary>Judges a directory of plugins, or one file as a part of its directory, by the worker's own eyes.</summary>
internal static class PluginVerdicts
{
    public static async Task<IReadOnlyList<PluginVerdict>> OfAsync(string path, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
        {
            return Of(await PluginCommands.ReadAsync(path, cancellation), path);
        }

        if (!File.Exists(path))
        {
            throw new Failure(Catalogue.FileUnreadable, $"{path}: there is no such file").AsException();
        }

        var full = Path.GetFullPath(path);
        var set = await PluginCommands.ReadAsync(Path.GetDirectoryName(full)!, cancellation);

        // Asked for a manifest, the plugin that it describes is meant.
        var plugin = set.Manifests.FirstOrDefault(m => m.Value == full).Key ?? full;
        var shown = plugin == full ? path : plugin;
        var handler = set.Handlers.Values.FirstOrDefault(h => h.Path == plugin);
        var problem = set.Problems.Concat(set.LeftAlone).FirstOrDefault(p => p.Path == plugin);
        return [new(shown, handler, problem, handler is null)];
    }

    private static List<PluginVerdict> Of(PluginSet set, string directory)
    {
        var root = Path.GetFullPath(directory);
        return
        [
            .. set
                .Handlers.Values.Where(h => h.Path.Length > 0)
                .Select(h => new PluginVerdict(Shown(h.Path), h, null, IsBad: false))
                .Concat(set.Problems.Select(p => new PluginVerdict(Shown(p.Path), null, p, IsBad: true)))
                .Concat(set.LeftAlone.Select(p => new PluginVerdict(Shown(p.Path), null, p, IsBad: false)))
                .OrderBy(v => v.File, StringComparer.Ordinal),
        ];

        string Shown(string path) => Path.Combine(directory, Path.GetRelativePath(root, path));
    }
}
