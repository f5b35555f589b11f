using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace OpenClaw.Runner.Pictures;

/// <summary>
/// Reads a PNG picture: every colour type and depth, interlaced or not, as pixels 0xRRGGBBAA. Sixteen bits are rounded to eight.
/// Gamma, colour profiles and background are ignored: the samples are taken as they are. Of an animation it is the first picture.
/// Whatever is not as the standard says is a <see cref="PictureException"/>. Needs two rows of memory besides the pixels. One thread.
/// </summary>
internal sealed class PngReader
{
    private readonly PngChunks chunks;
    private readonly PngColor color;
    private readonly byte depth;
    private readonly bool interlaced;
    private byte[]? palette;
    private byte[]? transparency;

    /// <summary>Reads signature and header; nothing is allocated for the picture yet.</summary>
    /// <exception cref="PictureException">It is no PNG, or larger than <see cref="PictureLimits"/> allow.</exception>
    public PngReader(Stream source)
    {
        chunks = new PngChunks(source);
        chunks.Signature();
        chunks.Next();
        if (chunks.Type != PngFormat.Ihdr || chunks.Left != 13)
        {
            throw new PictureException("the first chunk is no header (IHDR of 13 bytes)", chunks.ChunkAt);
        }
        var data = chunks.ChunkAt + 8;
        Span<byte> header = stackalloc byte[13];
        chunks.ReadExactly(header);
        chunks.Finish();
        var width = BinaryPrimitives.ReadUInt32BigEndian(header);
        var height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (PictureLimits.Refuse(width, height) is { } refused)
        {
            throw new PictureException(refused, data);
        }
        if (!PngFormat.IsAllowed(header[9], header[8]))
        {
            throw new PictureException($"there is no colour type {header[9]} with {header[8]} bits", data + 8);
        }
        if (header[10] != 0 || header[11] != 0 || header[12] > 1)
        {
            throw new PictureException(
                $"there is no compression {header[10]}, filter method {header[11]}, interlace {header[12]}",
                data + 10
            );
        }
        Width = (int)width;
        Height = (int)height;
        depth = header[8];
        color = (PngColor)header[9];
        interlaced = header[12] == 1;
    }

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    /// <summary>Reads the rest of the file. On an exception the pixels hold whatever was read.</summary>
    /// <param name="pixels">Width × height, row by row from the top.</param>
    /// <exception cref="PictureException">The file is damaged; nothing of it should be used.</exception>
    public void Read(Span<uint> pixels)
    {
        ToData();
        var expand = new PngSamples(color, depth, palette, transparency, chunks.ChunkAt);
        using (var data = new PngDataStream(chunks))
        {
            using (var rows = new ZLibStream(data, CompressionMode.Decompress, leaveOpen: true))
            {
                foreach (var pass in interlaced ? PngFormat.Adam7 : PngFormat.Whole)
                {
                    ReadPass(rows, pass, expand, pixels[..(Width * Height)]);
                }
                EndOfData(rows);
            }
            data.ToEnd();
        }
        while (chunks.Type != PngFormat.Iend)
        {
            if (chunks.Type is PngFormat.Ihdr or PngFormat.Plte or PngFormat.Idat)
            {
                throw new PictureException($"chunk {chunks.Name} comes after the picture's data", chunks.ChunkAt);
            }
            Ignore();
            chunks.Next();
        }
        chunks.Finish();
    }

    /// <summary>Goes to the first IDAT and keeps what is needed of the chunks before it.</summary>
    private void ToData()
    {
        for (chunks.Next(); chunks.Type != PngFormat.Idat; chunks.Next())
        {
            switch (chunks.Type)
            {
                case PngFormat.Plte:
                    palette = Palette();
                    break;
                case PngFormat.Trns:
                    transparency = Transparency();
                    break;
                case PngFormat.Iend:
                    throw new PictureException("there is no data (chunk IDAT is missing)", chunks.ChunkAt);
                default:
                    Ignore();
                    break;
            }
        }
        if (color == PngColor.Palette && palette is null)
        {
            throw new PictureException("there is no palette (chunk PLTE is missing)", chunks.ChunkAt);
        }
    }

