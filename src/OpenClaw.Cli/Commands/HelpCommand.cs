using System.CommandLine;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw help task submit</c>: what <c>clw task submit --help</c> prints.</summary>
internal static class HelpCommand
{
    private static readonly Argument<string[]> Words = new("command")
    {
        Description = "The command, as it is typed",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create(VerbRunner run, RootCommand root) =>
        CommandTree.Verb(run, "help", "Print the help of a command", invocation => RunAsync(root, invocation), Words);

    private static Task<int> RunAsync(RootCommand root, Invocation invocation)
    {
        var words = invocation.Get(Words) ?? [];
        Command command = root;
        for (var i = 0; i < words.Length && command.Subcommands.Count > 0; i++)
        {
            command =
                command.Subcommands.FirstOrDefault(c => c.Name == words[i] || c.Aliases.Contains(words[i]))
                ?? throw (UsageFailure.Of(root.Parse(words[..(i + 1)])) ?? Unknown(words[i])).AsException();
        }

        return root.Parse([.. words, "--help"]).InvokeAsync(new() { Output = invocation.Terminal.Out, Error = invocation.Terminal.Error });
    }

    private static Failure Unknown(string word) => new(Catalogue.Usage, $"There is no command '{word}'", "clw help shows them all");
}
