using System.Runtime.InteropServices;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// The C API of the bundled SQLite, as far as it is used, with pointers as they are: no safe handle and no marshalling per call,
/// because a row of a batch makes a dozen of these calls. Only <see cref="Connection"/> and <see cref="Statement"/> use it.
/// The calls marked with SuppressGCTransition run for nanoseconds and never call back.
/// </summary>
internal static unsafe class Native
{
    private const string Library = "e_sqlite3";

    public const int Ok = 0;
    public const int Busy = 5;
    public const int Locked = 6;
    public const int ReadOnly = 8;

    /// <summary>Extended: a journal has to be rolled back, and the connection may not write.</summary>
    public const int ReadOnlyRollback = 8 | (3 << 8);
    public const int IoError = 10;
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int CannotOpen = 14;
    public const int Constraint = 19;
    public const int Permission = 3;
    public const int Auth = 23;
    public const int NotADatabase = 26;
    public const int Row = 100;
    public const int Done = 101;

    public const int OpenReadOnly = 0x1;
    public const int OpenReadWrite = 0x2;
    public const int OpenCreate = 0x4;

    /// <summary>One thread at a time uses a connection; its owner sees to that.</summary>
    public const int OpenNoMutex = 0x8000;
    public const uint PreparePersistent = 0x1;
    public const int TypeNull = 5;

    /// <summary>SQLite copies the bytes before the call returns.</summary>
    public const nint Transient = -1;

    [DllImport(Library)]
    public static extern int sqlite3_open_v2(byte* file, nint* db, int flags, byte* vfs);

    [DllImport(Library)]
    public static extern int sqlite3_close_v2(nint db);

    [DllImport(Library)]
    public static extern int sqlite3_prepare_v3(nint db, byte* sql, int bytes, uint flags, nint* statement, byte** tail);

    [DllImport(Library)]
    public static extern int sqlite3_finalize(nint statement);

    [DllImport(Library)]
    public static extern int sqlite3_step(nint statement);

    [DllImport(Library)]
    public static extern int sqlite3_reset(nint statement);

    [DllImport(Library)]
    public static extern int sqlite3_exec(nint db, byte* sql, nint callback, nint argument, nint error);

    [DllImport(Library)]
    public static extern int sqlite3_busy_timeout(nint db, int milliseconds);

    [DllImport(Library)]
    public static extern byte* sqlite3_errmsg(nint db);

    [DllImport(Library)]
    public static extern int sqlite3_extended_errcode(nint db);

    [DllImport(Library), SuppressGCTransition]
    public static extern int sqlite3_get_autocommit(nint db);

    [DllImport(Library), SuppressGCTransition]
    public static extern int sqlite3_changes(nint db);

    [DllImport(Library), SuppressGCTransition]
    public static extern int sqlite3_bind_int64(nint statement, int index, long value);

    [DllImport(Library), SuppressGCTransition]
    public static extern int sqlite3_bind_null(nint statement, int index);

    [DllImport(Library)]
    public static extern int sqlite3_bind_text(nint statement, int index, byte* value, int bytes, nint destructor);

    [DllImport(Library)]
    public static extern int sqlite3_bind_blob(nint statement, int index, byte* value, int bytes, nint destructor);

    [DllImport(Library), SuppressGCTransition]
    public static extern long sqlite3_column_int64(nint statement, int column);

    [DllImport(Library), SuppressGCTransition]
    public static extern int sqlite3_column_type(nint statement, int column);

    [DllImport(Library)]
    public static extern byte* sqlite3_column_blob(nint statement, int column);

    [DllImport(Library), SuppressGCTransition]
    public static extern int sqlite3_column_bytes(nint statement, int column);
}
