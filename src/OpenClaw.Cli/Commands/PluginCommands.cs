using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw plugin list</c> and <c>clw plugin check</c>.</summary>
internal static class PluginCommands
{
    private static readonly Argument<string[]> Paths = new("path")
    {
        Description = "A plugin's file, or a directory of plugins; left out: the plugin directory",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>The plugin directory of this machine.</summary>
    internal static Option<string?> Directory { get; } =
        new("--plugin-dir") { Description = "The directory of plugins, in place of the configured one", HelpName = "DIR" };

    public static Command Create(VerbRunner run) =>
        new("plugin", "Look after the programs that tasks run")
        {
            CommandTree.Verb(
                run,
                "list",
                "Types that this machine's plugin directory holds, and that the cluster's workers serve",
                ListAsync,
                [Directory, .. ClusterSession.Options]
            ),
            CommandTree.Verb(
                run,
                "check",
                "Check plugins without running them; names file and line",
                CheckAsync,
                [Paths, Directory, Options.Config]
            ),
            PluginRunCommand.Create(run),
            PluginNewCommand.Create(run),
        };

    /// <summary>Settings with the plugin directory that the command line names.</summary>
    internal static LoadedSettings Load(Invocation invocation)
    {
        List<SettingFlag> flags = invocation.Get(Directory) is { } given ? [new("--plugin-dir", TaskKeys.PluginDir.Path, given)] : [];
        return SettingsLoader.Load(SettingsRequest.OfProcess(invocation.Get(Options.Config) ?? [], flags), Machine.Here).Value;
    }

    /// <summary>What a plugin directory holds, its scripts checked.</summary>
    internal static async Task<PluginSet> ReadAsync(string directory, CancellationToken cancellation)
    {
        var catalog = new PluginCatalog(
            directory,
            new ScriptCheck(Programs.Runner).CheckAsync,
            NullLogger<PluginCatalog>.Instance,
            TimeProvider.System
        );
        await catalog.RefreshAsync(cancellation);
        return catalog.Current;
    }

    private static async Task<int> ListAsync(Invocation invocation)
    {
        var directory = Load(invocation).Paths.PluginDir;
        var local = await ReadAsync(directory, invocation.Cancellation);
        using var client = ClusterSession.Open(invocation);
        var status = await client.StatusAsync(invocation.Cancellation);
        invocation.Cancellation.ThrowIfCancellationRequested();
        var served = status.IsOk ? Served(status.Value) : [];
        if (invocation.Json)
        {
            WriteJson(invocation, directory, local, served, status);
            return 0;
        }

        var table = new Table("TYPE", "KIND", "VERSION", "WORKERS", "FILE");
        foreach (var type in local.Handlers.Keys.Union(served.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var here = local.Handlers.GetValueOrDefault(type);
            var there = served.GetValueOrDefault(type);
            table.Add(
                type,
                here?.Kind ?? there!.First().Type.Kind,
                VersionsOf(here, there),
                status.IsOk ? $"{there?.Count ?? 0}" : "?",
                here is null ? "-"
                    : here.Form == HandlerForm.Builtin ? "built in"
                    : here.Path
            );
        }

        foreach (var line in table.Lines())
        {
            invocation.Terminal.WriteLine(line);
        }

        foreach (var problem in local.Problems)
        {
            invocation.Terminal.Note(problem.ToString());
        }

        NoteDirectory(invocation, directory, local, served);

        if (!status.IsOk)
        {
            invocation.Terminal.Note($"note: the cluster was not asked: {status.Failure}");
        }

        return 0;
    }

    // A cluster that was started with another directory is the commonest reason why the two halves of the table differ.
    private static void NoteDirectory(
        Invocation invocation,
        string directory,
        PluginSet local,
        Dictionary<string, List<(string Worker, WorkerType Type)>> served
    )
    {
        var there = System.IO.Directory.Exists(directory) ? "" : ", which is not there";
        var elsewhere = served.Keys.Where(t => !local.Handlers.ContainsKey(t)).Order(StringComparer.Ordinal).ToList();
        invocation.Terminal.Note($"FILE is of {directory}{there}; to look into another: --plugin-dir DIR");
        if (elsewhere.Count > 0)
        {
            invocation.Terminal.Note(
                $"note: workers serve {string.Join(", ", elsewhere)} from a directory of their own: --plugin-dir or task.plugin_dir of the worker"
            );
        }
    }

    private static Dictionary<string, List<(string Worker, WorkerType Type)>> Served(StatusResponse status)
    {
        var served = new Dictionary<string, List<(string, WorkerType)>>(StringComparer.Ordinal);
        foreach (var worker in status.Workers)
        {
            foreach (var type in status.TypesOf(worker))
            {
                if (!served.TryGetValue(type.Name, out var list))
                {
                    served[type.Name] = list = [];
                }

                list.Add((worker.Id, type));
            }
        }

        return served;
    }

    // A version here that differs from the workers' is what one looks for after a deployment that went half way.
    private static string VersionsOf(TaskHandler? here, List<(string Worker, WorkerType Type)>? there)
    {
        const int shown = 8;
        var versions = (here is null ? [] : new[] { here.Version })
            .Concat(there?.Select(t => t.Type.Version) ?? [])
            .Where(v => v.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Select(v => v.Length > shown ? v[..shown] : v);
        return string.Join(',', versions) is { Length: > 0 } text ? text : "-";
    }

    private static void WriteJson(
        Invocation invocation,
        string directory,
        PluginSet local,
        Dictionary<string, List<(string Worker, WorkerType Type)>> served,
        Result<StatusResponse> status
    ) =>
        Json.Write(
            invocation.Terminal,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("directory", directory);
                writer.WriteBoolean("cluster_asked", status.IsOk);
                writer.WriteStartArray("types");
                foreach (var type in local.Handlers.Keys.Union(served.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
                {
                    var here = local.Handlers.GetValueOrDefault(type);
                    writer.WriteStartObject();
                    writer.WriteString("type", type);
                    writer.WriteString("kind", here?.Kind ?? served[type][0].Type.Kind);
                    writer.WriteText("version", here?.Version);
                    writer.WriteText("file", here?.Path);
                    if (here is not null && here.Manifest != PluginManifest.None)
                    {
                        writer.WriteText("label", here.Manifest.Version);
                        writer.WriteText("description", here.Manifest.Description);
                    }

                    writer.WriteStartArray("workers");
                    foreach (var (worker, kind) in served.GetValueOrDefault(type) ?? [])
                    {
                        writer.WriteStartObject();
                        writer.WriteString("id", worker);
                        writer.WriteText("version", kind.Version);
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteStartArray("problems");
                foreach (var problem in local.Problems)
                {
                    writer.WriteStartObject();
                    writer.WriteString("file", problem.Path);
                    writer.WriteString("problem", problem.Problem);
                    if (problem.Line is { } line)
                    {
                        writer.WriteNumber("line", line);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }
        );

    private static async Task<int> CheckAsync(Invocation invocation)
    {
        var paths = invocation.Get(Paths) is { Length: > 0 } given ? given : [Load(invocation).Paths.PluginDir];
        var bad = false;
        foreach (var path in paths)
        {
            var verdicts = await PluginVerdicts.OfAsync(path, invocation.Cancellation);
            bad |= verdicts.Any(v => v.IsBad);
            foreach (var verdict in verdicts)
            {
                verdict.Show(invocation);
            }

            if (verdicts.All(v => v.Handler is null && !v.IsBad))
            {
                invocation.Terminal.Note($"There is no plugin in {path}.");
            }
        }

        return (int)(bad ? Catalogue.PluginInvalid.Exit : ExitCode.Ok);
    }
}
