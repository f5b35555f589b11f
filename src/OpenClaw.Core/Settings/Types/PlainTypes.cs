using System.Globalization;

namespace OpenClaw.Core.Settings;

/// <summary>Text, not empty, on one line.</summary>
public sealed class TextType : SettingType<string>
{
    public override string Name => "text";

    public override string Expected => "a text, not empty, without line breaks";

    public override bool TryParse(string text, out string value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = text;
        return text.Length > 0 && !text.Any(char.IsControl);
    }

    public override string Format(string value) => value;
}

/// <summary>A path of a file or directory: absolute, or beginning with <c>~/</c>, or relative to the directory the program was started in.</summary>
public sealed class PathType : SettingType<string>
{
    public override string Name => "path";

    public override string Expected => "a path";

    public override bool TryParse(string text, out string value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = text;
        return text.Length > 0 && !text.Any(char.IsControl);
    }

    public override string Format(string value) => value;
}

/// <summary>Whole numbers; digits may be grouped by '_'.</summary>
public sealed class IntType : SettingType<long>
{
    public override string Name => "int";

    public override string Expected => "a whole number";

    public override bool TryParse(string text, out long value)
    {
        ArgumentNullException.ThrowIfNull(text);
        return long.TryParse(
            text.Replace("_", "", StringComparison.Ordinal).AsSpan().Trim(),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out value
        );
    }

    public override string Format(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Numbers with or without a point.</summary>
public sealed class NumberType : SettingType<double>
{
    public override string Name => "number";

    public override string Expected => "a number like 4 or 0.5";

    public override bool TryParse(string text, out double value) =>
        double.TryParse(text.AsSpan().Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    public override string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>true or false; also yes, no, on, off, 1, 0, in any case.</summary>
public sealed class BoolType : SettingType<bool>
{
    public override string Name => "bool";

    public override string Expected => "true or false";

    public override IReadOnlyList<string> Choices { get; } = ["true", "false"];

    public override bool TryParse(string text, out bool value)
    {
        ArgumentNullException.ThrowIfNull(text);
        var word = text.Trim().ToLowerInvariant();
        value = word is "true" or "yes" or "on" or "1";
        return value || word is "false" or "no" or "off" or "0";
    }

    public override string Format(bool value) => value ? "true" : "false";
}

/// <summary>One of a few words: the members of an enum in snake_case, in any case, '-' as '_'.</summary>
public sealed class ChoiceType<T> : SettingType<T>
    where T : struct, Enum
{
    // Side by side, and no pairs: every command starts with these, and code for pairs of each kind would have to be compiled first.
    private static readonly T[] Values = Enum.GetValues<T>();
    private static readonly string[] Words = Array.ConvertAll(Values, v => WordOf(v.ToString()));

    public override string Name => "choice";

    public override IReadOnlyList<string> Choices { get; } = Words;

    public override string Expected
    {
        get => Words.Length == 1 ? Words[0] : $"{string.Join(", ", Words[..^1])} or {Words[^1]}";
    }

    public override bool TryParse(string text, out T value)
    {
        ArgumentNullException.ThrowIfNull(text);
        var word = text.Trim().Replace('-', '_');
        var place = Array.FindIndex(Words, w => string.Equals(w, word, StringComparison.OrdinalIgnoreCase));
        value = place < 0 ? default : Values[place];
        return place >= 0;
    }

    public override string Format(T value) => WordOf(value.ToString());

    private static string WordOf(string member)
    {
        var word = new System.Text.StringBuilder();
        foreach (var c in member)
        {
            word.Append(char.IsUpper(c) && word.Length > 0 ? "_" : "").Append(char.ToLowerInvariant(c));
        }

        return word.ToString();
    }
}
