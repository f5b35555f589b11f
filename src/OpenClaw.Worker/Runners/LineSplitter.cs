using System.Text;

namespace OpenClaw.Worker.Runners;

/// <summary>Cuts bytes into lines. A line over the limit is cut there and its rest dropped; bad UTF-8 becomes U+FFFD. One owner.</summary>
internal sealed class LineSplitter(int maxBytes)
{
    // Grows to what lines need: most processes say little.
    private byte[] partial = [];
    private int length;

    public void Add(ReadOnlySpan<byte> bytes, Action<string> line)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..end];
            var fits = Math.Min(piece.Length, maxBytes - length);
            if (length + fits > partial.Length)
            {
                Array.Resize(ref partial, Math.Min(maxBytes, Math.Max(256, 2 * (length + fits))));
            }

            piece[..fits].CopyTo(partial.AsSpan(length));
            length += fits;
            if (end < 0)
            {
                return;
            }

            Emit(line);
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>The last line need not end with a newline.</summary>
    public void End(Action<string> line)
    {
        if (length > 0)
        {
            Emit(line);
        }
    }

    private void Emit(Action<string> line)
    {
        var text = partial.AsSpan(0, length).TrimEnd((byte)'\r');
        line(Encoding.UTF8.GetString(text));
        length = 0;
    }
}
