using Microsoft.Extensions.Logging;
using OpenClaw.Hosting.Loops;

namespace OpenClaw.Hosting.Certificates;

/// <summary>
/// Calls back when something changes in one of the directories, a moment after the last change, so that files that belong together are
/// looked at once all are there. Every few seconds it looks anyway: a link that was turned elsewhere and a network file system send no
/// notice. Disposing waits for the look under way.
/// </summary>
public sealed class FileWatch : IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource ended = new();
    private readonly SupervisedLoop loop;
    private readonly Task looking;
    private readonly ITimer quiet;
    private readonly Dictionary<string, FileSystemWatcher?> watchers;

    /// <param name="name">What is watched, for lines of the log.</param>
    /// <param name="directories">They need not exist yet.</param>
    /// <param name="look">Called at first, after changes, and now and then; never twice at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where a look that throws is told.</param>
    public FileWatch(string name, IEnumerable<string> directories, Action look, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(time);
        watchers = directories.Distinct(StringComparer.Ordinal).ToDictionary(d => d, _ => (FileSystemWatcher?)null, StringComparer.Ordinal);
        loop = new SupervisedLoop(
            new LoopOptions { Name = name, Period = Anyway },
            _ =>
            {
                Watch();
                look();
                return ValueTask.CompletedTask;
            },
            time,
            logger,
            seed: name.GetHashCode(StringComparison.Ordinal)
        );
        quiet = time.CreateTimer(_ => loop.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        looking = loop.RunAsync(ended.Token);
    }

    // In the loop alone.
    private void Watch()
    {
        foreach (var directory in watchers.Where(w => w.Value is null && Directory.Exists(w.Key)).Select(w => w.Key).ToList())
        {
            try
            {
                var started = new FileSystemWatcher(directory);
                started.Changed += (_, _) => Soon();
                started.Created += (_, _) => Soon();
                started.Renamed += (_, _) => Soon();
                started.Deleted += (_, _) => Soon();
                started.EnableRaisingEvents = true;
                watchers[directory] = started;
            }
            catch (Exception e) when (e is IOException or ArgumentException)
            {
                // It went away again, or the system has no more watches to give: the look every few seconds stays.
            }
        }
    }

    private void Soon() => quiet.Change(Quiet, Timeout.InfiniteTimeSpan);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await looking;
        foreach (var watcher in watchers.Values)
        {
            watcher?.Dispose();
        }

        await quiet.DisposeAsync();
        ended.Dispose();
    }
}
