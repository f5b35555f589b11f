using System.Globalization;
using System.Text;

namespace OpenClaw.Core.Settings;

/// <summary>
/// Durations: <c>5s</c>, <c>500ms</c>, <c>2m</c>, <c>1h30m</c>, <c>1.5h</c>, or a plain number of seconds.
/// Units are d, h, m, s, ms and us, each at most once and in this order. Never negative; at most 10,000 days.
/// Exact to 100 ns.
/// </summary>
public sealed class DurationType : SettingType<TimeSpan>
{
    private static readonly (string Name, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
    ];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(10_000);

    public override string Name => "duration";

    public override string Expected => "a duration like 5s, 500ms, 2m or 1h30m (a plain number is seconds)";

    public override bool TryParse(string text, out TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = default;
        var rest = text.AsSpan().Trim();
        if (Numeral.TryParse(rest, out var seconds))
        {
            return TryTicks(seconds * TimeSpan.TicksPerSecond, out value);
        }
        decimal ticks = 0;
        var nextUnit = 0;
        while (!rest.IsEmpty)
        {
            var digits = Numeral.Length(rest);
            if (!Numeral.TryParse(rest[..digits], out var number))
            {
                return false;
            }
            rest = rest[digits..];
            var name = rest[..Numeral.Gap(rest)];
            var unit = FindUnit(name);
            if (unit < nextUnit)
            {
                return false;
            }
            ticks += number * Units[unit].Ticks;
            nextUnit = unit + 1;
            rest = rest[name.Length..];
        }
        return nextUnit > 0 && TryTicks(ticks, out value);
    }

    public override string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }
        var text = new StringBuilder();
        var left = value.Ticks;
        foreach (var (name, ticks) in Units)
        {
            if (ticks == TimeSpan.TicksPerMicrosecond)
            {
                break;
            }
            if (left >= ticks)
            {
                text.Append(CultureInfo.InvariantCulture, $"{left / ticks}{name}");
                left %= ticks;
            }
        }
        return left == 0 ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"{left / 10m:0.#}us").ToString();
    }

    private static int FindUnit(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < Units.Length; i++)
        {
            if (name.SequenceEqual(Units[i].Name))
            {
                return i;
            }
        }
        return -1;
    }

    private static bool TryTicks(decimal ticks, out TimeSpan value)
    {
        var fits = ticks >= 0 && ticks <= Longest.Ticks;
        value = fits ? TimeSpan.FromTicks((long)ticks) : default;
        return fits;
    }
}
