using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.Store.Sqlite;

/// <summary>An error of SQLite. Never leaves the engine: <see cref="SqliteErrors"/> makes a failure of it.</summary>
/// <param name="code">The extended result code.</param>
/// <param name="message">SQLite's own words.</param>
internal sealed class SqliteException(int code, string message) : Exception($"SQLite says: {message} (code {code})")
{
    public int Extended { get; } = code;

    /// <summary>The primary result code: the low byte.</summary>
    public int Code => Extended & 0xff;
}

/// <summary>One connection to a database file. Used by one thread at a time.</summary>
internal sealed unsafe class Connection : IDisposable
{
    private readonly List<Statement> statements = [];
    private nint handle;

    private Connection(nint handle) => this.handle = handle;

    public nint Handle => handle;

    /// <summary>True while no transaction is open.</summary>
    public bool InAutocommit => Native.sqlite3_get_autocommit(handle) != 0;

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => Native.sqlite3_changes(handle);

    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public static Connection Open(string path, int flags)
    {
        nint db = 0;
        int code;
        fixed (byte* file = ZeroTerminated(path))
        {
            code = Native.sqlite3_open_v2(file, &db, flags | Native.OpenNoMutex, null);
        }

        var connection = new Connection(db);
        if (code != Native.Ok)
        {
            var error = connection.Error(code);
            connection.Dispose();
            throw error;
        }

        // Another process may look at the file (a shell, a backup); it is waited for, never an error.
        _ = Native.sqlite3_busy_timeout(db, 5000);
        return connection;
    }

    /// <summary>Compiles a statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        var statement = Compile(sql, Native.PreparePersistent);
        statements.Add(statement);
        return statement;
    }

    /// <summary>Compiles a statement that the caller disposes.</summary>
    public Statement PrepareOnce(string sql) => Compile(sql, 0);

    /// <summary>Compiles, runs and discards statements without parameters or results.</summary>
    public void Execute(string sql)
    {
        fixed (byte* text = ZeroTerminated(sql))
        {
            Check(Native.sqlite3_exec(handle, text, 0, 0, 0));
        }
    }

    /// <summary>The first column of the first row, or 0 when there is none.</summary>
    public long Scalar(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    public void Check(int code)
    {
        if (code != Native.Ok)
        {
            throw Error(code);
        }
    }

    public SqliteException Error(int code)
    {
        var extended = handle == 0 ? code : Native.sqlite3_extended_errcode(handle);
        var message = handle == 0 ? null : Marshal.PtrToStringUTF8((nint)Native.sqlite3_errmsg(handle));
        return new SqliteException((extended & 0xff) == (code & 0xff) ? extended : code, message ?? "no message");
    }

    public void Dispose()
    {
        if (handle == 0)
        {
            return;
        }

        foreach (var statement in statements)
        {
            statement.Dispose();
        }

        _ = Native.sqlite3_close_v2(handle);
        handle = 0;
    }

    private Statement Compile(string sql, uint flags)
    {
        nint statement = 0;
        fixed (byte* text = ZeroTerminated(sql))
        {
            Check(Native.sqlite3_prepare_v3(handle, text, -1, flags, &statement, null));
        }

        return new Statement(this, statement);
    }

    private static byte[] ZeroTerminated(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
