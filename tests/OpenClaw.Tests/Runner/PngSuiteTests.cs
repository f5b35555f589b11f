using OpenClaw.Runner.Pictures;

namespace OpenClaw.Tests.Runner;

/// <summary>The codec against the public pictures: what ImageMagick makes of the sound ones, and a clean word about the damaged ones.</summary>
public sealed class PngSuiteTests
{
    private const uint Private = 0x71_41_61_61; // qAaa, and with a capital Q a critical one

    [Fact]
    public void Every_sound_picture_is_read_as_ImageMagick_reads_it()
    {
        var expected = File.ReadAllLines(Path.Combine(PngFiles.Suite, "expected.sha256"));
        var wrong = expected
            .Select(line => (Sum: line[..64], Name: line[66..^4]))
            .Where(e => PngFiles.Sha256(PngFiles.Decode(PngFiles.Load(e.Name)).Pixels) != e.Sum)
            .Select(e => e.Name);
        Assert.Empty(wrong);
        Assert.Equal(Directory.GetFiles(PngFiles.Suite, "*.png").Length - 3, expected.Length);
    }

    [Fact]
    public void What_is_written_is_read_back_and_written_alike()
    {
        foreach (var path in Directory.GetFiles(PngFiles.Suite, "[a-w]*.png").Concat(Directory.GetFiles(PngFiles.Suite, "z*.png")))
        {
            var (width, height, pixels) = PngFiles.Decode(File.ReadAllBytes(path));
            var written = PngFiles.Encode(width, height, pixels);
            Assert.Equal(written, PngFiles.Encode(width, height, pixels));
            var again = PngFiles.Decode(written);
            Assert.True(again.Width == width && again.Height == height && again.Pixels.AsSpan().SequenceEqual(pixels), path);
        }
    }

    [Fact]
    public void What_is_written_is_sound_for_ImageMagick()
    {
        Tools.Need(PngFiles.Magick is not null, "ImageMagick (convert)");
        foreach (var name in (string[])["basn6a16", "basn2c16", "s39i3p04", "s01n3p01", "tbbn2c16"])
        {
            var (width, height, pixels) = PngFiles.Decode(PngFiles.Load(name));
            var seen = PngFiles.Magically(PngFiles.Encode(width, height, pixels), "png:-", "-depth", "8", "rgba:-");
            Assert.Equal(pixels, PngFiles.FromRgba(seen));
        }
    }

    [Fact]
    public void A_picture_without_transparency_is_written_without_it()
    {
        Assert.Equal((byte)PngColor.Rgb, PngFiles.Encode(1, 1, [0x112233FF])[25]);
        Assert.Equal((byte)PngColor.Rgba, PngFiles.Encode(1, 1, [0x112233FE])[25]);
    }

    [Theory]
    [InlineData("x00n0g01", "0 by 0 pixels", 16)]
    [InlineData("xcrn0g04", "signature is damaged, as by a transfer", 5)]
    [InlineData("xlfn0g04", "signature is damaged, as by a transfer", 4)]
    public void The_damaged_pictures_are_refused_with_what_and_where(string name, string what, long where) =>
        Refused(PngFiles.Load(name), what, where);

    /// <summary>The other damages of the suite, by the names that it gives them.</summary>
    [Theory]
    [InlineData("xs1n0g01", "this is not a PNG picture", 0)]
    [InlineData("xs2n0g01", "this is not a PNG picture", 1)]
    [InlineData("xs4n0g01", "this is not a PNG picture", 3)]
    [InlineData("xs7n0g01", "signature is damaged", 6)]
    [InlineData("xhdn0g08", "the checksum of chunk IHDR is wrong", 29)]
    [InlineData("xcsn0g01", "the checksum of chunk IDAT is wrong", null)]
    [InlineData("xc1n0g08", "there is no colour type 1 with 8 bits", 24)]
    [InlineData("xc9n2c08", "there is no colour type 9 with 8 bits", 24)]
    [InlineData("xd0n2c08", "there is no colour type 2 with 0 bits", 24)]
    [InlineData("xd3n2c08", "there is no colour type 2 with 3 bits", 24)]
    [InlineData("xd9n2c08", "there is no colour type 2 with 99 bits", 24)]
    [InlineData("xdtn0g01", "there is no data (chunk IDAT is missing)", null)]
    public void The_damages_of_the_suite_are_refused_with_what_and_where(string name, string what, int? where)
    {
        var bilevel = PngFiles.Load("basn0g01");
        var grey = PngFiles.Load("basn0g08");
        var rgb = PngFiles.Load("basn2c08");
        byte[] damaged = name switch
        {
            "xs1n0g01" => At(bilevel, 0, 0x09),
            "xs2n0g01" => At(bilevel, 1, (byte)'Q'),
            "xs4n0g01" => At(bilevel, 3, (byte)'g'),
            "xs7n0g01" => At(bilevel, 6, (byte)' '),
            "xhdn0g08" => At(grey, 30, (byte)~grey[30]),
            "xcsn0g01" => At(bilevel, LastOf(bilevel, "IDAT"), (byte)~bilevel[LastOf(bilevel, "IDAT")]),
            "xc1n0g08" => PngFiles.With(grey, "IHDR", 9, 1),
            "xc9n2c08" => PngFiles.With(rgb, "IHDR", 9, 9),
            "xd0n2c08" => PngFiles.With(rgb, "IHDR", 8, 0),
            "xd3n2c08" => PngFiles.With(rgb, "IHDR", 8, 3),
            "xd9n2c08" => PngFiles.With(rgb, "IHDR", 8, 99),
            _ => PngFiles.Without(bilevel, "IDAT"),
        };
        Refused(damaged, what, where);
    }

