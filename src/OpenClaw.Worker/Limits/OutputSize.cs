namespace OpenClaw.Worker.Limits;

/// <summary>What a directory holds.</summary>
internal static class OutputSize
{
    /// <summary>A walk is bounded: what a task spreads over more files than these is counted as far as it was seen.</summary>
    private const int MostFiles = 100_000;

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        // A link is counted where it points to, if that is in here.
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    /// <summary>Bytes of the files in it; counting ends above <paramref name="enough"/>.</summary>
    public static long Of(string directory, long enough)
    {
        var sum = 0L;
        var files = 0;
        try
        {
            foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", Everything))
            {
                sum += file.Length;
                if (sum > enough || ++files >= MostFiles)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It changes while it is read, or is gone: the next look counts again.
        }

        return sum;
    }
}
