using OpenClaw.Core.Metrics;

namespace OpenClaw.Store.Sqlite;

/// <summary>Reads the history of metrics on one connection. Used by one thread at a time.</summary>
internal sealed class MetricReader(Connection connection)
{
    /// <summary>When fewer than one of so many series is wanted, each of its chunks is looked up; else all are passed over in one go.</summary>
    private const int LookUpShare = 16;

    private readonly Statement series = connection.Prepare("SELECT id, labels FROM series WHERE name = ?1");
    private readonly Statement count = connection.Prepare("SELECT count(*) FROM series");
    private readonly Statement first = connection.Prepare("SELECT min(slot) FROM chunks");
    private readonly Statement last = connection.Prepare("SELECT max(slot) FROM chunks");
    private readonly Statement one = connection.Prepare("SELECT samples FROM chunks WHERE slot = ?1 AND series = ?2");
    private readonly Statement all = connection.Prepare(
        "SELECT slot, series, samples FROM chunks WHERE slot BETWEEN ?1 AND ?2 ORDER BY slot, series"
    );

    public bool Read(
        IReadOnlyList<string> names,
        Func<SeriesKey, bool> wants,
        long fromSlot,
        long toSlot,
        MetricChunkReader read,
        CancellationToken cancellation
    )
    {
        // One moment for the series and their chunks.
        connection.Execute("BEGIN");
        try
        {
            var wanted = Wanted(names, wants);
            if (wanted.Count > 0 && (long)wanted.Count * LookUpShare < Number(count))
            {
                LookUp(wanted, fromSlot, toSlot, read, cancellation);
            }
            else if (wanted.Count > 0)
            {
                PassOver(wanted, fromSlot, toSlot, read, cancellation);
            }

            return true;
        }
        finally
        {
            connection.Execute("COMMIT");
        }
    }

    private Dictionary<long, SeriesKey> Wanted(IReadOnlyList<string> names, Func<SeriesKey, bool> wants)
    {
        var wanted = new Dictionary<long, SeriesKey>();
        foreach (var name in names)
        {
            series.Bind(1, name);
            try
            {
                while (series.Step())
                {
                    var key = new SeriesKey(name, series.Text(1) ?? "");
                    if (wants(key))
                    {
                        wanted[series.Long(0)] = key;
                    }
                }
            }
            finally
            {
                series.Reset();
            }
        }

        return wanted;
    }

    private static long Number(Statement statement)
    {
        var number = statement.Step() ? statement.Long(0) : 0;
        statement.Reset();
        return number;
    }

    private void LookUp(
        Dictionary<long, SeriesKey> wanted,
        long fromSlot,
        long toSlot,
        MetricChunkReader read,
        CancellationToken cancellation
    )
    {
        // Chunks begin at known slots: only the first and the last have to be asked for.
        var (begin, end) = (Math.Max(fromSlot, Number(first)), Math.Min(toSlot, Number(last)));
        for (var slot = MetricTime.ChunkOf(begin + MetricTime.ChunkSlots - 1); slot <= end; slot += MetricTime.ChunkSlots)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (id, key) in wanted)
            {
                one.Bind(1, slot).Bind(2, id);
                if (one.Step())
                {
                    read(key, slot, one.Bytes(0));
                }

                one.Reset();
            }
        }
    }

    private void PassOver(
        Dictionary<long, SeriesKey> wanted,
        long fromSlot,
        long toSlot,
        MetricChunkReader read,
        CancellationToken cancellation
    )
    {
        all.Bind(1, fromSlot).Bind(2, toSlot);
        try
        {
            while (all.Step())
            {
                cancellation.ThrowIfCancellationRequested();
                if (wanted.TryGetValue(all.Long(1), out var key))
                {
                    read(key, all.Long(0), all.Bytes(2));
                }
            }
        }
        finally
        {
            all.Reset();
        }
    }
}
