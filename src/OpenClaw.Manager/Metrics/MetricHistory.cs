using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Store;

namespace OpenClaw.Manager.Metrics;

/// <summary>
/// Opens the store; what was found damaged while it was open is handed in, and set aside. Throws <see cref="FailureException"/> when
/// there can be none.
/// </summary>
internal delegate Task<IMetricStore> OpenMetricStore(Failure? damaged, CancellationToken cancellation);

/// <summary>
/// The history of metrics: takes samples, brings them to the store, answers queries from both. A store that fails costs history and
/// nothing else. Thread-safe.
/// </summary>
/// <remarks>
/// A crash loses what was sampled since the last <see cref="FlushAsync"/>. The process that follows goes on with the chunk that its
/// predecessor began, and what its counters show first is marked as counted from zero.
/// </remarks>
internal sealed partial class MetricHistory(
    OpenMetricStore open,
    MetricHistoryOptions options,
    TimeProvider time,
    ILogger<MetricHistory> logger
) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly OpenChunks chunks = new(options);

    // Whoever replaces or uses the store has it.
    private readonly SemaphoreSlim flushing = new(1, 1);
    private volatile IMetricStore? store;
    private Failure? trouble;
    private Failure? damage;
    private long prunedAt = long.MinValue;
    private long bytes;

    public int Series => Locked(() => chunks.Series);

    public int Refused => Locked(() => chunks.Refused);

    public long Dropped => Locked(() => chunks.Dropped);

    /// <summary>Bytes on disk, as they were counted last.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Opens the store and goes on with what it has of the chunk of now. Without a store it is tried again at each flush.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await flushing.WaitAsync(cancellation);
        try
        {
            if (await OpenedAsync(cancellation) is not { } opened)
            {
                return;
            }

            var current = MetricTime.ChunkOf(MetricTime.SlotOf(time.GetUtcNow()));
            await opened.ReadAsync(
                MetricIndex.SeriesNames,
                static _ => true,
                current,
                current,
                (series, slot, samples) =>
                {
                    lock (gate)
                    {
                        chunks.Resume(series, slot, samples);
                    }
                },
                cancellation
            );
        }
        catch (FailureException e)
        {
            Lost(e.Failure);
        }
        finally
        {
            flushing.Release();
        }
    }

    /// <summary>Takes samples. False when this slot has its samples already.</summary>
    public bool Add(long slot, IReadOnlyList<MetricValue> values) => Locked(() => chunks.Add(slot, values));

    /// <summary>Brings to the store what it does not have, and removes what is too old or too much.</summary>
    /// <exception cref="FailureException">The store refuses; what is in memory waits, within its bound.</exception>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await flushing.WaitAsync(cancellation);
        try
        {
            if (await OpenedAsync(cancellation) is not { } opened)
            {
                return;
            }

            var news = Locked(chunks.News);
            var isKept = false;
            try
            {
                await opened.WriteAsync(news, cancellation);
                isKept = true;
            }
            finally
            {
                Locked(() => (isKept ? (Action<List<MetricChunk>>)chunks.Kept : chunks.NotKept)(news));
            }

            await PruneAsync(opened, cancellation);
        }
        catch (FailureException e)
        {
            Lost(e.Failure);
            throw;
        }
        finally
        {
            flushing.Release();
        }
    }

    /// <summary>Carries a query out.</summary>
    /// <param name="evaluation">The query.</param>
    /// <param name="now">Values of this moment, which no slot has yet; none: the query ends with the last slot.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Result<QueryAnswer>> QueryAsync(
        QueryEvaluation evaluation,
        IReadOnlyList<MetricValue> now,
        CancellationToken cancellation
    )
    {
        try
        {
            var (memory, current, fresh) = Locked(() =>
            {
                var found = chunks.Snapshot(evaluation.SeriesNames, evaluation.Wants);
                return (found, chunks.Current ?? long.MaxValue, now.Select(v => v.FromZero && chunks.IsNew(v.Series)).ToArray());
            });
            var inMemory = memory.Select(c => (c.Series, c.FirstSlot)).ToHashSet();
            if (store is { } opened)
            {
                await opened.ReadAsync(
                    evaluation.SeriesNames,
                    evaluation.Wants,
                    MetricTime.ChunkOf(evaluation.Window.ReadFrom),
                    current,
                    (series, slot, samples) =>
                    {
                        if (!inMemory.Contains((series, slot)))
                        {
                            evaluation.Add(series, slot, samples);
                        }
                    },
                    cancellation
                );
            }

            foreach (var chunk in memory)
            {
                evaluation.Add(chunk.Series, chunk.FirstSlot, chunk.Samples.Span);
            }

            for (var i = 0; i < now.Count; i++)
            {
                evaluation.Add(now[i].Series, evaluation.Window.End, now[i].Value, fresh[i]);
            }

            return evaluation.Answer();
        }
        catch (FailureException e)
        {
            if (e.Failure.Entry == Catalogue.StoreCorrupt)
            {
                // The next flush sets it aside.
                Interlocked.CompareExchange(ref damage, e.Failure, null);
            }

            return e.Failure;
        }
        catch (ObjectDisposedException) when (store is null)
        {
            return new Failure(Catalogue.ManagerStopping, "The manager is stopping");
        }
    }

    /// <summary>A last flush, as far as it goes, and the end of the store.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await FlushAsync(CancellationToken.None);
        }
        catch (FailureException)
        {
            // Said by Lost; what could not be written is lost, as with a crash.
        }

        if (store is { } opened)
        {
            store = null;
            await opened.DisposeAsync();
        }

        flushing.Dispose();
    }

    private async Task<IMetricStore?> OpenedAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref damage, null) is { } damaged && store is { } broken)
        {
            store = null;
            await broken.DisposeAsync();
            return await OpenAsync(damaged, cancellation);
        }

        return store ?? await OpenAsync(null, cancellation);
    }

    private async Task<IMetricStore?> OpenAsync(Failure? damaged, CancellationToken cancellation)
    {
        try
        {
            var opened = await open(damaged, cancellation);
            trouble = null;
            store = opened;
            return opened;
        }
        catch (FailureException e)
        {
            // Said once; asked again at each flush.
            if (trouble is null)
            {
                trouble = e.Failure;
                LogNoStore(logger, e.Failure.Code, e.Failure.Message);
            }

            return null;
        }
    }

    private void Lost(Failure failure)
    {
        if (failure.Entry == Catalogue.StoreCorrupt)
        {
            Interlocked.CompareExchange(ref damage, failure, null);
        }
    }

    private async Task PruneAsync(IMetricStore opened, CancellationToken cancellation)
    {
        var slot = MetricTime.SlotOf(time.GetUtcNow());
        var before = MetricTime.ChunkOf(slot - MetricTime.SlotsOf(MetricTime.Retention));
        if (before <= prunedAt)
        {
            return;
        }

        // Once for each chunk that has come.
        Interlocked.Exchange(ref bytes, await opened.PruneAsync(before, options.MostBytes, cancellation));
        prunedAt = before;
    }

    private void Locked(Action action)
    {
        lock (gate)
        {
            action();
        }
    }

    private T Locked<T>(Func<T> get)
    {
        lock (gate)
        {
            return get();
        }
    }

    [LoggerMessage(90, LogLevel.Warning, "{code}: the history of metrics is kept in memory alone, for now: {message}")]
    private static partial void LogNoStore(ILogger logger, string code, string message);
}
