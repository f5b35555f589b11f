namespace OpenClaw.Core.Tasks;

/// <summary>
/// The printed id of a task: <c>task-</c> and a bijective scramble of the store's 64-bit sequence in lower-case base 32.
/// Six characters for numbers below 2^30, one more for every further five bits, thirteen at most. Never random and,
/// because the sequence never goes back, never reused. The scramble only keeps neighbours from looking alike; it is no secret.
/// </summary>
/// <param name="Number">The store's sequence number, from 1.</param>
public readonly record struct TaskId(long Number) : IComparable<TaskId>
{
    public const string Prefix = "task-";

    /// <summary>Crockford's alphabet in lower case: no i, l, o, u.</summary>
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private const int ShortestWidth = 6;
    private const int LongestWidth = 13;

    public override string ToString()
    {
        var width = WidthOf((ulong)Number);
        return string.Create(
            Prefix.Length + width,
            (Scrambled: Scramble((ulong)Number, width), width),
            static (span, state) =>
            {
                Prefix.CopyTo(span);
                var value = state.Scrambled;
                for (var i = span.Length - 1; i >= Prefix.Length; i--, value >>= 5)
                {
                    span[i] = Alphabet[(int)(value & 31)];
                }
            }
        );
    }

    /// <summary>Reads an id as printed; the prefix may be left out and letters may be upper case. False for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TaskId id)
    {
        id = default;
        text = text.Trim();
        if (text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            text = text[Prefix.Length..];
        }

        if (text.Length is < ShortestWidth or > LongestWidth)
        {
            return false;
        }

        ulong value = 0;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(char.ToLowerInvariant(c));
            if (digit < 0 || value >> 59 != 0)
            {
                return false; // Not a letter of ours, or thirteen of them that say more than 64 bits.
            }

            value = (value << 5) | (uint)digit;
        }

        var number = Unscramble(value, text.Length);

        // A number that fits a shorter id is never printed this long.
        if (number is 0 or > long.MaxValue || WidthOf(number) != text.Length)
        {
            return false;
        }

        id = new TaskId((long)number);
        return true;
    }

    public int CompareTo(TaskId other) => Number.CompareTo(other.Number);

    public static bool operator <(TaskId left, TaskId right) => left.Number < right.Number;

    public static bool operator >(TaskId left, TaskId right) => left.Number > right.Number;

    public static bool operator <=(TaskId left, TaskId right) => left.Number <= right.Number;

    public static bool operator >=(TaskId left, TaskId right) => left.Number >= right.Number;

    private static int WidthOf(ulong number)
    {
        var width = ShortestWidth;
        while (width < LongestWidth && number >> (5 * width) != 0)
        {
            width++;
        }

        return width;
    }

    // Two rounds of xor-shift and multiplication by an odd constant, each a bijection on the low `bits` bits.
    // Thirteen characters hold 65 bits; a number has 64 at most, so the mask stops there.
    private const ulong OddA = 0x9E3779B97F4A7C15;
    private const ulong OddB = 0xD6E8FEB86659FD93;

    private static ulong Scramble(ulong number, int width)
    {
        var bits = Math.Min(5 * width, 64);
        var mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        var shift = bits / 2;
        var x = number;
        x = (x * OddA) & mask;
        x ^= x >> shift;
        x = (x * OddB) & mask;
        x ^= x >> shift;
        return x;
    }

    private static ulong Unscramble(ulong scrambled, int width)
    {
        var bits = Math.Min(5 * width, 64);
        var mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        var shift = bits / 2;
        var x = scrambled & mask;
        // With a shift of half the bits, x ^ (x >> shift) undoes itself in one step (two when the width is odd).
        x = UndoXorShift(x, shift, bits);
        x = (x * Inverse(OddB)) & mask;
        x = UndoXorShift(x, shift, bits);
        return (x * Inverse(OddA)) & mask;
    }

    private static ulong UndoXorShift(ulong value, int shift, int bits)
    {
        var result = value;
        for (var done = shift; done < bits; done += shift)
        {
            result = value ^ (result >> shift);
        }

        return result;
    }

    /// <summary>The multiplicative inverse modulo 2^64, by Newton's iteration; its low bits are the inverse modulo any smaller power.</summary>
    private static ulong Inverse(ulong odd)
    {
        var x = odd;
        for (var i = 0; i < 5; i++)
        {
            x *= 2 - (odd * x);
        }

        return x;
    }
}
