using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace OpenClaw.Runner.Pictures;

/// <summary>
/// Writes pixels 0xRRGGBBAA as a PNG of eight bits: RGB when every pixel is opaque, else RGBA. Each row takes the filter whose output
/// is smallest. The same pixels give the same bytes.
/// </summary>
internal static class PngWriter
{
    /// <summary>Writes a whole file; does not close the stream.</summary>
    /// <param name="pixels">Width × height.</param>
    public static void Write(Stream output, ReadOnlySpan<uint> pixels, int width, int height)
    {
        var alpha = !IsOpaque(pixels);
        output.Write(PngFormat.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = (byte)(alpha ? PngColor.Rgba : PngColor.Rgb);
        header[10..].Clear();
        WriteChunk(output, PngFormat.Ihdr, header);
        using (var data = new PngDataWriter(output))
        {
            using (var rows = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
            {
                WriteRows(rows, pixels, width, height, alpha ? 4 : 3);
            }
            data.Flush();
        }
        WriteChunk(output, PngFormat.Iend, []);
    }

    public static void WriteChunk(Stream output, uint type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(word[4..], type);
        output.Write(word);
        output.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.Append(Crc32.Append(0, word[4..]), data));
        output.Write(word[..4]);
    }

    private static bool IsOpaque(ReadOnlySpan<uint> pixels)
    {
        foreach (var pixel in pixels)
        {
            if ((pixel & 0xFF) != 0xFF)
            {
                return false;
            }
        }
        return true;
    }

    private static void WriteRows(ZLibStream output, ReadOnlySpan<uint> pixels, int width, int height, int channels)
    {
        var length = width * channels;
        // The row, the one above, and a candidate of each filter behind the byte that names it.
        var memory = ArrayPool<byte>.Shared.Rent((2 * length) + (PngFilters.Count * (length + 1)));
        try
        {
            var row = memory.AsSpan(0, length);
            var above = memory.AsSpan(length, length);
            var candidates = memory.AsSpan(2 * length, PngFilters.Count * (length + 1));
            above.Clear();
            for (var y = 0; y < height; y++)
            {
                Pack(pixels.Slice(y * width, width), row, channels);
                var best = 0;
                var least = long.MaxValue;
                for (var filter = 0; filter < PngFilters.Count; filter++)
                {
                    var candidate = candidates.Slice(filter * (length + 1), length + 1);
                    candidate[0] = (byte)filter;
                    var sum = PngFilters.Apply(filter, row, above, channels, candidate[1..]);
                    if (sum < least)
                    {
                        (best, least) = (filter, sum);
                    }
                }
                output.Write(candidates.Slice(best * (length + 1), length + 1));
                var swap = above;
                above = row;
                row = swap;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }

    private static void Pack(ReadOnlySpan<uint> pixels, Span<byte> row, int channels)
    {
        var at = 0;
        foreach (var pixel in pixels)
        {
            row[at] = (byte)(pixel >> 24);
            row[at + 1] = (byte)(pixel >> 16);
            row[at + 2] = (byte)(pixel >> 8);
            if (channels == 4)
            {
                row[at + 3] = (byte)pixel;
            }
            at += channels;
        }
    }

    /// <summary>Cuts compressed data into IDAT chunks.</summary>
    private sealed class PngDataWriter(Stream output) : Stream
    {
        private readonly byte[] buffer = new byte[64 << 10];
        private int used;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var count = Math.Min(bytes.Length, buffer.Length - used);
                bytes[..count].CopyTo(buffer.AsSpan(used));
                used += count;
                bytes = bytes[count..];
                if (used == buffer.Length)
                {
                    Flush();
                }
            }
        }

        public override void Flush()
        {
            if (used > 0)
            {
                WriteChunk(output, PngFormat.Idat, buffer.AsSpan(0, used));
                used = 0;
            }
        }

        public override void Write(byte[] array, int offset, int count) => Write(array.AsSpan(offset, count));

        public override int Read(byte[] array, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
