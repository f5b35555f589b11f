namespace OpenClaw.Worker.Plugins;

/// <summary>
/// Calls back when the plugin directory changes, a moment after the last change, so that a file that is still being copied is looked at
/// once it is whole. Every few seconds it looks anyway: a directory that was not there at start, or a network file system, sends no
/// notice.
/// </summary>
internal sealed class PluginWatch : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(5);

    private readonly Func<CancellationToken, Task> changed;
    private readonly CancellationTokenSource ended = new();
    private readonly ITimer timer;
    private readonly string directory;
    private FileSystemWatcher? watcher;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    public PluginWatch(string directory, Func<CancellationToken, Task> changed, TimeProvider time)
    {
        this.changed = changed;
        this.directory = directory;
        timer = time.CreateTimer(_ => _ = LookAsync(), null, Anyway, Anyway);
        Watch();
    }

    // Called at start and, as long as the directory is not there, at each look: once it is, its changes are heard at once.
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

    private void Soon() => timer.Change(Quiet, Anyway);

    private async Task LookAsync()
    {
        if (!await oneAtATime.WaitAsync(0))
        {
            return;
        }

        try
        {
            Watch();
            await changed(ended.Token);
        }
        catch (OperationCanceledException)
        {
            // The worker ends.
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose()
    {
        ended.Cancel();
        watcher?.Dispose();
        timer.Dispose();
    }
}
