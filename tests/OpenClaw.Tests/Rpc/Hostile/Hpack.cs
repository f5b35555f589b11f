using System.Text;

namespace OpenClaw.Tests.Rpc.Hostile;

/// <summary>
/// The little of HPACK that the hostile programs need. Writes literals alone; reads what Kestrel writes to a peer that allows it no
/// table: static names, literals, no Huffman.
/// </summary>
internal static class Hpack
{
    private static readonly string[] StaticNames =
    [
        ":authority :method :method :path :path :scheme :scheme :status :status :status :status :status :status :status",
        "accept-charset accept-encoding accept-language accept-ranges accept access-control-allow-origin age allow authorization",
        "cache-control content-disposition content-encoding content-language content-length content-location content-range",
        "content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range",
        "if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh",
        "retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate",
    ];

    private static readonly string[] Names = [.. StaticNames.SelectMany(line => line.Split(' '))];
    private static readonly string[] Statuses = ["200", "204", "206", "304", "400", "404", "500"];

    public static byte[] Encode(IEnumerable<(string Name, string Value)> headers)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }
        return block.ToArray();
    }

    public static Dictionary<string, string> Decode(ReadOnlySpan<byte> block)
    {
        var headers = new Dictionary<string, string>();
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                var index = Number(ref block, 7);
                headers[Names[index - 1]] = index is >= 8 and <= 14 ? Statuses[index - 8] : "";
            }
            else if ((first & 0xE0) == 0x20)
            {
                Number(ref block, 5);
            }
            else
            {
                var index = Number(ref block, (first & 0x40) != 0 ? 6 : 4);
                var name = index == 0 ? Text(ref block) : Names[index - 1];
                headers[name] = Text(ref block);
            }
        }
        return headers;
    }

    private static void WriteText(MemoryStream block, string text)
    {
        // Latin-1, so that a test can send any byte.
        var bytes = Encoding.Latin1.GetBytes(text);
        var rest = bytes.Length;
        if (rest < 127)
        {
            block.WriteByte((byte)rest);
        }
        else
        {
            block.WriteByte(127);
            for (rest -= 127; rest >= 128; rest >>= 7)
            {
                block.WriteByte((byte)(rest | 128));
            }
            block.WriteByte((byte)rest);
        }
        block.Write(bytes);
    }

    private static int Number(ref ReadOnlySpan<byte> block, int bits)
    {
        var mask = (1 << bits) - 1;
        var value = block[0] & mask;
        block = block[1..];
        for (var shift = 0; value >= mask; shift += 7)
        {
            var next = block[0];
            block = block[1..];
            value += (next & 127) << shift;
            if (next < 128)
            {
                break;
            }
        }
        return value;
    }

    private static string Text(ref ReadOnlySpan<byte> block)
    {
        Assert.True((block[0] & 0x80) == 0, "A Huffman-coded text: this reader does not know them.");
        var length = Number(ref block, 7);
        var text = Encoding.Latin1.GetString(block[..length]);
        block = block[length..];
        return text;
    }
}