    [Fact]
    public void Rules_between_chunks_are_held()
    {
        var rgb = PngFiles.Load("basn2c08");
        var palette = PngFiles.Load("basn3p08");
        Refused(PngFiles.Without(palette, "PLTE"), "there is no palette", null);
        Refused(PngFiles.Without(rgb, "IEND"), "there is no chunk IEND", rgb.Length - 12);
        Refused(PngFiles.Without(rgb, "IHDR"), "the first chunk is no header", 8);
        Refused(PngFiles.WithChunk(palette, "IDAT", PngFormat.Plte, new byte[3]), "the palette comes twice", null);
        Refused(PngFiles.WithChunk(palette, "PLTE", PngFormat.Trns, new byte[3]), "a chunk tRNS of 3 bytes does not belong", null);
        Refused(PngFiles.WithChunk(rgb, "IDAT", PngFormat.Trns, new byte[2]), "a chunk tRNS of 2 bytes does not belong", null);
        Refused(PngFiles.WithChunk(rgb, "IDAT", Private & ~0x2000_0000u, []), "chunk QAaa is needed and not known", null);
        Refused(PngFiles.WithChunk(rgb, "IEND", PngFormat.Idat, new byte[2]), null, null, maySucceed: true);
        Refused(PngFiles.WithChunk(PngFiles.WithChunk(rgb, "IEND", Private, []), "IEND", PngFormat.Idat, []), "comes after", null);
        _ = PngFiles.Decode(PngFiles.WithChunk(rgb, "IDAT", Private, [1, 2, 3]));
        Refused(PngFiles.With(rgb, "IHDR", 10, 1), "there is no compression 1", 26);
        Refused(PngFiles.With(rgb, "IHDR", 12, 2), "interlace 2", 26);
        Refused([], "this is not a PNG picture", 0);
    }

    [Fact]
    public void A_value_beyond_the_palette_is_refused()
    {
        var picture = PngFiles.Load("basn3p08");
        var (at, _, length) = PngFiles.Chunks(picture).First(c => c.Type == "PLTE");
        byte[] shorter = [.. PngFiles.WithChunk(picture, "PLTE", PngFormat.Plte, picture[(at + 8)..(at + 8 + 30)])];
        // The first of the two palettes, the short one, stays.
        var second = PngFiles.Chunks(shorter).Where(c => c.Type == "PLTE").ElementAt(1);
        shorter = [.. shorter[..second.At], .. shorter[(second.At + length + 12)..]];
        Refused(shorter, "a colour that the palette does not", null);
    }

    [Fact]
    public void Sizes_are_bounded_before_anything_is_allocated()
    {
        var rgb = PngFiles.Load("basn2c08");
        byte[] Sized(byte[] width, byte[] height)
        {
            var file = rgb;
            for (var i = 0; i < 4; i++)
            {
                file = PngFiles.With(PngFiles.With(file, "IHDR", i, width[i]), "IHDR", 4 + i, height[i]);
            }
            return file;
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(Sized([0x7F, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF]), "2147483647 by 2147483647", 16);
        Refused(Sized([0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1]), "4294967295 by 1", 16);
        Refused(Sized([0, 1, 0x86, 0xA0], [0, 1, 0x86, 0xA0]), "100000000 pixels are the most", 16);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    /// <summary>Every byte is either looked at or under a checksum: none can change unnoticed, and nothing else than a refusal comes of it.</summary>
    [Theory]
    [InlineData("basi3p04")]
    [InlineData("basn6a08")]
    [InlineData("tbgn3p08")]
    public void No_byte_can_change_unnoticed_and_no_end_is_too_early_to_be_told(string name)
    {
        var picture = PngFiles.Load(name);
        for (var at = 0; at < picture.Length; at++)
        {
            Refused(At(picture, at, (byte)(picture[at] ^ 0x10)), null, null);
            Refused(picture[..at], null, null);
        }
    }

    /// <summary>With right checksums, the decompressor and the filters see the damage: they may make something of it, or refuse it.</summary>
    [Fact]
    public void Damaged_data_under_a_right_checksum_ends_in_a_refusal_or_a_picture()
    {
        foreach (var name in (string[])["basi6a16", "basn3p04", "basn0g02"])
        {
            var picture = PngFiles.Load(name);
            var (_, _, length) = PngFiles.Chunks(picture).First(c => c.Type == "IDAT");
            for (var at = 0; at < length; at++)
            {
                Refused(PngFiles.With(picture, "IDAT", at, 0xA5), null, null, maySucceed: true);
            }
        }
    }

    private static int LastOf(byte[] file, string type)
    {
        var (at, _, length) = PngFiles.Chunks(file).First(c => c.Type == type);
        return at + 8 + length + 3;
    }

    private static byte[] At(byte[] file, int at, byte value)
    {
        var copy = file.ToArray();
        copy[at] = value;
        return copy;
    }

    private static void Refused(byte[] file, string? what, long? where, bool maySucceed = false)
    {
        try
        {
            _ = PngFiles.Decode(file);
        }
        catch (PictureException e)
        {
            Assert.Contains(what ?? "", e.Message, StringComparison.Ordinal);
            Assert.NotNull(e.Position);
            Assert.True(where is null || where == e.Position, $"{e.Message}: expected at {where}");
            return;
        }
        Assert.True(maySucceed, $"this was read as a picture; expected: {what}");
    }
}
