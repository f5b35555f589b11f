using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.SystemTests.Harness;

/// <summary>Looks into a database file with SQLite itself and nothing of the product in between.</summary>
internal sealed unsafe class Database : IDisposable
{
    private const string Library = "e_sqlite3";
    private const int Row = 100;
    private const int Done = 101;

    private readonly nint handle;

    public Database(string path)
    {
        nint db;
        fixed (byte* name = Bytes(path))
        {
            Assert.Equal(0, sqlite3_open_v2(name, &db, 2, null));
        }

        handle = db;
    }

    /// <summary>All rows; numbers as long, text and blobs as string, null as null.</summary>
    public List<object?[]> Rows(string sql)
    {
        nint statement;
        fixed (byte* text = Bytes(sql))
        {
            var code = sqlite3_prepare_v2(handle, text, -1, &statement, null);
            Assert.True(code == 0, $"{Marshal.PtrToStringUTF8((nint)sqlite3_errmsg(handle))}: {sql}");
        }

        var rows = new List<object?[]>();
        int step;
        while ((step = sqlite3_step(statement)) == Row)
        {
            var row = new object?[sqlite3_column_count(statement)];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = sqlite3_column_type(statement, i) switch
                {
                    1 => sqlite3_column_int64(statement, i),
                    5 => null,
                    _ => Encoding.UTF8.GetString(sqlite3_column_blob(statement, i), sqlite3_column_bytes(statement, i)),
                };
            }

            rows.Add(row);
        }

        Assert.Equal(Done, step);
        _ = sqlite3_finalize(statement);
        return rows;
    }

    public long Number(string sql) => (long)Rows(sql)[0][0]!;

    /// <summary>SQLite's own check of the whole file.</summary>
    public void IsSound() => Assert.Equal("ok", Rows("PRAGMA integrity_check")[0][0]);

    public void Dispose() => _ = sqlite3_close_v2(handle);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + '\0');

    [DllImport(Library)]
    private static extern int sqlite3_open_v2(byte* name, nint* db, int flags, byte* vfs);

    [DllImport(Library)]
    private static extern int sqlite3_close_v2(nint db);

    [DllImport(Library)]
    private static extern byte* sqlite3_errmsg(nint db);

    [DllImport(Library)]
    private static extern int sqlite3_prepare_v2(nint db, byte* sql, int length, nint* statement, byte** tail);

    [DllImport(Library)]
    private static extern int sqlite3_step(nint statement);

    [DllImport(Library)]
    private static extern int sqlite3_finalize(nint statement);

    [DllImport(Library)]
    private static extern int sqlite3_column_count(nint statement);

    [DllImport(Library)]
    private static extern int sqlite3_column_type(nint statement, int column);

    [DllImport(Library)]
    private static extern long sqlite3_column_int64(nint statement, int column);

    [DllImport(Library)]
    private static extern byte* sqlite3_column_blob(nint statement, int column);

    [DllImport(Library)]
    private static extern int sqlite3_column_bytes(nint statement, int column);
}
