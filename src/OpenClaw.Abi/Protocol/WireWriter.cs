using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpenClaw.Abi.Protocol;

/// <summary>Writes the fields of one frame into a span of exactly the frame's size. The caller has measured.</summary>
internal ref struct WireWriter(Span<byte> target)
{
    private readonly Span<byte> target = target;
    private int at;

    public const int HeaderBytes = 5;

    public readonly int Written => at;

    public void Byte(byte value) => target[at++] = value;

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target[at..], value);
        at += 4;
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target[at..], value);
        at += 8;
    }

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target[at..], value);
        at += 8;
    }

    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(target[at..], value);
        at += 8;
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        value.CopyTo(target[at..]);
        at += value.Length;
    }

    public void Text(string value)
    {
        var length = Encoding.UTF8.GetBytes(value, target[(at + 4)..]);
        Int32(length);
        at += length;
    }

    public static int SizeOf(string value) => 4 + Encoding.UTF8.GetByteCount(value);

    public static int SizeOf(ReadOnlySpan<byte> value) => 4 + value.Length;

    /// <summary>Opens a frame of <paramref name="bodyBytes"/> bytes: reserves it in <paramref name="output"/> and writes length and kind.</summary>
    public static WireWriter Open(IBufferWriter<byte> output, FrameKind kind, int bodyBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bodyBytes + 1, ProtocolLimits.MaxFrameBytes, nameof(bodyBytes));
        var writer = new WireWriter(output.GetSpan(HeaderBytes + bodyBytes)[..(HeaderBytes + bodyBytes)]);
        writer.Int32(bodyBytes + 1);
        writer.Byte((byte)kind);
        return writer;
    }

    /// <summary>Hands the frame over. A frame that is not exactly as long as it was measured is a bug of ours and must not leave the process.</summary>
    public readonly void Close(IBufferWriter<byte> output)
    {
        if (at != target.Length)
        {
            throw new InvalidOperationException($"a frame measured as {target.Length} bytes was written with {at}");
        }
        output.Advance(at);
    }

    /// <summary>Cuts UTF-8 text to <see cref="ProtocolLimits.MaxTextBytes"/> without splitting a character.</summary>
    public static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text)
    {
        if (text.Length <= ProtocolLimits.MaxTextBytes)
        {
            return text;
        }
        var end = ProtocolLimits.MaxTextBytes;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }
        return text[..end];
    }
}
