using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Core.Metrics;

/// <summary>
/// Reads queries: <c>NAME</c>, <c>NAME{label="v",label!="v",label=~"regex",label!~"regex"}</c>, and <c>rate(NAME{…}[5m])</c> with
/// increase, p50, p95 and p99 in place of rate. Pure; a mistake is a failure with its place.
/// </summary>
public static class MetricQueryParser
{
    /// <summary>Characters of a query.</summary>
    public const int MostChars = 2000;

    /// <summary>Matchers of a query.</summary>
    public const int MostMatchers = 32;

    public static Result<MetricQuery> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MostChars)
        {
            return new Failure(Catalogue.MetricQuery, $"A query has at most {MostChars} characters");
        }

        try
        {
            return new Reader(text).Query();
        }
        catch (FailureException e)
        {
            return e.Failure;
        }
    }

    private sealed class Reader(string text)
    {
        private int at;

        public MetricQuery Query()
        {
            var start = Skip();
            var name = Word("the name of a metric");
            if (Skip() < text.Length && text[at] == '(')
            {
                var function = FunctionOf(name, start);
                at++;
                var query = Selector(function, allowsWindow: true);
                Take(')', $"to end {name}(");
                AtEnd();
                return query;
            }

            at = start;
            var plain = Selector(MetricFunction.None, allowsWindow: false);
            AtEnd();
            return plain;
        }

        private static MetricFunction? Known(string name) =>
            Enum.GetValues<MetricFunction>()
                .Cast<MetricFunction?>()
                .FirstOrDefault(f => f != MetricFunction.None && NameOf(f!.Value) == name);

        private MetricFunction FunctionOf(string name, int start) =>
            Known(name)
            ?? throw Wrong(
                start,
                NearestName.Find(name, Enum.GetValues<MetricFunction>().Skip(1).Select(NameOf)) is { } near
                    ? $"there is no function {name}; did you mean {near}?"
                    : $"there is no function {name}; there are {string.Join(", ", Enum.GetValues<MetricFunction>().Skip(1).Select(NameOf))}"
            );

        private MetricQuery Selector(MetricFunction function, bool allowsWindow)
        {
            var nameAt = Skip();
            var name = Word("the name of a metric");
            var matchers = new List<LabelMatcher>();
            if (Skip() < text.Length && text[at] == '{')
            {
                at++;
                while (Skip() >= text.Length || text[at] != '}')
                {
                    if (matchers.Count > 0)
                    {
                        Take(',', "between two conditions, or '}'");
                        if (Skip() < text.Length && text[at] == '}')
                        {
                            break;
                        }
                    }

                    if (matchers.Count == MostMatchers)
                    {
                        throw Wrong(at, $"at most {MostMatchers} conditions");
                    }

                    matchers.Add(Matcher());
                }

                at++;
            }

            TimeSpan? window = null;
            if (Skip() < text.Length && text[at] == '[')
            {
                if (!allowsWindow)
                {
                    throw Wrong(at, "a window in brackets stands inside a function only: rate(NAME[5m])");
                }

                window = Window();
            }

            return new(function, name, nameAt, matchers, window);
        }

        private LabelMatcher Matcher()
        {
            Skip();
            var label = Word("the name of a label");
            var kind = Operator();
            var valueAt = Skip();
            var value = Quoted();
            try
            {
                return new LabelMatcher(label, kind, value);
            }
            catch (ArgumentException e)
            {
                throw Wrong(valueAt, $"{label}: {e.Message.Split('\n')[0].TrimEnd('.')}");
            }
        }

        private MatchKind Operator()
        {
            Skip();
            foreach (
                var (sign, kind) in new[]
                {
                    ("=~", MatchKind.Matches),
                    ("!~", MatchKind.MatchesNot),
                    ("!=", MatchKind.NotEqual),
                    ("==", MatchKind.Equal),
                    ("=", MatchKind.Equal),
                }
            )
            {
                if (text.AsSpan(at).StartsWith(sign, StringComparison.Ordinal))
                {
                    at += sign.Length;
                    return kind;
                }
            }

            throw Wrong(at, "=, !=, =~ or !~ is expected");
        }

        private string Quoted()
        {
            if (at >= text.Length || text[at] is not ('"' or '\''))
            {
                throw Wrong(at, "a value in quotes is expected");
            }

            var (open, quote) = (at, text[at++]);
            var value = new StringBuilder();
            for (; at < text.Length; at++)
            {
                var letter = text[at];
                if (letter == quote)
                {
                    at++;
                    return value.ToString();
                }

                // Only what would else end or break the value is escaped; \d of a pattern stays as it is.
                if (letter == '\\' && at + 1 < text.Length && text[at + 1] is '\\' or '"' or '\'')
                {
                    letter = text[++at];
                }

                value.Append(letter);
            }

            throw Wrong(open, "the quotes are not closed");
        }

        private TimeSpan Window()
        {
            var open = at++;
            var close = text.IndexOf(']', at);
            if (close < 0)
            {
                throw Wrong(open, "the bracket is not closed");
            }

            var span = text[at..close].Trim();
            at = close + 1;
            return SettingTypes.Duration.TryParse(span, out var window) && window >= MetricTime.Step && window <= MetricTime.Retention
                ? window
                : throw Wrong(open + 1, $"a span from 10s to 24h is expected, not '{span}'");
        }

        private string Word(string what)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or ':'))
            {
                at++;
            }

            return at > start && !char.IsAsciiDigit(text[start]) ? text[start..at] : throw Wrong(start, $"{what} is expected");
        }

        private void Take(char sign, string why)
        {
            if (Skip() >= text.Length || text[at] != sign)
            {
                throw Wrong(at, $"'{sign}' is expected {why}");
            }

            at++;
        }

        private void AtEnd()
        {
            if (Skip() < text.Length)
            {
                throw Wrong(at, $"nothing more is expected, not '{text[at..]}'");
            }
        }

        private int Skip()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            return at;
        }

        private FailureException Wrong(int place, string what) =>
            new Failure(Catalogue.MetricQuery, $"{text.ReplaceLineEndings(" ")}: column {place + 1}: {what}")
            {
                Data = new Dictionary<string, string>
                {
                    ["column"] = (place + 1).ToString(System.Globalization.CultureInfo.InvariantCulture),
                },
            }.AsException();
    }

    /// <summary>A function as it is written.</summary>
    public static string NameOf(MetricFunction function) => function.ToString().ToLowerInvariant();
}
