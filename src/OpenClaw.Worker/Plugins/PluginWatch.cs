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
    private readonly FileSystemWatcher? watcher;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    public PluginWatch(string directory, Func<CancellationToken, Task> changed, TimeProvider time)
    {
        this.changed = changed;
        timer = time.CreateTimer(_ => _ = LookAsync(), null, Anyway, Anyway);
        if (Directory.Exists(directory))
        {
            watcher = new FileSystemWatcher(directory);
            watcher.Changed += (_, _) => Soon();
            watcher.Created += (_, _) => Soon();
            watcher.Deleted += (_, _) => Soon();
            watcher.Renamed += (_, _) => Soon();
            watcher.EnableRaisingEvents = true;
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
