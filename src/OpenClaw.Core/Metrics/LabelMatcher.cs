using System.Text.RegularExpressions;

namespace OpenClaw.Core.Metrics;

/// <summary>How a label is compared.</summary>
public enum MatchKind
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>=~</c>: the whole value.</summary>
    Matches,

    /// <summary><c>!~</c></summary>
    MatchesNot,
}

/// <summary>One condition of a selector. A series without the label has it empty.</summary>
public sealed class LabelMatcher
{
    private readonly Regex? pattern;

    /// <exception cref="ArgumentException">The value is no regular expression, or one that takes more than linear time.</exception>
    public LabelMatcher(string label, MatchKind kind, string value)
    {
        (Label, Kind, Value) = (label, kind, value);
        if (kind is MatchKind.Matches or MatchKind.MatchesNot)
        {
            try
            {
                // By itself first: a message about it should not show what is put around it.
                _ = new Regex(value, RegexOptions.NonBacktracking);
                pattern = new Regex(
                    $"^(?:{value})$",
                    RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline
                );
            }
            catch (NotSupportedException e)
            {
                // Back references and looking around.
                throw new ArgumentException(e.Message, nameof(value), e);
            }
        }
    }

    public string Label { get; }

    public MatchKind Kind { get; }

    public string Value { get; }

    public bool Accepts(string value) =>
        Kind switch
        {
            MatchKind.Equal => value == Value,
            MatchKind.NotEqual => value != Value,
            MatchKind.Matches => pattern!.IsMatch(value),
            _ => !pattern!.IsMatch(value),
        };

    /// <summary>The value of a label; empty when it is not there.</summary>
    public static string ValueOf(IReadOnlyList<KeyValuePair<string, string>> labels, string name)
    {
        ArgumentNullException.ThrowIfNull(labels);
        foreach (var (label, value) in labels)
        {
            if (label == name)
            {
                return value;
            }
        }

        return "";
    }
}
