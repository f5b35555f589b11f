namespace OpenClaw.Runner.Pictures;

/// <summary>Bounds that hold before anything is allocated. A task's memory limit holds besides.</summary>
internal static class PictureLimits
{
    /// <summary>The longest side, in pixels.</summary>
    public const int MaxSide = 100_000;

    /// <summary>Pixels of one picture: 400 MB as they are kept, four bytes each.</summary>
    public const long MaxPixels = 100_000_000;

    /// <summary>The largest file that is read, in bytes.</summary>
    public const long MaxFileBytes = 256 << 20;

    /// <summary>Null, or why a picture of this size is refused.</summary>
    public static string? Refuse(long width, long height)
    {
        if (width is < 1 or > MaxSide || height is < 1 or > MaxSide)
        {
            return $"a picture of {width} by {height} pixels is not taken: each side is from 1 to {MaxSide}";
        }
        return width * height > MaxPixels ? $"a picture of {width} by {height} pixels is not taken: {MaxPixels} pixels are the most" : null;
    }
}
