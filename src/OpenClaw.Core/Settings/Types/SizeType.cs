using System.Globalization;

namespace OpenClaw.Core.Settings;

/// <summary>
/// Sizes in bytes: <c>2G</c>, <c>512M</c>, <c>64K</c>, <c>1T</c>, <c>1.5G</c>, or a plain number of bytes.
/// As with systemd and Docker, K, KB and KiB all mean 1024 bytes, and so on; upper and lower case mean the same.
/// </summary>
public sealed class SizeType : SettingType<long>
{
    private const string Prefixes = "KMGTP";

    public override string Name => "size";

    public override string Expected => "a size like 2G, 512M or 64K (a plain number is bytes)";

    public override bool TryParse(string text, out long value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = 0;
        var all = text.AsSpan().Trim();
        var number = all[..Numeral.Length(all)];
        if (!Numeral.TryParse(number, out var amount) || !TryUnit(all[number.Length..].Trim(), out var unit))
        {
            return false;
        }
        if (amount > long.MaxValue / unit || (unit == 1 && amount != decimal.Floor(amount)))
        {
            return false;
        }
        value = (long)(amount * unit);
        return true;
    }

    public override string Format(long value)
    {
        var power = 0;
        while (power < Prefixes.Length && value != 0 && value % 1024 == 0)
        {
            value /= 1024;
            power++;
        }
        return value.ToString(CultureInfo.InvariantCulture) + (power == 0 ? "" : Prefixes[power - 1]);
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out decimal unit)
    {
        unit = 1;
        if (text.IsEmpty || text.Equals("B", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        var power = Prefixes.IndexOf(char.ToUpperInvariant(text[0]), StringComparison.Ordinal) + 1;
        var tail = text[1..];
        for (var i = 0; i < power; i++)
        {
            unit *= 1024;
        }
        return power > 0
            && (
                tail.IsEmpty
                || tail.Equals("B", StringComparison.OrdinalIgnoreCase)
                || tail.Equals("iB", StringComparison.OrdinalIgnoreCase)
            );
    }
}
