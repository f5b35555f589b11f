using OpenClaw.Core.Metrics;
using OpenClaw.Store;

namespace OpenClaw.Manager.Metrics;

/// <summary>
/// What of the history is in memory: the chunk that grows, of every series that was measured lately, and ended chunks that the disk has
/// not taken yet. Does no I/O. Not thread-safe.
/// </summary>
internal sealed class OpenChunks(MetricHistoryOptions options)
{
    /// <summary>What an entry costs beside its samples, roughly.</summary>
    private const int EntryBytes = 200;

    private readonly Dictionary<SeriesKey, Growing> growing = [];
    private readonly LinkedList<MetricChunk> ended = new();
    private long endedBytes;
    private long lastSlot = long.MinValue;

    private sealed class Growing
    {
        public ChunkEncoder Samples { get; } = new();

        /// <summary>Measured by this process: what it showed first was counted.</summary>
        public bool IsSeen { get; set; }

        /// <summary>Not in the store as it stands here.</summary>
        public bool HasNews { get; set; }
    }

    /// <summary>The first slot of the chunk that grows; null before the first sample.</summary>
    public long? Current { get; private set; }

    public int Series => growing.Count;

    /// <summary>Series that the last samples found no room for.</summary>
    public int Refused { get; private set; }

    /// <summary>Ended chunks that were dropped because the disk did not take them.</summary>
    public long Dropped { get; private set; }

    /// <summary>Goes on with a chunk that an earlier process began. Before the first sample.</summary>
    public void Resume(SeriesKey series, long firstSlot, ReadOnlySpan<byte> chunk)
    {
        Current ??= firstSlot;
        if (Current != firstSlot || (growing.Count >= options.MostSeries && !growing.ContainsKey(series)))
        {
            return;
        }

        var one = growing[series] = new();
        var samples = new ChunkDecoder(chunk);
        while (samples.Read())
        {
            one.Samples.Append(samples.Index, samples.Value, samples.Fresh);
        }

        lastSlot = Math.Max(lastSlot, firstSlot + one.Samples.Next - 1);
    }

    /// <summary>Takes the samples of a slot. False, and nothing happened, when the clock has not come to another slot.</summary>
    public bool Add(long slot, IReadOnlyList<MetricValue> values)
    {
        if (slot <= lastSlot)
        {
            return false;
        }

        var chunk = MetricTime.ChunkOf(slot);
        if (Current is { } current && current != chunk)
        {
            End(current);
        }

        (Current, lastSlot, Refused) = (chunk, slot, 0);
        foreach (var (series, value, fromZero) in values)
        {
            if (!growing.TryGetValue(series, out var one))
            {
                if (growing.Count >= options.MostSeries)
                {
                    Refused++;
                    continue;
                }

                one = growing[series] = new();
            }

            one.Samples.Append((int)(slot - chunk), value, fromZero && !one.IsSeen);
            one.IsSeen = one.HasNews = true;
        }

        return true;
    }

    /// <summary>Whether a counter of this process is met for the first time.</summary>
    public bool IsNew(SeriesKey series) => !growing.TryGetValue(series, out var one) || !one.IsSeen;

    /// <summary>The chunks of series that are wanted, in the order of time.</summary>
    public List<MetricChunk> Snapshot(IReadOnlyList<string> names, Func<SeriesKey, bool> wants)
    {
        var found = ended.Where(c => names.Contains(c.Series.Name) && wants(c.Series)).ToList();
        if (Current is { } current)
        {
            found.AddRange(
                growing
                    .Where(g => g.Value.Samples.Next > 0 && names.Contains(g.Key.Name) && wants(g.Key))
                    .Select(g => new MetricChunk(g.Key, current, g.Value.Samples.ToArray()))
            );
        }

        return found;
    }

    /// <summary>Everything that the store does not have; <see cref="Kept"/> or <see cref="NotKept"/> follows.</summary>
    public List<MetricChunk> News()
    {
        var news = ended.ToList();
        if (Current is { } current)
        {
            foreach (var (series, one) in growing.Where(g => g.Value.HasNews))
            {
                one.HasNews = false;
                news.Add(new(series, current, one.Samples.ToArray()));
            }
        }

        return news;
    }

    /// <summary>The store has these.</summary>
    public void Kept(IReadOnlyList<MetricChunk> news)
    {
        // The same objects, in the same order: what was dropped or has ended meanwhile is told from them.
        foreach (var chunk in news)
        {
            if (ended.First?.Value is { } first && first == chunk)
            {
                endedBytes -= first.Samples.Length + EntryBytes;
                ended.RemoveFirst();
            }
        }
    }

    /// <summary>The store has not taken these.</summary>
    public void NotKept(IReadOnlyList<MetricChunk> news)
    {
        var waiting = ended.ToHashSet();
        foreach (var chunk in news)
        {
            if (chunk.FirstSlot == Current && growing.TryGetValue(chunk.Series, out var one))
            {
                one.HasNews = true;
            }
            else if (chunk.FirstSlot != Current && !waiting.Contains(chunk))
            {
                // It ended while it was being written.
                Wait(chunk);
            }
        }

        DropBeyondBound();
    }

    private void End(long chunk)
    {
        foreach (var (series, one) in growing)
        {
            if (one.Samples.Next == 0)
            {
                // Not measured in all of the chunk: it is gone.
                growing.Remove(series);
                continue;
            }

            if (one.HasNews)
            {
                Wait(new MetricChunk(series, chunk, one.Samples.ToArray()));
            }

            one.Samples.Clear();
            one.HasNews = false;
        }

        DropBeyondBound();
    }

    private void Wait(MetricChunk chunk)
    {
        ended.AddLast(chunk);
        endedBytes += chunk.Samples.Length + EntryBytes;
    }

    private void DropBeyondBound()
    {
        while (endedBytes > options.MostWaitingBytes && ended.First is { } oldest)
        {
            endedBytes -= oldest.Value.Samples.Length + EntryBytes;
            ended.RemoveFirst();
            Dropped++;
        }
    }
}
