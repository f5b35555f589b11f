using System.CommandLine;
using System.Text.RegularExpressions;
using OpenClaw.Abi.Files;
using OpenClaw.Abi.Handlers;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw plugin new</c>: writes a plugin that works, to be changed into the one that is wanted.</summary>
internal static partial class PluginNewCommand
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private static readonly PluginLanguage[] Languages =
    [
        new("lua", ["plain"], null, null),
        new("sh", ["plain"], null, null),
        new("python", ["plain", "serve"], null, null),
        new("go", ["plain", "serve"], "go", "go build"),
        new("csharp", ["plain", "serve"], "dotnet", "dotnet publish"),
    ];

    private static readonly Argument<string> NameArgument = new("name") { Description = "The type of task that it will serve" };

    private static readonly Option<string> Language = new("--lang")
    {
        Description = $"The language: {string.Join(", ", Languages.Select(l => l.Name))}",
        HelpName = "LANG",
        Required = true,
    };

    private static readonly Option<string> Mode = new("--mode")
    {
        Description = "plain: a process for each task; serve: one process for many",
        HelpName = "MODE",
        DefaultValueFactory = _ => "plain",
    };

    private static readonly Option<string> Into = new("--dir")
    {
        Description = "Where to write it; what has to be built gets a directory of its own there",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(run, "new", "Write a plugin that works, to start from", RunAsync, [NameArgument, Language, Mode, Into]);

    private static Task<int> RunAsync(Invocation invocation)
    {
        var name = invocation.Get(NameArgument)!;
        var language = Find(invocation.Get(Language)!);
        var mode = invocation.Get(Mode)!;
        Check(name, language, mode);
        var source = new DirectoryInfo(Path.Combine(AppContext.BaseDirectory, "samples", "plugins", language.Name, mode));
        if (!source.Exists)
        {
            throw new Failure(
                Catalogue.InitFail,
                $"The samples are missing: {source.FullName}",
                "Install OpenClaw again: clw and the directory samples belong together"
            ).AsException();
        }

        var into = language.Build is null ? invocation.Get(Into)! : Path.Combine(invocation.Get(Into)!, name);
        var files = source
            .GetFiles()
            .OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f => (From: f, To: Path.Combine(into, f.Name.Replace(PluginSamples.Name, name, StringComparison.Ordinal))))
            .ToList();
        Write(files, name, into);
        Tell(invocation, language, name, into, [.. files.Select(f => f.To)]);
        return Task.FromResult(0);
    }

    private static PluginLanguage Find(string asked) =>
        Array.Find(Languages, l => string.Equals(l.Name, asked, StringComparison.OrdinalIgnoreCase))
        ?? throw Usage($"there is no sample for '{asked}'", $"There are: {string.Join(", ", Languages.Select(l => l.Name))}");

    private static void Check(string name, PluginLanguage language, string mode)
    {
        if (!language.Modes.Contains(mode))
        {
            throw Usage(
                mode is "plain" or "serve" ? $"a {language.Name} plugin is always plain" : $"there is no mode '{mode}'",
                $"Take --mode {string.Join(" or ", language.Modes)}"
            );
        }

        if (!NameRule().IsMatch(name) || (language.Name == "lua" && name.Contains('-', StringComparison.Ordinal)))
        {
            throw Usage(
                $"'{name}' cannot be a plugin's name",
                language.Name == "lua"
                    ? "Take letters, digits and _, beginning with a letter: it becomes a part of a function's name"
                    : "Take letters, digits, - and _, beginning with a letter, at most 64"
            );
        }

        if (Builtins.Names.Contains(name))
        {
            throw Usage($"the type {name} is built in and cannot be replaced", "Take another name");
        }
    }

    private static void Write(IReadOnlyList<(FileInfo From, string To)> files, string name, string into)
    {
        if (files.FirstOrDefault(f => File.Exists(f.To)) is { To: { } taken })
        {
            throw Usage($"{taken} is there already, and nothing is overwritten", "Take another name, or another directory with --dir");
        }

        try
        {
            Directory.CreateDirectory(into);
            foreach (var (from, to) in files)
            {
                using (var stream = new FileStream(to, FileMode.CreateNew, FileAccess.Write))
                using (var writer = new StreamWriter(stream))
                {
                    writer.Write(PluginSamples.Adapt(File.ReadAllText(from.FullName), name));
                }

                if (!OperatingSystem.IsWindows() && from.Extension is ".sh" or ".py")
                {
                    File.SetUnixFileMode(to, Executable);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Failure(Catalogue.FileUnreadable, $"{into} cannot be written: {e.Message}").AsException(e);
        }
    }

    private static void Tell(Invocation invocation, PluginLanguage language, string name, string into, IReadOnlyList<string> files)
    {
        if (invocation.Json)
        {
            Json.Write(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("type", name);
                    writer.WriteStartArray("files");
                    foreach (var file in files)
                    {
                        writer.WriteStringValue(file);
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }
            );
            return;
        }

        var terminal = invocation.Terminal;
        foreach (var file in files)
        {
            terminal.WriteLine($"wrote {file}");
        }

        var plugin = language.Build is null ? files.First(f => Path.GetExtension(f) is ".lua" or ".sh" or ".py") : Path.Combine(into, name);
        var clw = Programs.Invoked;
        terminal.WriteLine();
        if (language.Build is { } build)
        {
            terminal.WriteLine($"  (cd {into} && {build})");
            if (!SearchPath.Has(language.Needs!))
            {
                terminal.Note($"note: {language.Needs} is not on the PATH; {build} needs it");
            }
        }

        var path = plugin.Contains('/', StringComparison.Ordinal) ? plugin : "./" + plugin;
        terminal.WriteLine($"  {clw} plugin check {path}");
        terminal.WriteLine($"  {clw} plugin run {path} -p '{{\"name\": \"Ada\"}}'");
        terminal.WriteLine($"  {clw} up --plugin-dir {into}          # then, from another terminal:");
        terminal.WriteLine($"  {clw} task submit {name} -p '{{\"name\": \"Ada\"}}' --wait");
    }

    private static FailureException Usage(string message, string next) => new Failure(Catalogue.Usage, message, next).AsException();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NameRule();

    /// <param name="Name">What <c>--lang</c> takes, and the samples' directory.</param>
    /// <param name="Modes">Those that there are samples of.</param>
    /// <param name="Needs">The program that builds; null: nothing to build.</param>
    /// <param name="Build">The command that makes the executable beside its manifest.</param>
    private sealed record PluginLanguage(string Name, IReadOnlyList<string> Modes, string? Needs, string? Build);
}
