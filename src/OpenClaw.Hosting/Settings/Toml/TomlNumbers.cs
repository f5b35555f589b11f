using System.Globalization;
using System.Numerics;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>TOML's words without quotes: numbers and booleans. Dates, inf and nan are not taken, and said so.</summary>
internal static class TomlNumbers
{
    internal static SettingScalar Read(TomlCursor cursor)
    {
        var at = cursor.At;
        var word = cursor.TakeWhile(c => char.IsLetterOrDigit(c) || c is '+' or '-' or '_' or '.' or ':' or '/');
        if (word.Length == 0)
        {
            throw cursor.Wrong($"expected a value, found {cursor.Found()}");
        }
        if (word is "true" or "false")
        {
            return new(at, ScalarKind.Boolean, word);
        }
        var digits = Digits(word);
        if (digits is not null && TryNumber(digits) is { } number)
        {
            return new(at, ScalarKind.Number, number);
        }
        throw new ConfigSyntaxException(at, Complaint(word));
    }

    /// <summary>The word without its separators; null when one stands where none may.</summary>
    private static string? Digits(string word)
    {
        for (var i = 0; i < word.Length; i++)
        {
            if (
                word[i] == '_'
                && (i == 0 || i == word.Length - 1 || !char.IsAsciiHexDigit(word[i - 1]) || !char.IsAsciiHexDigit(word[i + 1]))
            )
            {
                return null;
            }
        }
        return word.Replace("_", "", StringComparison.Ordinal);
    }

    private static string? TryNumber(string word)
    {
        var based = word.Length > 2 && word[0] == '0' && word[1] is 'x' or 'o' or 'b';
        if (based)
        {
            return TryBased(
                word[2..],
                word[1] switch
                {
                    'x' => 16,
                    'o' => 8,
                    _ => 2,
                }
            );
        }
        var unsigned = word.TrimStart('+', '-');
        if (
            word.Length - unsigned.Length > 1
            || unsigned.Length == 0
            || !char.IsAsciiDigit(unsigned[0])
            || !char.IsAsciiDigit(unsigned[^1])
        )
        {
            return null;
        }
        var whole = unsigned.All(char.IsAsciiDigit);
        var leadingZero = unsigned.Length > 1 && unsigned[0] == '0' && char.IsAsciiDigit(unsigned[1]);
        if (leadingZero || unsigned.Contains("..", StringComparison.Ordinal))
        {
            return null;
        }
        if (whole)
        {
            return long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number.ToString(CultureInfo.InvariantCulture)
                : null;
        }
        return
            !unsigned.Contains(".e", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(
                word,
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out var real
            )
            && double.IsFinite(real)
            ? real.ToString("R", CultureInfo.InvariantCulture)
            : null;
    }

    private static string? TryBased(string digits, int radix)
    {
        var value = BigInteger.Zero;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }
            value = value * radix + digit;
        }
        return value <= long.MaxValue ? value.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static string Complaint(string word)
    {
        var looksLikeDate =
            word.Length >= 5 && char.IsAsciiDigit(word[0]) && (word.Contains(':', StringComparison.Ordinal) || word.LastIndexOf('-') > 3);
        if (looksLikeDate && !word.Contains('e', StringComparison.OrdinalIgnoreCase))
        {
            return $"the date or time {word} is not taken; write it in quotes where a text is wanted";
        }
        if (word.TrimStart('+', '-') is "inf" or "nan")
        {
            return $"{word} is not taken; write a number";
        }
        return char.IsAsciiDigit(word[0])
            ? $"{word} is no number; a value with a unit stands in quotes: \"{word}\""
            : $"{word} is no value; text stands in quotes: \"{word}\"";
    }
}
