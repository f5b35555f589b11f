namespace OpenClaw.Runner.Pictures;

/// <summary>The five filters of a row (chapter 9 of the standard), both ways. <c>distance</c> is the bytes of a whole pixel, at least 1.</summary>
internal static class PngFilters
{
    public const int Count = 5;

    /// <summary>Undoes a filter in place. False when there is no such filter.</summary>
    public static bool Undo(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        above = above[..row.Length];
        var head = Math.Min(distance, row.Length);
        switch (filter)
        {
            case 0:
                return true;
            case 1:
                for (var i = distance; i < row.Length; i++)
                {
                    row[i] += row[i - distance];
                }
                return true;
            case 2:
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] += above[i];
                }
                return true;
            case 3:
                for (var i = 0; i < head; i++)
                {
                    row[i] += (byte)(above[i] >> 1);
                }
                for (var i = distance; i < row.Length; i++)
                {
                    row[i] += (byte)((row[i - distance] + above[i]) >> 1);
                }
                return true;
            case 4:
                for (var i = 0; i < head; i++)
                {
                    row[i] += above[i];
                }
                for (var i = distance; i < row.Length; i++)
                {
                    row[i] += Paeth(row[i - distance], above[i], above[i - distance]);
                }
                return true;
            default:
                return false;
        }
    }

    /// <summary>Applies a filter, and gives the sum of its output's distances from 0: the smallest is the best guess (12.7).</summary>
    public static long Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> output)
    {
        above = above[..row.Length];
        output = output[..row.Length];
        var head = Math.Min(distance, row.Length);
        for (var i = 0; i < head; i++)
        {
            output[i] = filter switch
            {
                0 or 1 => row[i],
                3 => (byte)(row[i] - (above[i] >> 1)),
                _ => (byte)(row[i] - above[i]),
            };
        }
        switch (filter)
        {
            case 0:
                row.CopyTo(output);
                break;
            case 1:
                for (var i = distance; i < row.Length; i++)
                {
                    output[i] = (byte)(row[i] - row[i - distance]);
                }
                break;
            case 2:
                for (var i = distance; i < row.Length; i++)
                {
                    output[i] = (byte)(row[i] - above[i]);
                }
                break;
            case 3:
                for (var i = distance; i < row.Length; i++)
                {
                    output[i] = (byte)(row[i] - ((row[i - distance] + above[i]) >> 1));
                }
                break;
            default:
                for (var i = distance; i < row.Length; i++)
                {
                    output[i] = (byte)(row[i] - Paeth(row[i - distance], above[i], above[i - distance]));
                }
                break;
        }
        var sum = 0L;
        foreach (var value in output)
        {
            sum += Math.Abs((int)(sbyte)value);
        }
        return sum;
    }

    /// <summary>Left, above or above left: which is nearest to left + above - above left (9.4).</summary>
    private static byte Paeth(int left, int above, int corner)
    {
        var a = above - corner;
        var b = left - corner;
        var c = Math.Abs(a + b);
        a = Math.Abs(a);
        b = Math.Abs(b);
        return (byte)(
            a <= b && a <= c ? left
            : b <= c ? above
            : corner
        );
    }
}
