using System.Globalization;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>A place in TOML text that knows its line and column, and what may stand between tokens.</summary>
internal sealed class TomlCursor(string text, string name)
{
    private int offset;
    private int line = 1;
    private int lineStart;

    internal bool AtEnd => offset >= text.Length;

    /// <summary>The character here, or '\0' at the end.</summary>
    internal char Current => offset < text.Length ? text[offset] : '\0';

    internal SourcePosition At => SourcePosition.File(name, line, offset - lineStart + 1);

    internal bool AtLineEnd => AtEnd || Current == '\n' || (Current == '\r' && Peek(1) == '\n');

    internal char Peek(int ahead) => offset + ahead < text.Length ? text[offset + ahead] : '\0';

    internal bool Looks(string token) => text.AsSpan(offset).StartsWith(token);

    internal char Take()
    {
        var c = text[offset++];
        if (c == '\n')
        {
            line++;
            lineStart = offset;
        }
        return c;
    }

    internal bool TryTake(string token)
    {
        if (!Looks(token))
        {
            return false;
        }
        for (var i = 0; i < token.Length; i++)
        {
            Take();
        }
        return true;
    }

    internal void Expect(string token, string what)
    {
        if (!TryTake(token))
        {
            throw Wrong($"expected {what}, found {Found()}");
        }
    }

    internal string TakeWhile(Func<char, bool> belongs)
    {
        var start = offset;
        while (!AtEnd && belongs(Current))
        {
            Take();
        }
        return text[start..offset];
    }

    /// <summary>Skips spaces and tabs.</summary>
    internal void SkipBlanks() => TakeWhile(c => c is ' ' or '\t');

    /// <summary>Skips blanks, comments and line ends.</summary>
    internal void SkipLines()
    {
        while (true)
        {
            SkipBlanks();
            SkipComment();
            if (AtEnd || !AtLineEnd)
            {
                return;
            }
            TakeLineEnd();
        }
    }

    /// <summary>Requires that nothing but a comment follows on this line, and goes to the next.</summary>
    internal void EndLine()
    {
        SkipBlanks();
        SkipComment();
        if (!AtLineEnd)
        {
            throw Wrong($"expected the end of the line, found {Found()}");
        }
        TakeLineEnd();
    }

    internal void TakeLineEnd()
    {
        if (Current == '\r')
        {
            Take();
        }
        if (!AtEnd)
        {
            Take();
        }
    }

    internal ConfigSyntaxException Wrong(string message) => new(At, message);

    internal string Found() =>
        AtEnd ? "the end of the file"
        : AtLineEnd ? "the end of the line"
        : char.IsControl(Current) ? "the character U+" + ((int)Current).ToString("X4", CultureInfo.InvariantCulture)
        : $"'{Current}'";

    private void SkipComment()
    {
        if (Current == '#')
        {
            TakeWhile(c => c is not ('\n' or '\r'));
        }
    }
}
