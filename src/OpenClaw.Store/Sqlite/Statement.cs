using System.Buffers;
using System.Text;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// A prepared statement. Parameters count from 1 and columns from 0, as in SQLite. A reader of rows ends with <see cref="Reset"/>
/// (or reads to the end, which resets by itself), so that no read transaction stays open.
/// </summary>
internal sealed unsafe class Statement(Connection connection, nint handle) : IDisposable
{
    private nint handle = handle;

    public Statement Bind(int index, long value)
    {
        connection.Check(Native.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public Statement Bind(int index, ReadOnlySpan<byte> blob)
    {
        // An empty blob needs an address all the same: without one SQLite binds NULL.
        byte nothing = 0;
        fixed (byte* bytes = blob)
        {
            connection.Check(Native.sqlite3_bind_blob(handle, index, bytes == null ? &nothing : bytes, blob.Length, Native.Transient));
        }

        return this;
    }

    public Statement Bind(int index, string? text)
    {
        if (text is null)
        {
            return BindNull(index);
        }

        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = most <= 1024 ? stackalloc byte[1024] : (rented = ArrayPool<byte>.Shared.Rent(most));
        var length = Encoding.UTF8.GetBytes(text, buffer);
        fixed (byte* bytes = buffer)
        {
            var code = Native.sqlite3_bind_text(handle, index, bytes, length, Native.Transient);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }

            connection.Check(code);
        }

        return this;
    }

    public Statement BindNull(int index)
    {
        connection.Check(Native.sqlite3_bind_null(handle, index));
        return this;
    }

    /// <summary>Binds the blob, or NULL when it is empty.</summary>
    public Statement BindUnlessEmpty(int index, ReadOnlySpan<byte> blob) => blob.IsEmpty ? BindNull(index) : Bind(index, blob);

    /// <summary>Goes to the next row. After the last one the statement is reset and false is returned.</summary>
    public bool Step()
    {
        var code = Native.sqlite3_step(handle);
        switch (code)
        {
            case Native.Row:
                return true;
            case Native.Done:
                _ = Native.sqlite3_reset(handle);
                return false;
            default:
                // The error is read before the reset, which may replace it.
                var error = connection.Error(code);
                _ = Native.sqlite3_reset(handle);
                throw error;
        }
    }

    /// <summary>Runs a statement that returns no rows; how many rows it changed.</summary>
    public int Run()
    {
        if (Step())
        {
            Reset();
            throw new InvalidOperationException("The statement returned a row.");
        }

        return connection.Changes;
    }

    /// <summary>Runs an insert; false, and nothing happened, when a row with its key is there.</summary>
    public bool TryRun()
    {
        var code = Native.sqlite3_step(handle);
        if (code != Native.Done && code != Native.Constraint)
        {
            var error = connection.Error(code);
            _ = Native.sqlite3_reset(handle);
            throw error;
        }

        _ = Native.sqlite3_reset(handle);
        return code == Native.Done;
    }

    public void Reset() => _ = Native.sqlite3_reset(handle);

    public long Long(int column) => Native.sqlite3_column_int64(handle, column);

    public int Int(int column) => (int)Native.sqlite3_column_int64(handle, column);

    public bool IsNull(int column) => Native.sqlite3_column_type(handle, column) == Native.TypeNull;

    /// <summary>The bytes of a blob or text; valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        var bytes = Native.sqlite3_column_blob(handle, column);
        return bytes == null ? default : new ReadOnlySpan<byte>(bytes, Native.sqlite3_column_bytes(handle, column));
    }

    public string? Text(int column) => IsNull(column) ? null : Encoding.UTF8.GetString(Bytes(column));

    public void Dispose()
    {
        if (handle != 0)
        {
            _ = Native.sqlite3_finalize(handle);
            handle = 0;
        }
    }
}
