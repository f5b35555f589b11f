using Microsoft.Extensions.Logging;

namespace OpenClaw.Worker.Core;

/// <summary>
/// Keeps what tasks left in their output directories within bounds: by age, then by size with the oldest first. The directory of a
/// task that this worker holds is never touched, also when it takes the task up during a pass. One caller at a time.
/// </summary>
internal sealed partial class OutputPruner(
    string directory,
    TimeSpan maxAge,
    long maxBytes,
    TimeProvider time,
    ILogger<OutputPruner> logger
)
{
    /// <summary>Begins the name of what is on its way out; no task has such a name.</summary>
    private const string Removing = ".removing-";

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,

        // A link is counted as what it is, and never followed out of the directory.
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Removes what is over the bounds. Returns how many directories were removed.</summary>
    /// <param name="ifUnused">
    /// Runs what it is given, if the directory of this name is used by nobody, so that nobody can begin to meanwhile; false when it is
    /// used, or what ran says so.
    /// </param>
    /// <param name="stop">Leaves the rest to a later pass.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<int> PruneAsync(Func<string, Func<bool>, Task<bool>> ifUnused, CancellationToken stop)
    {
        if (!Directory.Exists(directory))
        {
            return 0;
        }

        var outputs = new List<(DirectoryInfo Directory, DateTimeOffset Changed, long Bytes)>();
        foreach (var output in new DirectoryInfo(directory).EnumerateDirectories())
        {
            if (output.Name.StartsWith(Removing, StringComparison.Ordinal))
            {
                // Taken away by a pass that did not come to its end.
                Remove(output, stop);
                continue;
            }

            var (changed, bytes) = Look(output, stop);
            outputs.Add((output, changed, bytes));
        }

        var oldest = time.GetUtcNow() - maxAge;
        var together = outputs.Sum(o => o.Bytes);
        var (removed, freed) = (0, 0L);
        try
        {
            foreach (var (output, changed, bytes) in outputs.OrderBy(o => o.Changed))
            {
                if (changed >= oldest && together <= maxBytes)
                {
                    break;
                }

                // Renamed while nobody may begin to use it, removed afterwards: that may take long.
                var aside = new DirectoryInfo(Path.Combine(directory, Removing + output.Name));
                if (await ifUnused(output.Name, () => TryMove(output, aside)))
                {
                    together -= bytes;
                    freed += bytes;
                    removed++;
                    Remove(aside, stop);
                }
            }
        }
        finally
        {
            if (removed > 0)
            {
                LogPruned(logger, removed, freed, directory);
            }
        }

        return removed;
    }

    private static (DateTimeOffset Changed, long Bytes) Look(DirectoryInfo output, CancellationToken stop)
    {
        var changed = output.LastWriteTimeUtc;
        var bytes = 0L;
        foreach (var entry in output.EnumerateFileSystemInfos("*", Everything))
        {
            stop.ThrowIfCancellationRequested();
            changed = entry.LastWriteTimeUtc > changed ? entry.LastWriteTimeUtc : changed;
            bytes += entry is FileInfo file ? file.Length : 0;
        }

        return (new DateTimeOffset(changed, TimeSpan.Zero), bytes);
    }

    private bool TryMove(DirectoryInfo output, DirectoryInfo aside)
    {
        try
        {
            Directory.Move(output.FullName, aside.FullName);
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

    private void Remove(DirectoryInfo output, CancellationToken stop)
    {
        try
        {
            if (output.LinkTarget is null)
            {
                foreach (var entry in output.EnumerateFileSystemInfos())
                {
                    stop.ThrowIfCancellationRequested();
                    if (entry is DirectoryInfo { LinkTarget: null } inner)
                    {
                        Remove(inner, stop);
                    }
                    else
                    {
                        entry.Delete();
                    }
                }
            }

            output.Delete();
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was faster.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogStays(logger, output.FullName, e.Message);
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
