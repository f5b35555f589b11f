using System.Buffers.Binary;
using OpenClaw.Core.Errors;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// Looks at a database file before it is opened for writing: a damaged, foreign or newer file is refused exactly as it is.
/// </summary>
internal static class Probe
{
    private const int HeaderBytes = 100;

    /// <summary>Null when the file is missing, empty or ours to use.</summary>
    /// <param name="path">The file.</param>
    /// <param name="application">The application_id by which files of this kind are known.</param>
    /// <param name="schema">The newest schema that this program knows.</param>
    public static Failure? Look(string path, int application, int schema)
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            return null;
        }

        if (!HeaderIsWhole(path))
        {
            return Damaged(path);
        }

        try
        {
            // A connection that may only read neither replays nor checkpoints the log.
            return LookInside(path, application, schema, Native.OpenReadOnly);
        }
        catch (SqliteException error) when (error.Extended == Native.ReadOnlyRollback)
        {
            // A crash in the middle of the very first transaction, before the file was in WAL mode: nobody can read it until the
            // journal is rolled back, and only a connection that may write does that.
            return LookAgain(path, application, schema);
        }
        catch (SqliteException error)
        {
            return SqliteErrors.ToFailure(error, path);
        }
    }

    private static Failure? LookAgain(string path, int application, int schema)
    {
        try
        {
            return LookInside(path, application, schema, Native.OpenReadWrite);
        }
        catch (SqliteException error)
        {
            return SqliteErrors.ToFailure(error, path);
        }
    }

    private static Failure? LookInside(string path, int application, int schema, int flags)
    {
        using var connection = Connection.Open(path, flags);
        var ours = connection.Scalar("PRAGMA application_id") == application;
        var tables = connection.Scalar("SELECT count(*) FROM sqlite_master");
        if (!ours && tables > 0)
        {
            return Damaged(path);
        }

        var version = connection.Scalar("PRAGMA user_version");
        return version <= schema
            ? null
            : new Failure(Catalogue.StoreNewer, $"{path} has schema {version}, and this program knows {schema}");
    }

    private static bool HeaderIsWhole(string path)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (RandomAccess.Read(file, header, 0) < HeaderBytes || !header.StartsWith("SQLite format 3\0"u8))
        {
            return false;
        }

        // The log may hold pages that the file does not have yet (a crash in the middle of a checkpoint); without one the file is all.
        var log = new FileInfo(path + "-wal");
        long pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        var bytes = (pageSize == 1 ? 65536 : pageSize) * BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        return (log.Exists && log.Length > 0) || RandomAccess.GetLength(file) >= bytes;
    }

    private static Failure Damaged(string path) =>
        SqliteErrors.ToFailure(new SqliteException(Native.NotADatabase, "file is not a database of ours"), path);
}
