using System.Globalization;
using System.Text;

namespace OpenClaw.Hosting.Settings;

/// <summary>TOML's four kinds of strings.</summary>
internal static class TomlStrings
{
    /// <summary>Reads the string that begins here.</summary>
    internal static string Read(TomlCursor cursor) =>
        cursor switch
        {
            _ when cursor.TryTake("\"\"\"") => ReadMultiline(cursor, '"'),
            _ when cursor.TryTake("'''") => ReadMultiline(cursor, '\''),
            _ => ReadLine(cursor),
        };

    /// <summary>Reads a string on one line: basic or literal. Keys take no other.</summary>
    internal static string ReadLine(TomlCursor cursor)
    {
        var start = cursor.At;
        var quote = cursor.Take();
        var text = new StringBuilder();
        while (cursor.Current != quote || cursor.AtEnd)
        {
            if (cursor.AtLineEnd)
            {
                throw new ConfigSyntaxException(start, "the text is never closed");
            }
            ReadCharacter(cursor, quote, text);
        }
        cursor.Take();
        return text.ToString();
    }

    private static string ReadMultiline(TomlCursor cursor, char quote)
    {
        var start = cursor.At;
        var end = new string(quote, 3);
        var text = new StringBuilder();
        if (cursor.AtLineEnd)
        {
            cursor.TakeLineEnd();
        }
        // Up to two quotes may stand before the three that close.
        while (!cursor.Looks(end) || cursor.Peek(3) == quote)
        {
            if (cursor.AtEnd)
            {
                throw new ConfigSyntaxException(start, "the text is never closed");
            }
            if (cursor.AtLineEnd)
            {
                cursor.TakeLineEnd();
                text.Append('\n');
            }
            else if (quote == '"' && cursor.Current == '\\' && IsLineFold(cursor))
            {
                cursor.Take();
                cursor.TakeWhile(char.IsWhiteSpace);
            }
            else
            {
                ReadCharacter(cursor, quote, text);
            }
        }
        cursor.TryTake(end);
        return text.ToString();
    }

    private static bool IsLineFold(TomlCursor cursor)
    {
        var ahead = 1;
        while (cursor.Peek(ahead) is ' ' or '\t' or '\r')
        {
            ahead++;
        }
        return cursor.Peek(ahead) == '\n';
    }

    private static void ReadCharacter(TomlCursor cursor, char quote, StringBuilder text)
    {
        if (cursor.Current != '\t' && char.IsControl(cursor.Current) && cursor.Current < '\u0080')
        {
            throw cursor.Wrong($"{cursor.Found()} may not stand in a text");
        }
        if (quote == '\'' || cursor.Current != '\\')
        {
            text.Append(cursor.Take());
            return;
        }
        var at = cursor.At;
        cursor.Take();
        var escape = cursor.AtEnd ? '\0' : cursor.Take();
        text.Append(
            escape switch
            {
                'b' => "\b",
                't' => "\t",
                'n' => "\n",
                'f' => "\f",
                'r' => "\r",
                'e' => "\u001b",
                '"' => "\"",
                '\\' => "\\",
                'x' => ReadHex(cursor, 2),
                'u' => ReadHex(cursor, 4),
                'U' => ReadHex(cursor, 8),
                _ => throw new ConfigSyntaxException(at, "the escape is not known; in '…' quotes a \\ stands for itself"),
            }
        );
    }

    private static string ReadHex(TomlCursor cursor, int digits)
    {
        var at = cursor.At;
        var hex = new StringBuilder();
        while (hex.Length < digits && char.IsAsciiHexDigit(cursor.Current))
        {
            hex.Append(cursor.Take());
        }
        var code = hex.Length == digits ? uint.Parse(hex.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : uint.MaxValue;
        return Rune.IsValid(code)
            ? new Rune(code).ToString()
            : throw new ConfigSyntaxException(at, $"expected {digits} hexadecimal digits of a character");
    }
}
