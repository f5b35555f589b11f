using System.Buffers.Binary;
using System.Numerics;

namespace OpenClaw.Core.Metrics;

/// <summary>
/// Writes the samples of one series in one chunk of time, one after the other, as few bytes. Most samples are the one before (a byte for
/// up to 63 of them) or a small whole number more (a byte or two); anything else is the bytes in which it differs. Not thread-safe.
/// </summary>
/// <remarks>The format is kept on disk and never changes; a new one begins with another version byte. See <see cref="ChunkDecoder"/>.</remarks>
public sealed class ChunkEncoder
{
    internal const byte Version = 1;
    internal const byte MostRepeats = 0x3F;
    internal const byte Missing = 0x40;
    internal const byte MostMissing = 64;
    internal const byte Fresh = 0x80;
    internal const byte Delta = 0x81;
    internal const byte SmallDelta = 0x82;
    internal const int LeastSmall = -30;
    internal const int MostSmall = 31;
    internal const byte Xor = 0xC0;

    /// <summary>Beyond it a double no longer has every whole number.</summary>
    internal const double MostWhole = 1L << 53;

    private byte[] bytes = new byte[16];
    private int length;
    private double previous;
    private int repeats;

    public ChunkEncoder() => Clear();

    /// <summary>The place behind the last sample, 0 to <see cref="MetricTime.ChunkSlots"/>.</summary>
    public int Next { get; private set; }

    /// <summary>Begins another chunk.</summary>
    public void Clear()
    {
        bytes[0] = Version;
        (length, previous, repeats, Next) = (1, 0, 0, 0);
    }

    /// <summary>Adds a sample. False, and nothing happened, when its place is taken or lies behind the chunk.</summary>
    /// <param name="index">Its place in the chunk.</param>
    /// <param name="value">The value.</param>
    /// <param name="fresh">A counter that began from zero since the sample before.</param>
    public bool Append(int index, double value, bool fresh)
    {
        if (index < Next || index >= MetricTime.ChunkSlots)
        {
            return false;
        }

        if (index > Next)
        {
            EndRepeats();
            for (var gap = index - Next; gap > 0; gap -= MostMissing)
            {
                Put((byte)(Missing + Math.Min(gap, MostMissing) - 1));
            }
        }

        if (fresh)
        {
            EndRepeats();
            Put(Fresh);
        }

        Next = index + 1;
        if (BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(previous))
        {
            if (++repeats == MostRepeats)
            {
                EndRepeats();
            }

            return true;
        }

        EndRepeats();
        PutValue(value);
        previous = value;
        return true;
    }

    /// <summary>The chunk as it stands: samples may follow.</summary>
    public byte[] ToArray()
    {
        var whole = new byte[length + (repeats > 0 ? 1 : 0)];
        bytes.AsSpan(0, length).CopyTo(whole);
        if (repeats > 0)
        {
            whole[^1] = (byte)repeats;
        }

        return whole;
    }

    private void PutValue(double value)
    {
        var difference = value - previous;
        if (IsWhole(value) && IsWhole(previous) && Math.Abs(difference) < int.MaxValue)
        {
            var delta = (long)difference;
            if (delta is >= LeastSmall and <= MostSmall)
            {
                Put((byte)(SmallDelta + delta - LeastSmall));
                return;
            }

            Put(Delta);
            var zigzag = (ulong)((delta << 1) ^ (delta >> 63));
            for (; zigzag >= 0x80; zigzag >>= 7)
            {
                Put((byte)(zigzag | 0x80));
            }

            Put((byte)zigzag);
            return;
        }

        var changed = BitConverter.DoubleToUInt64Bits(value) ^ BitConverter.DoubleToUInt64Bits(previous);
        var leading = BitOperations.LeadingZeroCount(changed) / 8;
        var significant = 8 - leading - (BitOperations.TrailingZeroCount(changed) / 8);
        Span<byte> all = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(all, changed);
        Put((byte)(Xor | (leading << 3) | (significant - 1)));
        for (var i = leading; i < leading + significant; i++)
        {
            Put(all[i]);
        }
    }

    // Negative zero is another value than zero, and the difference of the two would not tell.
    private static bool IsWhole(double value) =>
        Math.Abs(value) < MostWhole && Math.Floor(value) == value && !(value == 0 && double.IsNegative(value));

    private void EndRepeats()
    {
        if (repeats > 0)
        {
            Put((byte)repeats);
            repeats = 0;
        }
    }

    private void Put(byte value)
    {
        if (length == bytes.Length)
        {
            Array.Resize(ref bytes, length * 2);
        }

        bytes[length++] = value;
    }
}
