using System.Text;

namespace OpenClaw.Core.Metrics;

/// <summary>What tells a series from all others: the metric's full name and its labels as text, in the order of the metric's row.</summary>
/// <param name="Name"><c>openclaw_task_run_seconds_count</c>.</param>
/// <param name="Labels"><c>type="image"</c>, several with a comma between; empty without labels.</param>
public readonly record struct SeriesKey(string Name, string Labels)
{
    /// <summary>Labels as text. Quotes, backslashes and line ends are escaped as Prometheus does.</summary>
    public static string Join(IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"");
            foreach (var letter in value)
            {
                _ = letter switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(letter),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }

    /// <summary>The labels of a text that <see cref="Join"/> made; what is not understood is left out.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Split(string labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var found = new List<KeyValuePair<string, string>>();
        var value = new StringBuilder();
        for (var at = 0; at < labels.Length; at++)
        {
            var equals = labels.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0)
            {
                break;
            }

            var name = labels[at..equals];
            value.Clear();
            for (at = equals + 2; at < labels.Length && labels[at] != '"'; at++)
            {
                var letter = labels[at];
                if (letter == '\\' && at + 1 < labels.Length)
                {
                    letter = labels[++at] is 'n' ? '\n' : labels[at];
                }

                value.Append(letter);
            }

            // Behind the closing quote; the loop steps over the comma.
            at++;
            found.Add(new(name, value.ToString()));
        }

        return found;
    }

    public override string ToString() => Labels.Length == 0 ? Name : $"{Name}{{{Labels}}}";
}
