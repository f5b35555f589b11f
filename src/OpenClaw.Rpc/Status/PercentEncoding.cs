using System.Buffers;
using System.Text;

namespace OpenClaw.Rpc;

/// <summary>
/// The encoding of <c>grpc-message</c>: UTF-8, in which every byte outside 0x20–0x7E and every '%' is written as %XX.
/// </summary>
public static class PercentEncoding
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        string.Concat(Enumerable.Range(0x20, 0x5F).Select(c => (char)c)).Replace("%", "", StringComparison.Ordinal)
    );

    /// <summary>How many bytes the text takes as it travels.</summary>
    public static int Length(string text)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length += Length(rune);
        }
        return length;
    }

    internal static int Length(Rune rune) => rune.Value is >= 0x20 and <= 0x7E and not '%' ? 1 : 3 * rune.Utf8SequenceLength;

    /// <summary>The text as it travels. Never fails: an unpaired surrogate becomes U+FFFD.</summary>
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
        {
            return text;
        }
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(Hex(b >> 4)).Append(Hex(b & 15));
            }
        }
        return encoded.ToString();
    }

    /// <summary>
    /// The text that was sent. Never fails, as the protocol demands: a broken %-sequence stays as it is,
    /// bytes that are no UTF-8 become U+FFFD.
    /// </summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%', StringComparison.Ordinal))
        {
            return encoded;
        }
        var bytes = new ArrayBufferWriter<byte>(encoded.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < encoded.Length; i++)
        {
            var c = encoded[i];
            if (c == '%' && i + 2 < encoded.Length && char.IsAsciiHexDigit(encoded[i + 1]) && char.IsAsciiHexDigit(encoded[i + 2]))
            {
                bytes.Write([(byte)((Value(encoded[i + 1]) << 4) | Value(encoded[i + 2]))]);
                i += 2;
            }
            else
            {
                var rune =
                    Rune.DecodeFromUtf16(encoded.AsSpan(i), out var r, out var used) == OperationStatus.Done ? r : Rune.ReplacementChar;
                bytes.Write(utf8[..rune.EncodeToUtf8(utf8)]);
                i += used - 1;
            }
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static char Hex(int nibble) => "0123456789ABCDEF"[nibble];

    private static int Value(char hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
