using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// The history of metrics in a SQLite file of its own, beside the tasks': its writes never stand before an acknowledgement. In WAL mode
/// without a sync at each commit: a power loss takes what came since the last checkpoint at most, the death of the process nothing.
/// Whoever opens it has the data directory's lock.
/// </summary>
public sealed class SqliteMetricStore : IMetricStore
{
    public const string FileName = "metrics.db";
    private const string Aside = ".set-aside";

    private readonly Connection connection;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ReaderPool<MetricReader> readers;
    private readonly Statement known;
    private readonly Statement chunk;
    private bool disposed;

    private SqliteMetricStore(string path, Connection connection)
    {
        Name = path;
        this.connection = connection;
        known = connection.Prepare(
            "INSERT INTO series (name, labels, latest) VALUES (?1, ?2, ?3) ON CONFLICT (name, labels) DO UPDATE SET latest = max(latest, ?3) RETURNING id"
        );
        chunk = connection.Prepare(
            "INSERT INTO chunks (slot, series, samples) VALUES (?1, ?2, ?3) ON CONFLICT (slot, series) DO UPDATE SET samples = ?3"
        );
        readers = new(path, new SqliteOptions { Readers = 2, ReaderCacheKiB = 256 }, static reader => new MetricReader(reader));
    }

    public string Name { get; }

    /// <summary>What was in the way when it was opened (damaged, of a newer version) and lies beside it now; null when nothing was.</summary>
    public Failure? SetAside { get; private init; }

    /// <summary>Where that lies.</summary>
    public static string AsidePath(string directory) => Path.Combine(directory, FileName + Aside);

    /// <summary>
    /// Opens the history in a data directory that is there. A file that cannot be used is set aside, in place of one that was before,
    /// and another is begun: what it holds is worth a line in the log and no manager that does not start.
    /// </summary>
    /// <returns>The store, or clw-store-unwritable, clw-store-full, clw-store-busy.</returns>
    /// <param name="directory">The data directory.</param>
    /// <param name="damaged">What was found while the file was open before: it is set aside unseen.</param>
    /// <param name="cancellation">Ends it before it has begun.</param>
    public static Task<Result<SqliteMetricStore>> OpenAsync(string directory, Failure? damaged, CancellationToken cancellation) =>
        Task.Run(() => Open(Path.GetFullPath(directory), damaged), cancellation);

    public async ValueTask WriteAsync(IReadOnlyList<MetricChunk> chunks, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        await ExclusivelyAsync(
            () =>
            {
                foreach (var (series, slot, samples) in chunks)
                {
                    known.Bind(1, series.Name).Bind(2, series.Labels).Bind(3, slot);
                    var id = known.Step() ? known.Long(0) : 0;
                    known.Reset();
                    chunk.Bind(1, slot).Bind(2, id).Bind(3, samples.Span).Run();
                }

                return 0;
            },
            cancellation
        );
    }

    public async ValueTask ReadAsync(
        IReadOnlyList<string> names,
        Func<SeriesKey, bool> wants,
        long fromSlot,
        long toSlot,
        MetricChunkReader read,
        CancellationToken cancellation
    ) => await readers.ScanAsync(reader => reader.Read(names, wants, fromSlot, toSlot, read, cancellation), cancellation);

    public async ValueTask<long> PruneAsync(long beforeSlot, long mostBytes, CancellationToken cancellation)
    {
        var used = await ExclusivelyAsync(
            () =>
            {
                Forget(beforeSlot);
                var bytes = Used();
                while (bytes > mostBytes && connection.Scalar("SELECT min(slot) FROM chunks") is var oldest and > 0)
                {
                    Forget(oldest + 1);
                    var now = Used();
                    if (now >= bytes)
                    {
                        break;
                    }

                    bytes = now;
                }

                return bytes;
            },
            cancellation
        );
        // Outside the transaction: gives the disk back what is free in the file.
        await ExclusivelyAsync(
            () =>
            {
                connection.Execute("PRAGMA incremental_vacuum");
                return 0;
            },
            cancellation,
            transaction: false
        );
        return used;
    }

    public async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            await writing.WaitAsync();
            readers.Dispose();
            connection.Dispose();
            writing.Dispose();
        }
    }

    private void Forget(long beforeSlot)
    {
        using var chunks = connection.PrepareOnce("DELETE FROM chunks WHERE slot < ?1");
        chunks.Bind(1, beforeSlot).Run();
        using var series = connection.PrepareOnce("DELETE FROM series WHERE latest < ?1");
        series.Bind(1, beforeSlot).Run();
    }

    private long Used() =>
        (connection.Scalar("PRAGMA page_count") - connection.Scalar("PRAGMA freelist_count")) * connection.Scalar("PRAGMA page_size");

    private async Task<T> ExclusivelyAsync<T>(Func<T> change, CancellationToken cancellation, bool transaction = true)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => transaction ? InTransaction(change) : change(), cancellation);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.ToFailure(error, Name).AsException(error);
        }
        finally
        {
            writing.Release();
        }
    }

    private T InTransaction<T>(Func<T> change)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = change();
            connection.Execute("COMMIT");
            return result;
        }
        catch (SqliteException)
        {
            // A disk that is full has ended the transaction by itself.
            if (!connection.InAutocommit)
            {
                connection.Execute("ROLLBACK");
            }

            throw;
        }
    }

    private static Result<SqliteMetricStore> Open(string directory, Failure? damaged)
    {
        var path = Path.Combine(directory, FileName);
        var trouble = damaged ?? Probe.Look(path, MetricSchema.ApplicationId, MetricSchema.Version);
        try
        {
            if (trouble is null)
            {
                var opened = OpenFile(path, null);
                if (opened.IsOk || opened.Failure.Entry != Catalogue.StoreCorrupt)
                {
                    return opened;
                }

                trouble = opened.Failure;
            }

            if (trouble.Entry != Catalogue.StoreCorrupt && trouble.Entry != Catalogue.StoreNewer)
            {
                return trouble;
            }

            File.Move(path, AsidePath(directory), overwrite: true);
            File.Delete(path + "-wal");
            File.Delete(path + "-shm");
            return OpenFile(path, trouble);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return DataDirectory.ToFailure(error, directory);
        }
    }

    private static Result<SqliteMetricStore> OpenFile(string path, Failure? setAside)
    {
        Connection? made = null;
        try
        {
            DataDirectory.MakeFile(path);
            made = Connection.Open(path, Native.OpenReadWrite);
            if (made.Scalar("SELECT count(*) FROM sqlite_master") == 0)
            {
                made.Execute(
                    $"PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {MetricSchema.ApplicationId}"
                );
            }

            made.Execute(
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA cache_size = -512;
                PRAGMA wal_autocheckpoint = 500;
                PRAGMA journal_size_limit = 4194304;
                PRAGMA temp_store = MEMORY
                """
            );
            if (made.Scalar("PRAGMA user_version") == 0)
            {
                made.Execute($"BEGIN IMMEDIATE; {MetricSchema.Create} PRAGMA user_version = {MetricSchema.Version}; COMMIT");
            }

            var store = new SqliteMetricStore(path, made) { SetAside = setAside };
            made = null;
            return store;
        }
        catch (SqliteException error)
        {
            return SqliteErrors.ToFailure(error, path);
        }
        finally
        {
            made?.Dispose();
        }
    }
}
