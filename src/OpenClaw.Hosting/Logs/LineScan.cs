using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Hosting.Logs;

/// <summary>A whole line of a file: its bytes without the line's end, and where they stand.</summary>
internal readonly ref struct ScannedLine(ReadOnlySpan<byte> bytes, long start, long end)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public long Start { get; } = start;

    /// <summary>Behind the line's end.</summary>
    public long End { get; } = end;
}

/// <summary>What is done with a line. False: enough.</summary>
internal delegate bool LineVisitor(ScannedLine line);

/// <summary>Goes through the lines of an open file, block by block, either way. What has no line's end yet is no line.</summary>
internal static class LineScan
{
    private const int BlockBytes = 64 * 1024;

    /// <summary>A line beyond this is none of ours (ours are cut at a quarter of it) and is passed over in pieces.</summary>
    private const int MostLineBytes = 256 * 1024;

    /// <summary>Visits lines from an offset on. Gives the offset behind the last line that was visited.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="from">The beginning of a line.</param>
    /// <param name="budget">Bytes to look at; the line that reaches it is the last.</param>
    /// <param name="visit">Called for each.</param>
    /// <param name="isEnd">True when there is no further whole line now.</param>
    public static long Forward(SafeFileHandle file, long from, long budget, LineVisitor visit, out bool isEnd)
    {
        var buffer = new byte[BlockBytes];
        var at = from;
        isEnd = false;
        while (true)
        {
            var length = RandomAccess.Read(file, buffer, at);
            var used = 0;
            while (used < length && buffer.AsSpan(used, length - used).IndexOf((byte)'\n') is >= 0 and var end)
            {
                var start = at + used;
                var bytes = buffer.AsSpan(used, end);
                used += end + 1;
                if (!visit(new(bytes, start, at + used)) || at + used - from >= budget)
                {
                    return at + used;
                }
            }

            at += used;
            if (used > 0)
            {
                continue;
            }

            if (length < buffer.Length)
            {
                isEnd = true;
                return at;
            }

            if (buffer.Length < MostLineBytes)
            {
                buffer = new byte[MostLineBytes];
            }
            else
            {
                at += length;
            }
        }
    }

    /// <summary>Visits lines from the last one that ends at or before an offset, backwards.</summary>
    /// <returns>True when the visitor has had enough.</returns>
    public static bool Backward(SafeFileHandle file, long until, LineVisitor visit)
    {
        var size = BlockBytes;
        var end = EndOfLines(file, until);
        while (end > 0)
        {
            var from = Math.Max(0, end - size);
            var buffer = new byte[(int)(end - from)];
            var length = RandomAccess.Read(file, buffer, from);
            if (length < buffer.Length)
            {
                // Cut short under our eyes: there is nothing whole here any more.
                return false;
            }

            // The first line of a block may have begun before it.
            var whole = from == 0 ? 0 : buffer.AsSpan(0, length - 1).IndexOf((byte)'\n') + 1;
            if (from > 0 && whole == 0)
            {
                if (size >= MostLineBytes)
                {
                    end = from;
                }

                size = Math.Min(size * 2, MostLineBytes);
                continue;
            }

            size = BlockBytes;
            var behind = length;
            while (behind > whole)
            {
                var start = Math.Max(whole, buffer.AsSpan(whole, behind - 1 - whole).LastIndexOf((byte)'\n') + 1 + whole);
                if (!visit(new(buffer.AsSpan(start, behind - 1 - start), from + start, from + behind)))
                {
                    return true;
                }

                behind = start;
            }

            end = from + whole;
        }

        return false;
    }

    /// <summary>The beginning of the first line at or behind an offset; the file's end when there is none.</summary>
    public static long NextLine(SafeFileHandle file, long at)
    {
        if (at == 0)
        {
            return 0;
        }

        var buffer = new byte[BlockBytes];
        // The byte before may be the end of the line before.
        for (at--; ; )
        {
            var length = RandomAccess.Read(file, buffer, at);
            var end = buffer.AsSpan(0, length).IndexOf((byte)'\n');
            if (end >= 0 || length == 0)
            {
                return at + end + 1;
            }

            at += length;
        }
    }

    private static long EndOfLines(SafeFileHandle file, long until)
    {
        var buffer = new byte[BlockBytes];
        var end = Math.Min(until, RandomAccess.GetLength(file));
        while (end > 0)
        {
            var from = Math.Max(0, end - buffer.Length);
            var length = RandomAccess.Read(file, buffer.AsSpan(0, (int)(end - from)), from);
            var last = buffer.AsSpan(0, length).LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                return from + last + 1;
            }

            end = from;
        }

        return 0;
    }
}
