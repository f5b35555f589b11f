using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OpenClaw.Runner.Pictures;

namespace OpenClaw.Tests.Runner;

/// <summary>Reads, makes and damages PNG files for the tests.</summary>
internal static class PngFiles
{
    public static string Suite { get; } = Path.Combine(FindRoot(), "tests", "data", "pngsuite");

    public static byte[] Load(string name) => File.ReadAllBytes(Path.Combine(Suite, name + ".png"));

    public static (int Width, int Height, uint[] Pixels) Decode(byte[] file)
    {
        using var stream = new MemoryStream(file);
        var reader = new PngReader(stream);
        var pixels = new uint[reader.Width * reader.Height];
        reader.Read(pixels);
        return (reader.Width, reader.Height, pixels);
    }

    public static byte[] Encode(int width, int height, uint[] pixels)
    {
        using var stream = new MemoryStream();
        PngWriter.Write(stream, pixels, width, height);
        return stream.ToArray();
    }

    public static string Sha256(uint[] pixels)
    {
        var bytes = new byte[pixels.Length * 4];
        for (var i = 0; i < pixels.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), pixels[i]);
        }
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>The chunks of a file, each with the offset of its length field.</summary>
    public static IEnumerable<(int At, string Type, int Length)> Chunks(byte[] file)
    {
        for (var at = 8; at < file.Length; )
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            yield return (at, System.Text.Encoding.ASCII.GetString(file, at + 4, 4), length);
            at += length + 12;
        }
    }

    /// <summary>Changes a byte of the first chunk of a type, and its checksum with it: a damage that only its meaning shows.</summary>
    public static byte[] With(byte[] file, string type, int offset, byte value)
    {
        var copy = file.ToArray();
        var (at, _, length) = Chunks(copy).First(c => c.Type == type);
        copy[at + 8 + offset] = value;
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(at + 8 + length), Crc32.Append(0, copy.AsSpan(at + 4, length + 4)));
        return copy;
    }

    public static byte[] Without(byte[] file, string type)
    {
        var (at, _, length) = Chunks(file).First(c => c.Type == type);
        return [.. file[..at], .. file[(at + length + 12)..]];
    }

    /// <summary>Puts a whole chunk before the first one of a type.</summary>
    public static byte[] WithChunk(byte[] file, string before, uint type, byte[] data)
    {
        using var chunk = new MemoryStream();
        PngWriter.WriteChunk(chunk, type, data);
        var at = Chunks(file).First(c => c.Type == before).At;
        return [.. file[..at], .. chunk.ToArray(), .. file[at..]];
    }

    /// <summary>A program of ImageMagick; null when it is not installed.</summary>
    public static string? Magick { get; } = PictureTool.Find("/usr/bin:/usr/local/bin:/opt/homebrew/bin");

    /// <summary>Runs ImageMagick over some bytes.</summary>
    public static byte[] Magically(byte[] input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Magick!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var feeding = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        feeding.Wait();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    public static uint[] FromRgba(byte[] bytes)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
        BinaryPrimitives.ReverseEndianness(pixels, pixels);
        return pixels;
    }

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "OpenClaw.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("the tests run inside the repository");
        }
        return directory;
    }
}
