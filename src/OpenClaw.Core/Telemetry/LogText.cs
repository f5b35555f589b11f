using System.Buffers;
using System.Globalization;
using System.Text;

namespace OpenClaw.Core.Telemetry;

/// <summary>Keeps text on one line, whatever a task, a peer or a user put into it.</summary>
public static class LogText
{
    /// <summary>Longer texts are cut; in UTF-16 units.</summary>
    public const int MaxLength = 16 * 1024;

    // Control characters would break lines or drive a terminal; the others break lines or reverse the text in some viewers.
    private static readonly SearchValues<char> Unsafe = SearchValues.Create([
        .. Enumerable.Range(0, 32).Where(c => c != '\t').Select(c => (char)c),
        .. Enumerable.Range(0x7f, 33).Select(c => (char)c),
        '\u2028',
        '\u2029',
        '\u202a',
        '\u202b',
        '\u202c',
        '\u202d',
        '\u202e',
        '\u2066',
        '\u2067',
        '\u2068',
        '\u2069',
    ]);

    /// <summary>The text on one line: line breaks as <c>\n</c>, other control characters as <c>\u001b</c>, cut at <see cref="MaxLength"/>.</summary>
    public static string SingleLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var cut = text.Length > MaxLength ? text.Length - MaxLength : 0;
        var rest = text.AsSpan(0, text.Length - cut);
        var unsafeAt = rest.IndexOfAny(Unsafe);
        if (cut == 0 && unsafeAt < 0)
        {
            return text;
        }
        var line = new StringBuilder(rest.Length + 16);
        for (; unsafeAt >= 0; unsafeAt = rest.IndexOfAny(Unsafe))
        {
            line.Append(rest[..unsafeAt]);
            _ = rest[unsafeAt] switch
            {
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                var c => line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
            rest = rest[(unsafeAt + 1)..];
        }
        line.Append(rest);
        return cut == 0 ? line.ToString() : line.Append(CultureInfo.InvariantCulture, $"… ({cut} more)").ToString();
    }
}
