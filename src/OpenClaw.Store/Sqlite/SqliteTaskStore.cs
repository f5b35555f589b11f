using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// The store of one machine: a SQLite file in the data directory, in WAL mode with a sync at each commit. One process owns the
/// directory at a time. Thread-safe, with one caller of <see cref="ExecuteAsync"/> at a time.
/// </summary>
public sealed class SqliteTaskStore : ITaskStore
{
    public const string FileName = "openclaw.db";

    private readonly DirectoryLock directoryLock;
    private readonly SqliteWriter writer;
    private readonly ReaderPool<RecordReader> readers;
    private bool disposed;

    private SqliteTaskStore(string path, DirectoryLock directoryLock, SqliteWriter writer, ReaderPool<RecordReader> readers)
    {
        Name = path;
        this.directoryLock = directoryLock;
        this.writer = writer;
        this.readers = readers;
    }

    public string Name { get; }

    /// <summary>Opens the store in a data directory, which is made (mode 0700) when it is not there. The database file gets mode 0600.</summary>
    /// <returns>
    /// The store, or clw-store-in-use (naming the process), clw-store-corrupt, clw-store-newer, clw-store-unwritable, clw-store-full.
    /// With corrupt and newer the file is left exactly as it was.
    /// </returns>
    public static Task<Result<SqliteTaskStore>> OpenAsync(string directory, SqliteOptions options, CancellationToken cancellation) =>
        Task.Run(() => Open(Path.GetFullPath(directory), options), cancellation);

    public ValueTask ExecuteAsync(IReadOnlyList<StoreOperation> operations, CancellationToken cancellation)
    {
        writer.Execute(operations);
        return ValueTask.CompletedTask;
    }

    public ValueTask<TaskRecord?> GetAsync(long number, CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.Get(number), cancellation);

    public ValueTask<TaskPage> GetManyAsync(IReadOnlyList<long> numbers, long maxBytes, CancellationToken cancellation) =>
        readers.ScanAsync(reader => reader.GetMany(numbers, maxBytes), cancellation);

    public ValueTask<IReadOnlyList<(long Number, TaskState State)>> StatesAsync(
        IReadOnlyList<long> numbers,
        CancellationToken cancellation
    ) => readers.ScanAsync(reader => reader.States(numbers), cancellation);

    public ValueTask<IReadOnlyList<TaskRecord>> ListAsync(TaskFilter filter, CancellationToken cancellation) =>
        readers.ScanAsync(reader => reader.List(filter), cancellation);

    public ValueTask<IReadOnlyList<TaskRecord>> LastDeadAsync(long since, int most, CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.LastDead(since, most), cancellation);

    public ValueTask<IReadOnlyList<LaneCount>> CountLanesAsync(CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.CountLanes(), cancellation);

    public IReadOnlyDictionary<string, long> DelayedByQueue => writer.DelayedByQueue;

    public ValueTask<long[]> CountStatesAsync(CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.CountStates(), cancellation);

    public ValueTask<IReadOnlyList<Lease>> LeasesAsync(CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.Leases(), cancellation);

    public ValueTask<IReadOnlyList<Drain>> DrainsAsync(CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.Drains(), cancellation);

    public ValueTask<IReadOnlyList<(AttemptRef Attempt, Lane Lane)>> HeldByAsync(WorkerRef worker, CancellationToken cancellation) =>
        readers.ReadAsync(reader => reader.HeldBy(worker), cancellation);

    /// <summary>Closes the file. Whoever executes operations has stopped before.</summary>
    public ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            readers.Dispose();
            writer.Dispose();
            directoryLock.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static Result<SqliteTaskStore> Open(string directory, SqliteOptions options)
    {
        var path = Path.Combine(directory, FileName);
        DirectoryLock? owned = null;
        Connection? connection = null;
        try
        {
            DataDirectory.Make(directory);
            owned = DirectoryLock.Take(directory, out var owner);
            if (owned is null)
            {
                return DataDirectory.InUse(directory, owner);
            }

            if (Probe.Look(path, Schema.ApplicationId, Schema.Version) is { } failure)
            {
                return failure;
            }

            DataDirectory.MakeFile(path);
            connection = Connection.Open(path, Native.OpenReadWrite);
            Configure(connection, options);
            Schema.Migrate(connection);
            DataDirectory.Sync(directory);
            var pool = new ReaderPool<RecordReader>(path, options, static reader => new RecordReader(reader));
            var store = new SqliteTaskStore(path, owned, new SqliteWriter(path, connection, options), pool);
            (owned, connection) = (null, null);
            return store;
        }
        catch (SqliteException error)
        {
            return SqliteErrors.ToFailure(error, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return DataDirectory.ToFailure(error, directory);
        }
        finally
        {
            connection?.Dispose();
            owned?.Dispose();
        }
    }

    internal static void Configure(Connection connection, SqliteOptions options)
    {
        if (connection.Scalar("SELECT count(*) FROM sqlite_master") == 0)
        {
            connection.Execute($"PRAGMA page_size = 4096; PRAGMA application_id = {Schema.ApplicationId}");
        }

        connection.Execute(
            $"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = {(options.UnsafeNoSync ? "OFF" : "FULL")};
            PRAGMA cache_size = -{options.WriterCacheKiB};
            PRAGMA wal_autocheckpoint = {options.CheckpointPages};
            PRAGMA journal_size_limit = {options.CheckpointPages * 4096L * 4};
            PRAGMA temp_store = MEMORY;
            PRAGMA foreign_keys = OFF
            """
        );
        if (options.MaxPages > 0)
        {
            connection.Execute($"PRAGMA max_page_count = {options.MaxPages}");
        }
    }
}
