using System.Buffers;
using System.Globalization;

namespace OpenClaw.Core.Settings;

/// <summary>Plain decimal numbers: digits, at most one point, no sign, no exponent; at most 15 digits, so that no product overflows.</summary>
internal static class Numeral
{
    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789.");

    /// <summary>How many characters at the beginning belong to a number.</summary>
    internal static int Length(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Characters) is >= 0 and var end ? end : text.Length;

    /// <summary>How many characters at the beginning belong to no number.</summary>
    internal static int Gap(ReadOnlySpan<char> text) => text.IndexOfAny(Characters) is >= 0 and var end ? end : text.Length;

    internal static bool TryParse(ReadOnlySpan<char> text, out decimal value)
    {
        value = 0;
        return text.Length is > 0 and <= 16
            && char.IsAsciiDigit(text[0])
            && char.IsAsciiDigit(text[^1])
            && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }
}
