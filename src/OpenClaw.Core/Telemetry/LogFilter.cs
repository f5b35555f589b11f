using System.Text.RegularExpressions;
using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Telemetry;

/// <summary>Which lines of a log are wanted. Immutable; safe to share between threads.</summary>
public sealed class LogFilter
{
    /// <summary>Longest pattern, in UTF-16 units.</summary>
    public const int MostPatternChars = 1000;

    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> components;
    private readonly string task;
    private readonly Regex? pattern;

    private LogFilter(HashSet<string> components, string task, Regex? pattern, DateTimeOffset? since)
    {
        this.components = components;
        this.task = task;
        this.pattern = pattern;
        Since = since;
    }

    /// <summary>Takes every line.</summary>
    public static LogFilter Everything { get; } = new([], "", null, null);

    /// <summary>Lines before this are not wanted; null: all are.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Names of which one has to stand in the text; none: any text will do.</summary>
    public IReadOnlyList<string> About { get; init; } = [];

    /// <summary>A filter, or what is wrong with the pattern and where.</summary>
    /// <param name="components">What lines shall be about; none: anything.</param>
    /// <param name="task">A task's printed id, which has to stand in the text; empty: none.</param>
    /// <param name="pattern">
    /// A regular expression that has to match within the line as a file has it; empty: none. Its time to match is linear in the line's
    /// length, so it knows no back references and no looking around.
    /// </param>
    /// <param name="since">The time of the first line.</param>
    public static Result<LogFilter> Create(
        IEnumerable<string> components,
        string task = "",
        string pattern = "",
        DateTimeOffset? since = null
    )
    {
        var wanted = components.ToHashSet(StringComparer.Ordinal);
        if (pattern.Length == 0)
        {
            return new LogFilter(wanted, task, null, since);
        }

        if (pattern.Length > MostPatternChars)
        {
            return Wrong($"The pattern has {pattern.Length} characters; {MostPatternChars} are allowed");
        }

        try
        {
            var regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MatchLimit);
            return new LogFilter(wanted, task, regex, since);
        }
        catch (RegexParseException e)
        {
            return Wrong($"The pattern '{pattern}' is not a regular expression: {Reason(e)} at character {e.Offset}") with
            {
                Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["offset"] = $"{e.Offset}" },
            };
        }
        catch (NotSupportedException)
        {
            return Wrong($"The pattern '{pattern}' looks back or around (\\1, (?=…), (?<!…)), which a search of logs does not");
        }
        catch (ArgumentException e)
        {
            return Wrong($"The pattern '{pattern}' is not a regular expression: {e.Message}");
        }
    }

    private LogFilter(LogFilter other)
        : this(other.components, other.task, other.pattern, other.Since) { }

    /// <summary>The same filter from another time on, or for lines that name somebody.</summary>
    public LogFilter With(DateTimeOffset? since = null, IReadOnlyList<string>? about = null) =>
        new(this) { Since = since ?? Since, About = about ?? About };

    /// <summary>Whether lines of a log that are all about one component may pass.</summary>
    public bool Wants(string component) => components.Count == 0 || components.Contains(component);

    /// <summary>Whether a line is wanted.</summary>
    /// <param name="component">What it is about.</param>
    /// <param name="at">Its time.</param>
    /// <param name="text">Its text.</param>
    /// <param name="raw">The whole line as the file has it.</param>
    public bool Takes(string component, DateTimeOffset at, string text, string raw)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return Wants(component)
                && (Since is not { } since || at >= since)
                && (task.Length == 0 || HasWord(text, task))
                && (About.Count == 0 || About.Any(name => HasWord(text, name)))
                && (pattern is null || pattern.IsMatch(raw));
        }
        catch (RegexMatchTimeoutException)
        {
            // A second for one line: rather one too many than one that nobody saw.
            return true;
        }
    }

    /// <summary>Whether a name stands in a text as a whole: <c>w1</c> is neither in <c>w12</c> nor in <c>w1-b</c>.</summary>
    public static bool HasWord(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        for (var at = 0; (at = text.IndexOf(name, at, StringComparison.Ordinal)) >= 0; at++)
        {
            if (!GoesOn(text, at - 1, -1, name) && !GoesOn(text, at + name.Length, 1, name))
            {
                return true;
            }
        }

        return false;
    }

    // Whether the character there belongs to a longer name. A hyphen or a dot does between letters, but not before a task's id: starts
    // are told with the type in front, 'sleep-task-abc123'.
    private static bool GoesOn(string text, int at, int step, string name)
    {
        bool IsLetter(int i) => i >= 0 && i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_');
        if (IsLetter(at))
        {
            return true;
        }

        var joins = at >= 0 && at < text.Length && text[at] is '-' or '.' && IsLetter(at + step);
        return joins && !(step < 0 && name.StartsWith("task-", StringComparison.Ordinal));
    }

    private static string Reason(RegexParseException e)
    {
        // "Invalid pattern '…' at offset 3. Not enough )'s." — the pattern and the place are said by us.
        var at = e.Message.IndexOf($"at offset {e.Offset}. ", StringComparison.Ordinal);
        var reason = at < 0 ? e.Message : e.Message[(at + $"at offset {e.Offset}. ".Length)..];
        return reason.TrimEnd('.');
    }

    private static Failure Wrong(string message) =>
        new(Catalogue.Usage, message, "Correct the pattern; without one: clw logs | grep -E PATTERN");
}
