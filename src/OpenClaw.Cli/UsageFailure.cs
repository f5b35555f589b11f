using System.CommandLine;
using System.CommandLine.Parsing;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli;

/// <summary>What is wrong with a command line, in one sentence, with the nearest word that would be right.</summary>
public static class UsageFailure
{
    /// <summary>Null when the line is in order.</summary>
    public static Failure? Of(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        if (AsksForHelp(parsed))
        {
            return null;
        }

        var command = PathOf(parsed.CommandResult);
        var next = $"See what it takes: {command} --help";
        // A misread option first: it has taken the place of the argument that is now one too many.
        if (MisreadOptions(parsed).Concat(parsed.UnmatchedTokens).FirstOrDefault() is { } word)
        {
            var isOption = word.StartsWith('-');
            var what =
                isOption ? "option"
                : parsed.CommandResult.Command.Subcommands.Count > 0 ? "command"
                : "argument";
            var hint = NearestName.Find(word, Candidates(parsed.CommandResult, isOption)) is { } near ? $"; did you mean {near}?" : "";
            return new(Catalogue.Usage, $"{command} has no {what} '{word}'{hint}", next);
        }

        if (parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } group)
        {
            var verbs = string.Join(", ", group.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
            return new(Catalogue.Usage, $"{command} needs a command: {verbs}", $"See what each does: {command} --help");
        }

        return parsed.Errors.Count > 0 ? new(Catalogue.Usage, Sentence(parsed.Errors[0].Message), next) : null;
    }

    // The parser takes an unknown option for an argument where there is room for one; only behind `--` it is meant so.
    private static IEnumerable<string> MisreadOptions(ParseResult parsed) =>
        parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash)
            ? []
            : parsed
                .CommandResult.Children.OfType<ArgumentResult>()
                .SelectMany(a => a.Tokens)
                .Select(t => t.Value)
                .Where(v => v.Length > 1 && v[0] == '-' && !char.IsAsciiDigit(v[1]));

    private static bool AsksForHelp(ParseResult parsed) => parsed.Action is System.CommandLine.Help.HelpAction;

    private static string Sentence(string message) => message.TrimEnd('.');

    private static IEnumerable<string> Candidates(CommandResult result, bool options)
    {
        if (!options)
        {
            return result.Command.Subcommands.Where(c => !c.Hidden).SelectMany(c => c.Aliases.Prepend(c.Name));
        }

        var names = new List<string>();
        for (var at = result; at is not null; at = at.Parent as CommandResult)
        {
            names.AddRange(
                at.Command.Options.Where(o => !o.Hidden && (at == result || o.Recursive)).SelectMany(o => o.Aliases.Prepend(o.Name))
            );
        }

        return names;
    }

    private static string PathOf(CommandResult result)
    {
        var words = new Stack<string>();
        for (var at = result; at is not null; at = at.Parent as CommandResult)
        {
            words.Push(at.Parent is null ? "clw" : at.Command.Name);
        }

        return string.Join(' ', words);
    }
}
