using System.Buffers.Binary;

namespace OpenClaw.Abi.Protocol;

/// <summary>Reads the fields of one frame's body. Past the end every read gives a default and <see cref="Complete"/> is false.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> rest = body;
    private bool failed;

    /// <summary>Every field was there and nothing was left over.</summary>
    public readonly bool Complete => !failed && rest.IsEmpty;

    private ReadOnlySpan<byte> Take(int count)
    {
        if (failed || count < 0 || count > rest.Length)
        {
            failed = true;
            return default;
        }
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public int Int32() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : 0;

    public long Int64() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;

    public ulong UInt64() => (ulong)Int64();

    public double Double() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : 0;

    public ReadOnlySpan<byte> Bytes() => Take(Int32());

    /// <summary>A list of texts; its length is bounded by what the body can hold, so a wrong count allocates nothing.</summary>
    public string[] Texts()
    {
        var count = Int32();
        if (failed || count < 0 || count > rest.Length / 4)
        {
            failed = true;
            return [];
        }
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            texts[i] = System.Text.Encoding.UTF8.GetString(Bytes());
        }
        return texts;
    }
}
