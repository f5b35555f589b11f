namespace OpenClaw.Worker.Runners;

/// <summary>
/// Bytes as they come, lines as they are: every byte is searched once and moved a constant number of times on the average, however the
/// lines and the pieces are cut. One owner.
/// </summary>
internal sealed class LineBuffer(int size = 16 * 1024)
{
    private byte[] bytes = new byte[size];

    // What was not taken is [start, end); before seen there is no line feed in it.
    private int start;
    private int seen;
    private int end;

    /// <summary>Bytes of the line that is not whole yet, once every whole one is taken.</summary>
    public int Held => end - start;

    /// <summary>Bytes moved inside the buffer since the beginning: what a test bounds.</summary>
    public long Moved { get; private set; }

    /// <summary>Room for more, never empty. Lines that were taken are not valid any more.</summary>
    public Memory<byte> GetMemory()
    {
        if (start > 0)
        {
            Buffer.BlockCopy(bytes, start, bytes, 0, Held);
            Moved += Held;
            (start, seen, end) = (0, seen - start, end - start);
        }

        if (end == bytes.Length)
        {
            Moved += Held;
            Array.Resize(ref bytes, bytes.Length * 2);
        }

        return bytes.AsMemory(end);
    }

    /// <summary>That many bytes were written to the room.</summary>
    public void Advance(int count) => end += count;

    public void Add(ReadOnlySpan<byte> more)
    {
        while (!more.IsEmpty)
        {
            var room = GetMemory().Span;
            var fits = Math.Min(room.Length, more.Length);
            more[..fits].CopyTo(room);
            Advance(fits);
            more = more[fits..];
        }
    }

    /// <summary>The next whole line, without its line feed; valid until <see cref="GetMemory"/>.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> line)
    {
        var at = bytes.AsSpan(seen, end - seen).IndexOf((byte)'\n');
        if (at < 0)
        {
            seen = end;
            line = default;
            return false;
        }

        line = bytes.AsMemory(start, seen + at - start);
        start = seen += at + 1;
        return true;
    }
}
