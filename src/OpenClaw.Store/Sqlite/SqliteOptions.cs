using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>How the SQLite engine is opened. The defaults are the ones measured in <c>bench/OpenClaw.Bench.Store</c>.</summary>
public sealed record SqliteOptions
{
    /// <summary>The variable that switches <see cref="UnsafeNoSync"/> on.</summary>
    public const string UnsafeVariable = "OPENCLAW_UNSAFE_NO_SYNC";

    /// <summary>The store's clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Connections for reading, opened when they are needed. More readers than these wait for one another.</summary>
    public int Readers { get; init; } = 3;

    /// <summary>Memory for pages that the writer keeps, in KiB.</summary>
    public int WriterCacheKiB { get; init; } = 16 * 1024;

    /// <summary>Memory for pages that one reader keeps, in KiB.</summary>
    public int ReaderCacheKiB { get; init; } = 2 * 1024;

    /// <summary>Pages of 4 KiB in the write-ahead log before it is copied into the database file.</summary>
    public int CheckpointPages { get; init; } = 4000;

    /// <summary>For tests: the database file has no room for more pages than these. 0 = the disk alone is the limit.</summary>
    internal int MaxPages { get; init; }

    /// <summary>Lanes that are kept; submissions that need more are refused.</summary>
    internal int MostLanes { get; init; } = TaskLimits.MaxLanes;

    /// <summary>Lanes before those that have no tasks any more are removed.</summary>
    internal int FewLanes { get; init; } = 1000;

    /// <summary>Rows of past incarnations before those that no task names any more are removed.</summary>
    internal int MostHolders { get; init; } = 10_000;

    /// <summary>For tests: the statement that ends a transaction, so that one can end in an error.</summary>
    internal string Commit { get; init; } = "COMMIT";

    /// <summary>
    /// UNSAFE: commits are not made durable; a power loss loses acknowledged tasks. It exists so that the power-loss test can show
    /// that it is able to fail. Also set by OPENCLAW_UNSAFE_NO_SYNC=1.
    /// </summary>
    public bool UnsafeNoSync { get; init; } = Environment.GetEnvironmentVariable(UnsafeVariable) == "1";

    /// <summary>The variable that switches <see cref="UnsafeAckBeforeCommit"/> on.</summary>
    public const string UnsafeAckVariable = "OPENCLAW_UNSAFE_ACK_BEFORE_COMMIT";

    /// <summary>
    /// UNSAFE: operations are acknowledged while their transaction is still open, and committed a little later, as an engine that
    /// writes behind would; kill -9 loses acknowledged tasks. It exists so that the chaos test can show that it is able to fail. Also
    /// set by OPENCLAW_UNSAFE_ACK_BEFORE_COMMIT=1.
    /// </summary>
    public bool UnsafeAckBeforeCommit { get; init; } = Environment.GetEnvironmentVariable(UnsafeAckVariable) == "1";
}
