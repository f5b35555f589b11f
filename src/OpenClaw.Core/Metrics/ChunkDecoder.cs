using System.Buffers.Binary;

namespace OpenClaw.Core.Metrics;

/// <summary>
/// Reads the samples of a chunk, in order. After the version byte stand tokens: 0x01–0x3F the value before, so many times; 0x40–0x7F
/// places without a sample, one more than the low six bits; 0x80 the next sample's counter began from zero; 0x81 the value before plus a
/// zigzag varint; 0x82–0xBF plus −30 to 31; 0xC0–0xFF the bits of the value before, changed in (low three bits + 1) bytes behind so many
/// (next three bits) leading ones that stay. The first value stands behind 0. What is damaged ends the reading, and never throws.
/// </summary>
public ref struct ChunkDecoder
{
    private readonly ReadOnlySpan<byte> bytes;
    private int at;
    private int repeats;
    private int next;

    /// <param name="bytes">What <see cref="ChunkEncoder.ToArray"/> gave.</param>
    public ChunkDecoder(ReadOnlySpan<byte> bytes)
    {
        this.bytes = bytes;
        IsDamaged = bytes.IsEmpty || bytes[0] != ChunkEncoder.Version;
        at = IsDamaged ? bytes.Length : 1;
    }

    /// <summary>The place of the sample in the chunk.</summary>
    public int Index { get; private set; }

    public double Value { get; private set; }

    /// <summary>The counter began from zero since the sample before.</summary>
    public bool Fresh { get; private set; }

    /// <summary>The bytes are not what an encoder writes: what was read before is good.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Goes to the next sample; false when there is none.</summary>
    public bool Read()
    {
        Fresh = false;
        while (repeats == 0)
        {
            if (at >= bytes.Length)
            {
                return false;
            }

            var token = bytes[at++];
            switch (token)
            {
                case 0:
                    return Damaged();
                case <= ChunkEncoder.MostRepeats:
                    repeats = token;
                    break;
                case < ChunkEncoder.Fresh:
                    next += token - ChunkEncoder.Missing + 1;
                    break;
                case ChunkEncoder.Fresh:
                    Fresh = true;
                    break;
                default:
                    if (!ReadValue(token))
                    {
                        return Damaged();
                    }

                    repeats = 1;
                    break;
            }
        }

        if (next >= MetricTime.ChunkSlots)
        {
            return Damaged();
        }

        repeats--;
        Index = next++;
        return true;
    }

    private bool ReadValue(byte token)
    {
        if (token >= ChunkEncoder.Xor)
        {
            var leading = (token >> 3) & 7;
            var significant = (token & 7) + 1;
            if (leading + significant > 8 || at + significant > bytes.Length)
            {
                return false;
            }

            Span<byte> all = stackalloc byte[8];
            all.Clear();
            bytes.Slice(at, significant).CopyTo(all[leading..]);
            at += significant;
            Value = BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(Value) ^ BinaryPrimitives.ReadUInt64BigEndian(all));
            return true;
        }

        if (token >= ChunkEncoder.SmallDelta)
        {
            Value += token - ChunkEncoder.SmallDelta + ChunkEncoder.LeastSmall;
            return true;
        }

        ulong zigzag = 0;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var part = bytes[at++];
            zigzag |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                Value += (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
                return true;
            }
        }

        return false;
    }

    private bool Damaged()
    {
        IsDamaged = true;
        at = bytes.Length;
        repeats = 0;
        return false;
    }
}
