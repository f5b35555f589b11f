using System.CommandLine;
using System.Globalization;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw plugin run</c>: one run of a plugin through a real runner, without a cluster.</summary>
internal static class PluginRunCommand
{
    private static readonly Argument<string> Plugin = new("type")
    {
        Description = "A type of the plugin directory, or the path of a plugin's file",
    };

    private static readonly Option<TimeSpan?> Timeout = Options.Duration("--timeout", "How long it may run");

    private static readonly Option<string?> Output = new("--output-dir")
    {
        Description = "Where it may leave files; left out: a directory that is removed afterwards",
        HelpName = "DIR",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "run",
            "Run a plugin once, here, as a worker would; prints its result",
            RunAsync,
            [Plugin, SpecOptions.PayloadOption, Timeout, Output, PluginCommands.Directory, Options.Config]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var loaded = PluginCommands.Load(invocation);
        var handler = Find(loaded, invocation.Get(Plugin)!);
        var payload = await SpecOptions.ReadPayloadAsync(invocation);
        var terminal = invocation.Terminal;
        var own = invocation.Get(Output);
        var directory = own is null ? System.IO.Directory.CreateTempSubdirectory("clw-trial-").FullName : Path.GetFullPath(own);
        try
        {
            System.IO.Directory.CreateDirectory(directory);
            var outcome = await TrialRun.RunAsync(
                new Trial
                {
                    Handler = handler,
                    Payload = payload.IsEmpty ? "null"u8.ToArray() : payload.Memory,
                    RunnerPath = Programs.Runner,
                    OutputDirectory = directory,
                    Settings = loaded.Settings.Task,
                    OpenFiles = loaded.Settings.Worker.OpenFiles,
                    Timeout = invocation.Get(Timeout),
                    OnLine = (level, text) => terminal.Note($"[{level}] {Table.OneLine(text)}"),
                    OnProgress = (fraction, text) => terminal.Note($"{Share(fraction)}{Table.OneLine(text)}".TrimEnd()),
                },
                invocation.Time,
                invocation.Cancellation
            );
            var result = outcome.IsOk
                ? outcome.Value
                : throw (
                    outcome.Failure with
                    {
                        Next = outcome.Failure.Next ?? Hint.AfterTrial(outcome.Failure.Entry, Name(handler)),
                    }
                ).AsException();
            terminal.WriteLine(System.Text.Encoding.UTF8.GetString(result.Result.Span));
            if (!invocation.Json)
            {
                terminal.Note($"{handler.Type} ran for {Times.Took(result.RunMicros)}");
            }

            return 0;
        }
        finally
        {
            if (own is null)
            {
                System.IO.Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static TaskHandler Find(LoadedSettings loaded, string asked)
    {
        var isPath = asked.Contains('/', StringComparison.Ordinal) || File.Exists(asked);
        var directory = isPath ? Path.GetDirectoryName(Path.GetFullPath(asked))! : loaded.Paths.PluginDir;
        var plugins = PluginScan.Read(directory, PluginScan.Hash);
        var type = isPath ? Path.GetFileNameWithoutExtension(asked) : asked;
        if (plugins.Handlers.TryGetValue(type, out var handler) && (!isPath || handler.Path == Path.GetFullPath(asked)))
        {
            return handler;
        }

        var problem = plugins.Problems.FirstOrDefault(p => Path.GetFileNameWithoutExtension(p.Path) == type);
        var near = NearestName.Find(type, plugins.Handlers.Keys);
        throw (
            problem is not null ? new Failure(Catalogue.PluginInvalid, problem.ToString())
            : isPath && plugins.LeftAlone.FirstOrDefault(p => p.Path == Path.GetFullPath(asked)) is { } left
                ? new Failure(Catalogue.PluginInvalid, left.ToString())
            : new Failure(
                Catalogue.PluginMissing,
                $"{directory} holds no plugin for the type '{type}'{(near is null ? "" : $"; did you mean {near}?")}"
            )
        ).AsException();
    }

    private static string Name(TaskHandler handler) => handler.Path.Length > 0 ? handler.Path : handler.Type;

    private static string Share(double fraction) =>
        fraction < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{fraction * 100:0}% ");
}
