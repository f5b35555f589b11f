using System.Buffers.Binary;

namespace OpenClaw.Runner.Pictures;

/// <summary>Makes pixels 0xRRGGBBAA of a row's samples.</summary>
internal sealed class PngSamples
{
    private readonly PngColor color;
    private readonly byte depth;

    // Up to eight bits of grey or palette: a pixel for each value of a sample.
    private readonly uint[] table = [];
    private readonly int known;

    // The one colour that is transparent, as stored; none when negative.
    private readonly int red = -1;
    private readonly int green = -1;
    private readonly int blue = -1;

    public PngSamples(PngColor color, byte depth, byte[]? palette, byte[]? transparency, long position)
    {
        this.color = color;
        this.depth = depth;
        if (color is PngColor.Grey or PngColor.Rgb && transparency is not null)
        {
            red = BinaryPrimitives.ReadUInt16BigEndian(transparency);
            if (color == PngColor.Rgb)
            {
                green = BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(2));
                blue = BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(4));
            }
        }
        if (color == PngColor.Palette)
        {
            var colors = palette ?? throw new PictureException("there is no palette", position);
            known = colors.Length / 3;
            table = new uint[1 << depth];
            for (var i = 0; i < known; i++)
            {
                var alpha = transparency is not null && i < transparency.Length ? transparency[i] : (byte)0xFF;
                table[i] = Pixel(colors[3 * i], colors[(3 * i) + 1], colors[(3 * i) + 2], alpha);
            }
        }
        else if (color == PngColor.Grey && depth <= 8)
        {
            known = 1 << depth;
            table = new uint[known];
            for (var i = 0; i < known; i++)
            {
                var grey = (byte)(i * 255 / (known - 1));
                table[i] = Pixel(grey, grey, grey, i == red ? (byte)0 : (byte)0xFF);
            }
        }
    }

    /// <summary>Expands a row into every <paramref name="step"/>th pixel of the line. False when a value is not in the palette.</summary>
    public bool Row(ReadOnlySpan<byte> row, int columns, Span<uint> line, int step)
    {
        switch (color)
        {
            case PngColor.Palette:
            case PngColor.Grey when depth <= 8:
                return depth == 8 ? Bytes(row, columns, line, step) : Bits(row, columns, line, step);
            case PngColor.Grey:
                for (var i = 0; i < columns; i++)
                {
                    var value = Word(row, i);
                    var grey = Eight(value);
                    line[i * step] = Pixel(grey, grey, grey, value == red ? (byte)0 : (byte)0xFF);
                }
                return true;
            case PngColor.GreyAlpha when depth == 8:
                for (var i = 0; i < columns; i++)
                {
                    var grey = row[2 * i];
                    line[i * step] = Pixel(grey, grey, grey, row[(2 * i) + 1]);
                }
                return true;
            case PngColor.GreyAlpha:
                for (var i = 0; i < columns; i++)
                {
                    var grey = Eight(Word(row, 2 * i));
                    line[i * step] = Pixel(grey, grey, grey, Eight(Word(row, (2 * i) + 1)));
                }
                return true;
            case PngColor.Rgb when depth == 8:
                for (var i = 0; i < columns; i++)
                {
                    var (r, g, b) = (row[3 * i], row[(3 * i) + 1], row[(3 * i) + 2]);
                    line[i * step] = Pixel(r, g, b, r == red && g == green && b == blue ? (byte)0 : (byte)0xFF);
                }
                return true;
            case PngColor.Rgb:
                for (var i = 0; i < columns; i++)
                {
                    var (r, g, b) = (Word(row, 3 * i), Word(row, (3 * i) + 1), Word(row, (3 * i) + 2));
                    var clear = r == red && g == green && b == blue;
                    line[i * step] = Pixel(Eight(r), Eight(g), Eight(b), clear ? (byte)0 : (byte)0xFF);
                }
                return true;
            default:
                for (var i = 0; i < columns; i++)
                {
                    line[i * step] =
                        depth == 8
                            ? BinaryPrimitives.ReadUInt32BigEndian(row[(4 * i)..])
                            : Pixel(
                                Eight(Word(row, 4 * i)),
                                Eight(Word(row, (4 * i) + 1)),
                                Eight(Word(row, (4 * i) + 2)),
                                Eight(Word(row, (4 * i) + 3))
                            );
                }
                return true;
        }
    }

    private bool Bytes(ReadOnlySpan<byte> row, int columns, Span<uint> line, int step)
    {
        for (var i = 0; i < columns; i++)
        {
            if (row[i] >= known)
            {
                return false;
            }
            line[i * step] = table[row[i]];
        }
        return true;
    }

    private bool Bits(ReadOnlySpan<byte> row, int columns, Span<uint> line, int step)
    {
        var mask = (1 << depth) - 1;
        for (var i = 0; i < columns; i++)
        {
            var bit = i * depth;
            var value = (row[bit >> 3] >> (8 - depth - (bit & 7))) & mask;
            if (value >= known)
            {
                return false;
            }
            line[i * step] = table[value];
        }
        return true;
    }

    private static int Word(ReadOnlySpan<byte> row, int index) => BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]);

    /// <summary>Sixteen bits to eight: value × 255 / 65535, rounded.</summary>
    private static byte Eight(int value) => (byte)(((value * 255) + 32895) >> 16);

    private static uint Pixel(byte red, byte green, byte blue, byte alpha) =>
        ((uint)red << 24) | ((uint)green << 16) | ((uint)blue << 8) | alpha;
}
