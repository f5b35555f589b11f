using Microsoft.Extensions.Logging;
using OpenClaw.Hosting.Loops;

namespace OpenClaw.Worker.Plugins;

/// <summary>
/// Calls back when the plugin directory changes, a moment after the last change, so that a file that is still being copied is looked at
/// once it is whole. Every few seconds it looks anyway: a directory that was not there at start, or a network file system, sends no
/// notice. A look that fails is told and tried again; disposing waits for the one under way.
/// </summary>
internal sealed class PluginWatch : IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource ended = new();
    private readonly SupervisedLoop loop;
    private readonly Task looking;
    private readonly ITimer quiet;
    private readonly string directory;
    private FileSystemWatcher? watcher;

    public PluginWatch(string directory, Func<CancellationToken, ValueTask> changed, TimeProvider time, ILogger logger)
    {
        this.directory = directory;
        loop = new SupervisedLoop(
            new LoopOptions
            {
                Name = "plugins",
                Period = Anyway,
                Fault = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
            },
            ct =>
            {
                Watch();
                return changed(ct);
            },
            time,
            logger,
            seed: directory.GetHashCode(StringComparison.Ordinal)
        );
        quiet = time.CreateTimer(_ => loop.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        looking = loop.RunAsync(ended.Token);
    }

    // At each look as long as the directory is not there: once it is, its changes are heard at once.
    private void Watch()
    {
        if (watcher is not null || !Directory.Exists(directory))
        {
            return;
        }

        try
        {
            var started = new FileSystemWatcher(directory);
            started.Changed += (_, _) => Soon();
            started.Created += (_, _) => Soon();
            started.Deleted += (_, _) => Soon();
            started.Renamed += (_, _) => Soon();
            started.EnableRaisingEvents = true;
            watcher = started;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // It went away again, or the system has no more watches to give: the look every few seconds stays.
        }
    }

    /// <summary>How its loop stands.</summary>
    public LoopStatus Status => loop.Status;

    private void Soon() => quiet.Change(Quiet, Timeout.InfiniteTimeSpan);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await looking;
        watcher?.Dispose();
        await quiet.DisposeAsync();
        ended.Dispose();
    }
}
