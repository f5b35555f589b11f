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
    /// Takes out every record that is whole. What is not (a write that a crash cut short, a damaged disk) is passed over to the next
    /// record that its checksum proves, and told with its position and length. Returns where the last good record ends.
    /// </summary>
    public static long Read(ReadOnlySpan<byte> bytes, Action<long, AttemptOutcome> record, Action<long, long> damaged)
    {
        var good = bytes.StartsWith(Magic) ? Magic.Length : 0;
        for (var at = good; at <= bytes.Length - HeadBytes; )
        {
            if (TryRead(bytes[at..], out var incarnation, out var outcome) is var length and > 0)
            {
                if (at > good)
                {
                    damaged(good, at - good);
                }

                record(incarnation, outcome!);
                at += length;
                good = at;
            }
            else
            {
                at++;
            }
        }

        if (good < bytes.Length)
        {
            damaged(good, bytes.Length - good);
        }

        return good;
    }

    // The length of the record that begins here; 0 when none does.
    private static int TryRead(ReadOnlySpan<byte> bytes, out long incarnation, out AttemptOutcome? outcome)
    {
        (incarnation, outcome) = (0, null);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size is < 8 or > MaxRecordBytes || bytes.Length < HeadBytes + (int)size)
        {
            return 0;
        }

        var body = bytes.Slice(HeadBytes, (int)size);
        incarnation = BinaryPrimitives.ReadInt64LittleEndian(body);
        if (incarnation <= 0 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Crc(body))
        {
            return 0;
        }

        try
        {
            outcome = AttemptOutcome.Parser.ParseFrom(body[8..]);
            return HeadBytes + (int)size;
        }
        catch (InvalidProtocolBufferException)
        {
            return 0;
        }
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
