using System.Collections.Concurrent;
using OpenClaw.Core.Errors;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// A few connections for reading, opened when needed and kept. Write-ahead logging lets them read the last commit while the writer
/// writes; neither waits for the other. Thread-safe.
/// </summary>
internal sealed class ReaderPool<TRecords>(string path, SqliteOptions options, Func<Connection, TRecords> records) : IDisposable
{
    private readonly SemaphoreSlim room = new(options.Readers);
    private readonly ConcurrentBag<Reader> idle = [];

    private sealed record Reader(Connection Connection, TRecords Records);

    /// <summary>Runs a short read on the caller's thread.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<TRecords, T> read, CancellationToken cancellation)
    {
        await room.WaitAsync(cancellation);
        try
        {
            return Use(read);
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>Runs a read that may take long on a thread of the pool.</summary>
    public async ValueTask<T> ScanAsync<T>(Func<TRecords, T> read, CancellationToken cancellation)
    {
        await room.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => Use(read), cancellation);
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>Waits for the reads under way and closes all connections.</summary>
    public void Dispose()
    {
        for (var i = 0; i < options.Readers; i++)
        {
            room.Wait();
        }

        while (idle.TryTake(out var reader))
        {
            reader.Connection.Dispose();
        }

        room.Dispose();
    }

    private T Use<T>(Func<TRecords, T> read)
    {
        Reader? reader = null;
        try
        {
            if (!idle.TryTake(out reader))
            {
                reader = Open();
            }

            var result = read(reader.Records);
            idle.Add(reader);
            return result;
        }
        catch (Exception error)
        {
            // The connection may be in the middle of a row: it is not used again.
            reader?.Connection.Dispose();
            if (error is SqliteException sqlite)
            {
                throw SqliteErrors.ToFailure(sqlite, path).AsException(sqlite);
            }

            throw;
        }
    }

    private Reader Open()
    {
        var connection = Connection.Open(path, Native.OpenReadWrite);
        try
        {
            connection.Execute($"PRAGMA query_only = 1; PRAGMA cache_size = -{options.ReaderCacheKiB}");
            return new Reader(connection, records(connection));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
