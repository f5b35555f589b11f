using System.Text.RegularExpressions;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Rendering;

/// <summary>Next steps of the catalogue with the names of this very task in place of ID and TYPE, so that they can be copied as they are.</summary>
public static partial class Hint
{
    /// <summary>A hint with names filled in; what is not known (empty) stays as it is.</summary>
    public static string Fill(string hint, string id, string type = "") =>
        Placeholder()
            .Replace(
                hint,
                m =>
                    m.Value == "ID" && id.Length > 0 ? id
                    : m.Value == "TYPE" && type.Length > 0 ? type
                    : m.Value
            );

    /// <summary>The failure of a task, with a next step that names it.</summary>
    public static Failure For(Failure failure, string id, string type = "")
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure with { Next = Fill(failure.NextStep, id, type) };
    }

    /// <summary>The first cure that does more than send the reader to the page that he is reading.</summary>
    public static string Beyond(ErrorEntry entry, string command, string id, string type)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var cure =
            entry.Cure.FirstOrDefault(c => !c.Contains(command, StringComparison.Ordinal)) ?? $"What it means: clw explain {entry.Code}";
        return Fill(cure, id, type);
    }

    [GeneratedRegex(@"\b(ID|TYPE)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
