using System.CommandLine;
using OpenClaw.Cli.Bench;
using OpenClaw.Cli.Commands.Logs;
using OpenClaw.Cli.Commands.Metrics;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Cli.Completion;

/// <summary>The values that options and arguments take, as far as they can be listed quickly and without asking a cluster.</summary>
internal static class ValueWords
{
    public static Completions Of(Option option, IReadOnlyList<string> words) =>
        option.Name switch
        {
            "--status" => Words(TaskCommands.StateNames.Split(", ")),
            "--type" => Types(words),
            "--component" => Words(LogsCommand.ComponentNames),
            "--sort" => Words(WorkerRow.Columns),
            "--scenario" => new([.. BenchOptions.Names.Select(n => new Candidate(n.Name, n.Description))]),
            "--config" or "--file" or "--payload" => new([], PathKind.Files),
            "--output-dir" => new([], PathKind.Directories),
            _ when Key(option) is { } key => key.Choices.Count > 0 ? Words(key.Choices)
            : key.TypeName == "path" ? new([], PathOf(option))
            : Completions.None,
            _ => option.Name.EndsWith("-dir", StringComparison.Ordinal) ? new([], PathKind.Directories) : Completions.None,
        };

    public static Completions Of(Argument argument, Command command, IReadOnlyList<string> words) =>
        (command.Name, argument.Name) switch
        {
            ("query", "query") => new([.. MetricIndex.All.Select(m => new Candidate(m.Name, m.Help))]),
            (_, "code") => new([.. Catalogue.All.Select(e => new Candidate(e.Code, e.Title))]),
            ("run", "type") => Types(words) with { Paths = PathKind.Files },
            (_, "file" or "path") => new([], PathKind.Files),
            (_, "shell") => Words(CompletionScripts.Shells),
            _ => Completions.None,
        };

    private static Completions Words(IEnumerable<string> words) => new([.. words.Select(w => new Candidate(w, ""))]);

    private static SettingKey? Key(Option option) => SettingsSchema.All.FirstOrDefault(k => k.Flags.Contains(option.Name));

    private static PathKind PathOf(Option option) =>
        option.Name.Contains("dir", StringComparison.Ordinal) ? PathKind.Directories : PathKind.Files;

    // The built-in types, and the files of the plugin directory.
    private static Completions Types(IReadOnlyList<string> words)
    {
        var plugins = PluginScan.Read(PluginDirectory(words), _ => "");
        return new([.. plugins.Handlers.Values.OrderBy(h => h.Type, StringComparer.Ordinal).Select(h => new Candidate(h.Type, h.Path))]);
    }

    private static string PluginDirectory(IReadOnlyList<string> words)
    {
        const string flag = "--plugin-dir";
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].StartsWith(flag + "=", StringComparison.Ordinal))
            {
                return words[i][(flag.Length + 1)..];
            }

            if (words[i] == flag && i + 1 < words.Count)
            {
                return words[i + 1];
            }
        }

        // What is wrong with a file is said by the command itself; here it only means that the usual directory is looked into.
        var loaded = SettingsLoader.Load(SettingsRequest.OfProcess([], []), Machine.Here);
        return loaded.IsOk ? loaded.Value.Paths.PluginDir : "";
    }
}
