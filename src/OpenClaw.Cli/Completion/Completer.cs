using System.CommandLine;

namespace OpenClaw.Cli.Completion;

/// <summary>A word that may stand at the cursor.</summary>
/// <param name="Word">The whole word.</param>
/// <param name="Description">What it is; empty when it speaks for itself.</param>
internal sealed record Candidate(string Word, string Description);

/// <summary>What may stand at the cursor: words, or names of files or directories, which the shell finds by itself.</summary>
internal sealed record Completions(IReadOnlyList<Candidate> Words, PathKind Paths = PathKind.None)
{
    public static Completions None { get; } = new([]);
}

internal enum PathKind
{
    None,
    Files,
    Directories,
}

/// <summary>
/// Completes a command line from the tree of commands: verbs, options, and the values that <see cref="ValueWords"/> knows. It walks the
/// words as the parser would, but forgives what is not complete yet.
/// </summary>
internal static class Completer
{
    /// <param name="root">The command tree.</param>
    /// <param name="words">The words after the program's name; the last is the one at the cursor, empty when it has not begun.</param>
    public static Completions Complete(RootCommand root, IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(words);
        var current = words.Count == 0 ? "" : words[^1];
        var place = Walk(root, words.Take(words.Count - 1));
        if (place.Pending is { } pending)
        {
            return Matching(ValueWords.Of(pending, words), current);
        }

        if (current.StartsWith('-') && !place.OnlyArguments)
        {
            return OfOption(place, current, words);
        }

        var subcommands = place.Arguments == 0 ? place.Command.Subcommands.Where(c => !c.Hidden) : [];
        var found = subcommands.Select(c => new Candidate(c.Name, c.Description ?? "")).ToList();
        var values = ArgumentAt(place) is { } argument ? ValueWords.Of(argument, place.Command, words) : Completions.None;
        var all = values with { Words = [.. found, .. values.Words] };
        if (all.Words.Count == 0 && all.Paths == PathKind.None && current.Length == 0 && !place.OnlyArguments)
        {
            // Nothing but options can stand here.
            return OfOption(place, "--", words);
        }

        return Matching(all, current);
    }

    private static Place Walk(RootCommand root, IEnumerable<string> words)
    {
        var place = new Place(root);
        foreach (var word in words)
        {
            if (place.Pending is not null)
            {
                place.Pending = null;
            }
            else if (place.OnlyArguments)
            {
                place.Arguments++;
            }
            else if (word == "--")
            {
                place.OnlyArguments = true;
            }
            else if (word.StartsWith('-') && word.Length > 1)
            {
                var equals = word.IndexOf('=', StringComparison.Ordinal);
                var option = place.Find(equals < 0 ? word : word[..equals]);
                if (option is not null)
                {
                    place.Given.Add(option);
                    place.Pending = equals < 0 && option.Arity.MinimumNumberOfValues > 0 ? option : null;
                }
            }
            else if (place.Arguments == 0 && place.Command.Subcommands.FirstOrDefault(c => IsNamed(c, word)) is { } next)
            {
                place.Enter(next);
            }
            else
            {
                place.Arguments++;
            }
        }

        return place;
    }

    private static Completions OfOption(Place place, string current, IReadOnlyList<string> words)
    {
        var equals = current.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            var name = current[..(equals + 1)];
            if (place.Find(current[..equals]) is not { } option)
            {
                return Completions.None;
            }

            var values = Matching(ValueWords.Of(option, words), current[(equals + 1)..]);
            return values with { Words = [.. values.Words.Select(c => c with { Word = name + c.Word })] };
        }

        var names = place
            .Visible()
            .Where(o => !place.Given.Contains(o) || o.Arity.MaximumNumberOfValues > 1)
            .SelectMany(o => Names(o, current).Select(n => new Candidate(n, o.Description ?? "")));
        return Matching(new([.. names]), current);
    }

    // The short name only to whoever has begun it: otherwise the list is twice as long.
    private static IEnumerable<string> Names(Option option, string current) =>
        current.StartsWith("--", StringComparison.Ordinal) || option.Name.StartsWith("--", StringComparison.Ordinal)
            ? option.Aliases.Prepend(option.Name).Where(n => n.StartsWith("--", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)
            : [option.Name];

    private static Argument? ArgumentAt(Place place)
    {
        var first = 0;
        foreach (var argument in place.Command.Arguments)
        {
            if (place.Arguments < first + (long)argument.Arity.MaximumNumberOfValues)
            {
                return argument;
            }

            first += argument.Arity.MaximumNumberOfValues;
        }

        return null;
    }

    private static Completions Matching(Completions all, string prefix) =>
        all with
        {
            Words = [.. all.Words.Where(c => c.Word.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))],
        };

    private static bool IsNamed(Command command, string word) => command.Name == word || command.Aliases.Contains(word);

    /// <summary>How far the words have come.</summary>
    private sealed class Place(Command root)
    {
        private readonly List<Option> inherited = [];

        public Command Command { get; private set; } = root;

        /// <summary>Arguments of the command that stand already.</summary>
        public int Arguments { get; set; }

        /// <summary>An option whose value comes next.</summary>
        public Option? Pending { get; set; }

        /// <summary>Behind <c>--</c>.</summary>
        public bool OnlyArguments { get; set; }

        public HashSet<Option> Given { get; } = [];

        public void Enter(Command next)
        {
            inherited.AddRange(Command.Options.Where(o => o.Recursive));
            Command = next;
            Arguments = 0;
        }

        public IEnumerable<Option> Visible() => Command.Options.Concat(inherited).Where(o => !o.Hidden);

        public Option? Find(string name) =>
            Command.Options.Concat(inherited).FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name));
    }
}
