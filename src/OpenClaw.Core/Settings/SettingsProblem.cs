using System.Globalization;
using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Settings;

/// <summary>One thing that is wrong, or deserves a look, in the configuration.</summary>
/// <param name="At">Where.</param>
/// <param name="Key">The key's path; empty when the problem is not one key's.</param>
/// <param name="Text">What is wrong and what was expected; one line, no secret.</param>
public sealed record SettingsProblem(SourcePosition At, string Key, string Text)
{
    /// <summary><c>file:line:column: key: text</c></summary>
    public override string ToString() => Key.Length == 0 ? $"{At}: {Text}" : $"{At}: {Key}: {Text}";

    /// <summary>One failure for all problems: the first as its message, and each as a line of its data, <c>problem.1</c> and on.</summary>
    public static Failure AsFailure(IReadOnlyList<SettingsProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return OfLines([.. problems.Select(p => p.ToString())]);
    }

    /// <summary>One failure that carries the problems of several, in order.</summary>
    public static Failure Join(IEnumerable<Failure> failures) => OfLines([.. failures.SelectMany(LinesOf)]);

    /// <summary>All problem lines of a failure that <see cref="AsFailure"/> made, in order; the failure's message for any other.</summary>
    public static IReadOnlyList<string> LinesOf(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        var lines = new List<string>();
        while (failure.Data.TryGetValue("problem." + (lines.Count + 1).ToString(CultureInfo.InvariantCulture), out var line))
        {
            lines.Add(line);
        }
        return lines.Count > 0 ? lines : [failure.Message];
    }

    private static Failure OfLines(IReadOnlyList<string> lines) =>
        new(Catalogue.ConfigInvalid, lines.Count > 1 ? $"{lines[0]} (and {lines.Count - 1} more)" : lines[0])
        {
            Data = lines
                .Select((line, i) => (Name: "problem." + (i + 1).ToString(CultureInfo.InvariantCulture), Line: line))
                .ToDictionary(p => p.Name, p => p.Line, StringComparer.Ordinal),
        };
}
