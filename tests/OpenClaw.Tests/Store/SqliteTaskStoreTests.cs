using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Tests.Store;

public sealed class SqliteTaskStoreTests : TaskStoreContract
{
    private readonly string directory = Path.Combine(Path.GetTempPath(), "openclaw-store-" + Path.GetRandomFileName());

    protected override async Task<ITaskStore> OpenAsync(TimeProvider clock) =>
        (await SqliteTaskStore.OpenAsync(directory, new SqliteOptions { Clock = clock }, default)).Value;

    protected override ValueTask RemoveAsync()
    {
        Directory.Delete(directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
