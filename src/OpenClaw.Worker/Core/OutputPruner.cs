using Microsoft.Extensions.Logging;

namespace OpenClaw.Worker.Core;

/// <summary>
/// Keeps what tasks left in their output directories within bounds: by age, then by size with the oldest first. The directory of a
/// task that this worker holds is never touched. One caller at a time.
/// </summary>
internal sealed partial class OutputPruner(
    string directory,
    TimeSpan maxAge,
    long maxBytes,
    TimeProvider time,
    ILogger<OutputPruner> logger
)
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,

        // A link is counted as what it is, and never followed out of the directory.
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Removes what is over the bounds. Those held now are named by their directory's name. Returns how many were removed.</summary>
    public int Prune(IReadOnlySet<string> held)
    {
        if (!Directory.Exists(directory))
        {
            return 0;
        }

        var outputs = new List<(DirectoryInfo Directory, DateTimeOffset Changed, long Bytes)>();
        foreach (var output in new DirectoryInfo(directory).EnumerateDirectories().Where(d => !held.Contains(d.Name)))
        {
            var (changed, bytes) = Look(output);
            outputs.Add((output, changed, bytes));
        }

        var oldest = time.GetUtcNow() - maxAge;
        var together = outputs.Sum(o => o.Bytes);
        var (removed, freed) = (0, 0L);
        foreach (var (output, changed, bytes) in outputs.OrderBy(o => o.Changed))
        {
            if (changed >= oldest && together <= maxBytes)
            {
                break;
            }

            if (Remove(output))
            {
                together -= bytes;
                freed += bytes;
                removed++;
            }
        }

        if (removed > 0)
        {
            LogPruned(logger, removed, freed, directory);
        }

        return removed;
    }

    private static (DateTimeOffset Changed, long Bytes) Look(DirectoryInfo output)
    {
        var changed = output.LastWriteTimeUtc;
        var bytes = 0L;
        foreach (var entry in output.EnumerateFileSystemInfos("*", Everything))
        {
            changed = entry.LastWriteTimeUtc > changed ? entry.LastWriteTimeUtc : changed;
            bytes += entry is FileInfo file ? file.Length : 0;
        }

        return (new DateTimeOffset(changed, TimeSpan.Zero), bytes);
    }

    private bool Remove(DirectoryInfo output)
    {
        try
        {
            output.Delete(recursive: true);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogStays(logger, output.FullName, e.Message);
            return false;
        }
    }

    [LoggerMessage(
        1,
        LogLevel.Information,
        "Output of {count} ended tasks ({bytes} bytes) was removed from {directory} (worker.output_max_age, worker.output_max_bytes)"
    )]
    private static partial void LogPruned(ILogger logger, int count, long bytes, string directory);

    [LoggerMessage(2, LogLevel.Warning, "The output directory {path} cannot be removed: {reason}")]
    private static partial void LogStays(ILogger logger, string path, string reason);
}
