using OpenClaw.Core.Metrics;

namespace OpenClaw.Store;

/// <summary>The samples of one series in one chunk of time.</summary>
/// <param name="Series">Whose they are.</param>
/// <param name="FirstSlot">The chunk's first slot: a multiple of <see cref="MetricTime.ChunkSlots"/>.</param>
/// <param name="Samples">As <see cref="ChunkEncoder"/> wrote them.</param>
public readonly record struct MetricChunk(SeriesKey Series, long FirstSlot, ReadOnlyMemory<byte> Samples);

/// <summary>Takes a chunk while it is read: the samples are valid during the call alone.</summary>
public delegate void MetricChunkReader(SeriesKey series, long firstSlot, ReadOnlySpan<byte> samples);

/// <summary>
/// Where the history of metrics is kept. It is no ledger: what was written last may be lost with the machine's power, never with the
/// process. One contract suite holds every engine to the same rules. Thread-safe; writes happen one at a time.
/// </summary>
/// <remarks>Failures of the world are thrown as <see cref="Core.Errors.FailureException"/>: clw-store-full, clw-store-corrupt, ….</remarks>
public interface IMetricStore : IAsyncDisposable
{
    /// <summary>The store's name for messages.</summary>
    string Name { get; }

    /// <summary>Keeps chunks, all or none; each takes the place of what was kept for the same series and time.</summary>
    ValueTask WriteAsync(IReadOnlyList<MetricChunk> chunks, CancellationToken cancellation);

    /// <summary>Reads the chunks of series in the order of time.</summary>
    /// <param name="names">The names of the series.</param>
    /// <param name="wants">Which of them; asked once for each.</param>
    /// <param name="fromSlot">Chunks that begin there or later.</param>
    /// <param name="toSlot">Chunks that begin there or earlier.</param>
    /// <param name="read">Takes a chunk; must be quick and must not use the store.</param>
    /// <param name="cancellation">Ends it between two chunks.</param>
    ValueTask ReadAsync(
        IReadOnlyList<string> names,
        Func<SeriesKey, bool> wants,
        long fromSlot,
        long toSlot,
        MetricChunkReader read,
        CancellationToken cancellation
    );

    /// <summary>
    /// Removes chunks that begin before a slot, and, from the oldest on, as many more as are needed to stay within a size; then series
    /// that have no chunk left.
    /// </summary>
    /// <returns>Bytes that are used afterwards.</returns>
    ValueTask<long> PruneAsync(long beforeSlot, long mostBytes, CancellationToken cancellation);
}
