using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using OpenClaw.V1;

namespace OpenClaw.Worker.Outbox;

/// <summary>
/// The bytes of an outbox segment, frozen by golden files: the magic <c>CLWOUT1\n</c>, then records of u32 length, u32 CRC-32C of the
/// rest, i64 incarnation and an <c>openclaw.v1.AttemptOutcome</c>, all little-endian. Length counts incarnation and outcome.
/// </summary>
internal static class OutboxFormat
{
    public static ReadOnlySpan<byte> Magic => "CLWOUT1\n"u8;
    private const int HeadBytes = 8;

    /// <summary>A result of 1 MiB, last lines, and room for the rest.</summary>
    public const int MaxRecordBytes = 4 << 20;

    public static void Write(ArrayBufferWriter<byte> buffer, long incarnation, AttemptOutcome outcome)
    {
        var size = 8 + outcome.CalculateSize();
        var span = buffer.GetSpan(HeadBytes + size)[..(HeadBytes + size)];
        var body = span[HeadBytes..];
        BinaryPrimitives.WriteInt64LittleEndian(body, incarnation);
        outcome.WriteTo(body[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], Crc(body));
        buffer.Advance(HeadBytes + size);
    }

    /// <summary>
    /// Takes the records off the front, up to the first that is cut short or damaged: what a crash in the middle of a write leaves.
    /// Returns how many bytes are good.
    /// </summary>
    public static long Read(ReadOnlySpan<byte> bytes, Action<long, AttemptOutcome> record)
    {
        if (!bytes.StartsWith(Magic))
        {
            return 0;
        }

        var rest = bytes[Magic.Length..];
        while (rest.Length >= HeadBytes)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (size is < 8 or > MaxRecordBytes || rest.Length < HeadBytes + (int)size)
            {
                break;
            }

            var body = rest.Slice(HeadBytes, (int)size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]) != Crc(body))
            {
                break;
            }

            record(BinaryPrimitives.ReadInt64LittleEndian(body), AttemptOutcome.Parser.ParseFrom(body[8..]));
            rest = rest[(HeadBytes + (int)size)..];
        }

        return bytes.Length - rest.Length;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
