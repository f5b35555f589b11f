namespace OpenClaw.Runner.Pictures;

/// <summary>Formats, told by a file's first bytes and never by its name.</summary>
internal static class PictureKind
{
    public const string Png = "png";

    /// <summary>Bytes that decide.</summary>
    public const int HeadBytes = 16;

    /// <summary>The name that ImageMagick has for the format; null when it is none that we pass on.</summary>
    public static string? Of(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? Png
        : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "jpeg"
        : head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8) ? "gif"
        : head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8) ? "webp"
        : head.StartsWith((ReadOnlySpan<byte>)[(byte)'I', (byte)'I', 42, 0])
        || head.StartsWith((ReadOnlySpan<byte>)[(byte)'M', (byte)'M', 0, 42])
            ? "tiff"
        : head.StartsWith("BM"u8) ? "bmp"
        : head.Length >= 12 && head[4..].StartsWith("ftyp"u8) ? Boxed(head[8..12])
        : null;

    private static string? Boxed(ReadOnlySpan<byte> brand) =>
        brand.SequenceEqual("avif"u8) ? "avif"
        : brand.SequenceEqual("heic"u8) || brand.SequenceEqual("mif1"u8) ? "heic"
        : null;
}
