using System.Buffers.Binary;

namespace OpenClaw.Runner.Pictures;

/// <summary>The checksum of PNG's chunks (annex D of the standard: CRC-32 of ISO 3309), eight bytes at a step.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    /// <summary>Goes on from a checksum; the first one is 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var t = Table;
        crc = ~crc;
        while (bytes.Length >= 8)
        {
            var a = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var b = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc =
                t[0x700 + (a & 0xFF)]
                ^ t[0x600 + ((a >> 8) & 0xFF)]
                ^ t[0x500 + ((a >> 16) & 0xFF)]
                ^ t[0x400 + (a >> 24)]
                ^ t[0x300 + (b & 0xFF)]
                ^ t[0x200 + ((b >> 8) & 0xFF)]
                ^ t[0x100 + ((b >> 16) & 0xFF)]
                ^ t[b >> 24];
            bytes = bytes[8..];
        }
        foreach (var value in bytes)
        {
            crc = t[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }
        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[8 * 256];
        for (var n = 0u; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++)
            {
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }
            table[n] = c;
        }
        for (var n = 256; n < table.Length; n++)
        {
            table[n] = table[table[n - 256] & 0xFF] ^ (table[n - 256] >> 8);
        }
        return table;
    }
}
