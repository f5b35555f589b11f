using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Tests.Store;

public sealed class SqliteTaskStoreTests : TaskStoreContract
{
    private readonly string root = Path.Combine(Path.GetTempPath(), "openclaw-store-" + Path.GetRandomFileName());
    private int crashes;

    private string DataDirectory => Path.Combine(root, "d" + crashes);

    protected override async Task<ITaskStore> OpenAsync(TimeProvider clock) =>
        (await SqliteTaskStore.OpenAsync(DataDirectory, new SqliteOptions { Clock = clock, UnsafeNoSync = true }, default)).Value;

    protected override ValueTask RemoveAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The files as they are now, log and all, are what a process that is killed now leaves.</summary>
    protected override async Task CrashAsync()
    {
        var from = DataDirectory;
        crashes++;
        Directory.CreateDirectory(DataDirectory);
        foreach (
            var file in Directory.GetFiles(from, SqliteTaskStore.FileName + "*").Where(f => !f.EndsWith("-shm", StringComparison.Ordinal))
        )
        {
            File.Copy(file, Path.Combine(DataDirectory, Path.GetFileName(file)));
        }

        await ReopenAsync();
    }
}
