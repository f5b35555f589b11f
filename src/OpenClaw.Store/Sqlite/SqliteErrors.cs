using OpenClaw.Core.Errors;

namespace OpenClaw.Store.Sqlite;

/// <summary>Names SQLite's errors by the catalogue.</summary>
internal static class SqliteErrors
{
    public static Failure ToFailure(SqliteException error, string file) =>
        error.Code switch
        {
            Native.Full => new Failure(Catalogue.StoreFull, $"the disk of {file} is full"),
            Native.Corrupt or Native.NotADatabase => new Failure(Catalogue.StoreCorrupt, $"{file} is damaged or not a database of ours"),
            Native.Busy or Native.Locked => new Failure(Catalogue.StoreBusy, $"another program keeps {file} locked"),
            Native.CannotOpen or Native.ReadOnly or Native.Permission or Native.Auth => new Failure(
                Catalogue.StoreUnwritable,
                $"{file} cannot be opened for writing"
            ),
            _ => new Failure(Catalogue.StoreUnwritable, $"{file} cannot be used: {error.Message}"),
        };
}
