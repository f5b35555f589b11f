using System.Text;

namespace OpenClaw.Cli.Rendering;

/// <summary>Texts with colours in them: how wide they are, and cut without losing the end of a colour. Pure.</summary>
internal static class AnsiText
{
    private const char Escape = '\u001b';
    private const string Plain = "\u001b[0m";

    /// <summary>Columns, each letter counted as one.</summary>
    public static int Width(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var width = 0;
        for (var i = 0; i < text.Length; )
        {
            i = Next(text, i, out var visible);
            width += visible ? 1 : 0;
        }

        return width;
    }

    /// <summary>The text, or as much of it as fits.</summary>
    public static string Cut(string text, int width)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Width(text) <= width)
        {
            return text;
        }

        var cut = new StringBuilder();
        var used = 0;
        var colored = false;
        for (var i = 0; i < text.Length; )
        {
            var next = Next(text, i, out var visible);
            if (visible && used++ >= width - 1)
            {
                cut.Append('…');
                break;
            }

            colored |= !visible;
            cut.Append(text, i, next - i);
            i = next;
        }

        return colored ? cut.Append(Plain).ToString() : cut.ToString();
    }

    // Behind the letter, or the colour, that begins here.
    private static int Next(string text, int at, out bool visible)
    {
        visible = text[at] != Escape;
        if (visible)
        {
            return at + (char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1);
        }

        var end = text.IndexOf('m', at);
        return end < 0 ? text.Length : end + 1;
    }
}
