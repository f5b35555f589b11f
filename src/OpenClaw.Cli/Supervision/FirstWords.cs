using System.Text.RegularExpressions;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Supervision;

/// <summary>Reads from what a child wrote why it ended.</summary>
internal static partial class FirstWords
{
    private const int Tail = 64 * 1024;

    /// <summary>The failure that a daemon named in its last FATAL line; null when it named none.</summary>
    public static Failure? FailureIn(string file)
    {
        string text;
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Seek(-Math.Min(stream.Length, Tail), SeekOrigin.End);
            using var reader = new StreamReader(stream);
            text = reader.ReadToEnd();
        }
        catch (IOException)
        {
            return null;
        }

        var last = Line().Matches(text).LastOrDefault();
        return last is null
            ? null
            : new Failure(Catalogue.FindOrInternal(last.Groups["code"].Value), last.Groups["message"].Value, last.Groups["next"].Value);
    }

    [GeneratedRegex(
        @"FATAL\]? ?(\[[^\]]*\] )?:? ?(?<code>clw-[a-z-]+): (?<message>.*); next: (?<next>.*)$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000
    )]
    private static partial Regex Line();
}
