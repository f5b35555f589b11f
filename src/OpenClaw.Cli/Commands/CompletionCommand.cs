using System.CommandLine;
using OpenClaw.Cli.Completion;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw completion SHELL</c> prints a script; the script calls <c>clw internal complete</c> at every Tab.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("shell") { Description = string.Join(", ", CompletionScripts.Shells) };
    private static readonly Argument<string> Name = new("name") { Description = "The name that the program was called by" };
    private static readonly Argument<string[]> Words = new("words")
    {
        Description = "The words behind it; the last is the one at the cursor",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(run, "completion", "Print a script that completes clw's words in your shell", PrintAsync, [Shell]);

    /// <summary>The hidden verb that completes. One line says whether names of files (or dirs) may stand there too, then a line for each word.</summary>
    public static Command Complete(VerbRunner run) =>
        CommandTree.Verb(run, "complete", "Complete a command line", i => CompleteAsync(i, run), [Name, Words]);

    private static Task<int> PrintAsync(Invocation invocation)
    {
        var shell = invocation.Get(Shell)!;
        if (!CompletionScripts.Shells.Contains(shell))
        {
            var near = NearestName.Find(shell, CompletionScripts.Shells) is { } name ? $"; did you mean {name}?" : "";
            throw new Failure(
                Catalogue.Usage,
                $"clw cannot complete for '{shell}'{near}",
                $"Say one of {string.Join(", ", CompletionScripts.Shells)}"
            ).AsException();
        }

        invocation.Terminal.Out.Write(CompletionScripts.Of(shell, ProgramNames.Links));
        return Task.FromResult(0);
    }

    private static Task<int> CompleteAsync(Invocation invocation, VerbRunner run)
    {
        var words = ProgramNames.Translate(invocation.Get(Name)!, invocation.Get(Words) ?? []);
        var completions = Completer.Complete(CommandTree.Build(run), words);
        invocation.Terminal.WriteLine(
            completions.Paths switch
            {
                PathKind.Files => "files",
                PathKind.Directories => "dirs",
                _ => "words",
            }
        );
        foreach (var candidate in completions.Words)
        {
            invocation.Terminal.WriteLine(
                candidate.Description.Length > 0 ? $"{candidate.Word}\t{Rendering.Table.OneLine(candidate.Description)}" : candidate.Word
            );
        }

        return Task.FromResult(0);
    }
}
