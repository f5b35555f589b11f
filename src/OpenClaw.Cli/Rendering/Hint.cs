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

    /// <summary>The next step on the page of a task whose attempt failed.</summary>
    /// <param name="entry">How.</param>
    /// <param name="id">The task.</param>
    /// <param name="type">Its type.</param>
    /// <param name="hasBacktrace">The page shows where it crashed.</param>
    public static string AfterAttempt(ErrorEntry entry, string id, string type, bool hasBacktrace = false)
    {
        if (hasBacktrace)
        {
            return Fill("Mend what the backtrace shows, then: clw task retry ID", id);
        }

        // It was JSON, or it would not have become a task: its content was refused.
        return entry == Catalogue.PayloadInvalid
            ? Fill("Submit it again with a payload that is as the failure says: clw task submit TYPE --payload '…'", id, type)
            : Beyond(entry, "clw task show", id, type);
    }

    /// <summary>The next step of who tries a plugin: its file, unless the cause lies outside of it.</summary>
    public static string AfterTrial(ErrorEntry entry, string plugin)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry == Catalogue.PayloadInvalid ? "Give it a payload that is as the message says: --payload '…'"
            : ByOthers.Contains(entry) ? entry.Cure[0]
            : $"Mend {plugin}, then run it again";
    }

    // Files, rights and hosts that the payload names, and limits: no change of the plugin's text is what helps first.
    private static readonly ErrorEntry[] ByOthers =
    [
        Catalogue.PictureInvalid,
        Catalogue.PictureTool,
        Catalogue.PathRefused,
        Catalogue.HttpRefused,
        Catalogue.InitFail,
    ];

    [GeneratedRegex(@"\b(ID|TYPE)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