    private byte[] Palette()
    {
        if (palette is not null || transparency is not null)
        {
            throw new PictureException("the palette comes twice or too late", chunks.ChunkAt);
        }
        // In a picture of true colours it is a hint for poor screens; in a grey one it means nothing and is taken as lightly.
        var most = color == PngColor.Palette ? 1 << depth : 256;
        if (chunks.Left % 3 != 0 || chunks.Left == 0 || chunks.Left / 3 > most)
        {
            throw new PictureException($"a palette of {chunks.Left} bytes is none: 1 to {most} colours of 3 bytes", chunks.ChunkAt);
        }
        var bytes = new byte[chunks.Left];
        chunks.ReadExactly(bytes);
        return bytes;
    }

    private byte[] Transparency()
    {
        var fits =
            transparency is null
            && color switch
            {
                PngColor.Grey => chunks.Left == 2,
                PngColor.Rgb => chunks.Left == 6,
                PngColor.Palette => palette is not null && chunks.Left <= palette.Length / 3,
                _ => false,
            };
        if (!fits)
        {
            throw new PictureException(
                $"a chunk tRNS of {chunks.Left} bytes does not belong there (it comes once, after PLTE, and fits the colour type)",
                chunks.ChunkAt
            );
        }
        var bytes = new byte[chunks.Left];
        chunks.ReadExactly(bytes);
        return bytes;
    }

    private void Ignore()
    {
        if (PngFormat.IsCritical(chunks.Type))
        {
            throw new PictureException(
                chunks.Type == PngFormat.Ihdr ? "the header comes twice" : $"chunk {chunks.Name} is needed and not known",
                chunks.ChunkAt
            );
        }
    }

    private void ReadPass(ZLibStream rows, PngPass pass, PngSamples expand, Span<uint> pixels)
    {
        var columns = pass.Columns(Width);
        var count = pass.Rows(Height);
        if (columns == 0 || count == 0)
        {
            return;
        }
        var bits = depth * PngFormat.Channels(color);
        var distance = Math.Max(1, bits / 8);
        var length = checked((int)((((long)columns * bits) + 7) / 8)) + 1;
        var current = ArrayPool<byte>.Shared.Rent(length);
        var above = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            above.AsSpan(0, length).Clear();
            for (var row = 0; row < count; row++)
            {
                ReadRow(rows, current.AsSpan(0, length), row);
                if (!PngFilters.Undo(current[0], current.AsSpan(1, length - 1), above.AsSpan(1, length - 1), distance))
                {
                    throw new PictureException($"there is no filter {current[0]} (row {row} of its pass)", chunks.Position);
                }
                var line = pixels.Slice((pass.Top + (row * pass.StepY)) * Width, Width)[pass.Left..];
                if (!expand.Row(current.AsSpan(1, length - 1), columns, line, pass.StepX))
                {
                    throw new PictureException($"a pixel has a colour that the palette does not (row {row} of its pass)", chunks.Position);
                }
                (current, above) = (above, current);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(current);
            ArrayPool<byte>.Shared.Return(above);
        }
    }

    private void ReadRow(ZLibStream rows, Span<byte> row, int number)
    {
        while (!row.IsEmpty)
        {
            var count = Inflate(rows, row);
            if (count == 0)
            {
                throw new PictureException($"the data ends too early (in row {number} of its pass)", chunks.Position);
            }
            row = row[count..];
        }
    }

    /// <summary>Reading on is what makes the decompressor compare its own checksum. Data beyond the picture is left alone.</summary>
    private void EndOfData(ZLibStream rows)
    {
        Span<byte> more = stackalloc byte[1];
        _ = Inflate(rows, more);
    }

    private int Inflate(ZLibStream rows, Span<byte> into)
    {
        try
        {
            return rows.Read(into);
        }
        catch (InvalidDataException)
        {
            throw new PictureException("the compressed data is damaged", chunks.Position);
        }
    }
}
