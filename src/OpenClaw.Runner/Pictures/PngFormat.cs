namespace OpenClaw.Runner.Pictures;

/// <summary>Colour types of PNG; the numbers are in the file.</summary>
internal enum PngColor : byte
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    Rgba = 6,
}

/// <summary>Names, numbers and the geometry of the format: https://www.w3.org/TR/png-3/.</summary>
internal static class PngFormat
{
    public const uint Ihdr = 0x49484452;
    public const uint Plte = 0x504C5445;
    public const uint Idat = 0x49444154;
    public const uint Iend = 0x49454E44;
    public const uint Trns = 0x74524E53;

    /// <summary>What does not fit into a signed 32-bit number is no length (5.3).</summary>
    public const uint MaxChunkBytes = int.MaxValue;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The seven passes of Adam7 (8.2): first column and row, distance of columns and rows.</summary>
    public static ReadOnlySpan<PngPass> Adam7 =>
        new PngPass[]
        {
            new(0, 0, 8, 8),
            new(4, 0, 8, 8),
            new(0, 4, 4, 8),
            new(2, 0, 4, 4),
            new(0, 2, 2, 4),
            new(1, 0, 2, 2),
            new(0, 1, 1, 2),
        };

    public static ReadOnlySpan<PngPass> Whole => new PngPass[] { new(0, 0, 1, 1) };

    /// <summary>Samples of a pixel.</summary>
    public static int Channels(PngColor color) =>
        color switch
        {
            PngColor.Rgb => 3,
            PngColor.GreyAlpha => 2,
            PngColor.Rgba => 4,
            _ => 1,
        };

    /// <summary>Table 11.1.</summary>
    public static bool IsAllowed(byte color, byte depth) =>
        (PngColor)color switch
        {
            PngColor.Grey => depth is 1 or 2 or 4 or 8 or 16,
            PngColor.Palette => depth is 1 or 2 or 4 or 8,
            PngColor.Rgb or PngColor.GreyAlpha or PngColor.Rgba => depth is 8 or 16,
            _ => false,
        };

    /// <summary>A chunk's type as text; bytes that are no letters are shown as ?.</summary>
    public static string Name(uint type)
    {
        Span<char> name = stackalloc char[4];
        for (var i = 0; i < 4; i++)
        {
            var letter = (char)((type >> (24 - (8 * i))) & 0xFF);
            name[i] = char.IsAsciiLetter(letter) ? letter : '?';
        }
        return new string(name);
    }

    public static bool IsName(uint type)
    {
        for (var shift = 0; shift < 32; shift += 8)
        {
            if (!char.IsAsciiLetter((char)((type >> shift) & 0xFF)))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Upper-case first letter: a picture cannot be shown without it (5.4).</summary>
    public static bool IsCritical(uint type) => (type & 0x2000_0000) == 0;
}

/// <summary>One pass over a picture: which of its columns and rows it holds.</summary>
internal readonly record struct PngPass(int Left, int Top, int StepX, int StepY)
{
    public int Columns(int width) => (width - Left + StepX - 1) / StepX;

    public int Rows(int height) => (height - Top + StepY - 1) / StepY;
}
