using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>A lane and how many tasks wait in it, as of the open transaction.</summary>
internal sealed class LaneEntry(Lane lane, long ready, long delayed)
{
    public Lane Lane { get; } = lane;
    public long Ready { get; private set; } = ready;
    public long Delayed { get; private set; } = delayed;
    public bool Changed { get; set; }

    /// <summary>What of <see cref="Delayed"/> is in the sums by queue.</summary>
    public long Summed { get; set; }

    /// <summary>Counts a task that begins (+1) or stops (-1) to wait.</summary>
    public void Count(bool delayed, int by)
    {
        (Ready, Delayed) = delayed ? (Ready, Delayed + by) : (Ready + by, Delayed);
        Changed = true;
    }
}

/// <summary>A task that an incarnation holds, as of the open transaction.</summary>
internal readonly record struct HeldTask(
    long Holder,
    int Attempt,
    TaskState State,
    int Lane,
    int Retries,
    int MaxRetries,
    int Losses,
    long StartedAt
);

/// <summary>
/// What the writer keeps in memory so that no operation asks the database for it: the next number, the counts, lanes, leases held
/// tasks. Changed by operations inside a transaction, written by <see cref="Flush"/> in the same one, read anew after a rollback.
/// Owned by the writer's thread.
/// </summary>
internal sealed class WriterState
{
    private static readonly string[] CountColumns = [.. Transitions.AllNames.Select(n => n.ToLowerInvariant())];

    private readonly Dictionary<(string Project, string Queue, string Type), LaneEntry> lanes = [];
    private readonly Dictionary<int, LaneEntry> lanesById = [];
    private readonly Dictionary<WorkerRef, long> holders = [];
    private int lastLane;
    private readonly long[] counts = new long[CountColumns.Length];
    private bool countsChanged;

    private readonly Statement readMeta;
    private readonly Statement writeMeta;
    private readonly Statement readLanes;
    private readonly Statement insertLane;
    private readonly Statement writeLane;
    private readonly Statement readLeases;
    private readonly Statement readHeld;
    private readonly Statement countHolders;
    private readonly Statement findHolder;
    private readonly Statement insertHolder;

    public WriterState(Connection connection)
    {
        readMeta = connection.Prepare($"SELECT next_seq, {string.Join(", ", CountColumns)} FROM meta WHERE id = 1");
        var sets = CountColumns.Select((name, i) => $"{name} = ?{i + 2}");
        writeMeta = connection.Prepare($"UPDATE meta SET next_seq = ?1, {string.Join(", ", sets)} WHERE id = 1");
        readLanes = connection.Prepare("SELECT id, project, queue, type, ready, delayed FROM lanes");
        insertLane = connection.Prepare("INSERT INTO lanes (id, project, queue, type) VALUES (?1, ?2, ?3, ?4)");
        writeLane = connection.Prepare("UPDATE lanes SET ready = ?2, delayed = ?3 WHERE id = ?1");
        readLeases = connection.Prepare("SELECT worker, incarnation, manager, until, identity, length FROM leases");
        readHeld = connection.Prepare(
            $"""
            SELECT seq, holder, attempt, state, lane, retries, max_retries, losses, started
            FROM tasks INDEXED BY tasks_held WHERE {Schema.Held}
            """
        );
        countHolders = connection.Prepare("SELECT count(*) FROM holders");
        findHolder = connection.Prepare("SELECT id FROM holders WHERE worker = ?1 AND incarnation = ?2");
        insertHolder = connection.Prepare("INSERT INTO holders (worker, incarnation) VALUES (?1, ?2) RETURNING id");
        Load();
    }

    /// <summary>The transaction's time, unix milliseconds.</summary>
    public long Now { get; set; }

    public long NextSeq { get; private set; }

    public Dictionary<WorkerRef, Lease> Leases { get; } = [];

    /// <summary>Every held task by number: as many as the workers have credits for, so memory stays small however long the queue is.</summary>
    public Dictionary<long, HeldTask> Held { get; } = [];

    /// <summary>Delayed tasks by queue. Replaced, and never changed: other threads read it.</summary>
    public IReadOnlyDictionary<string, long> DelayedByQueue => Volatile.Read(ref delayedByQueue);

    private Dictionary<string, long> delayedByQueue = new(StringComparer.Ordinal);

    public long CountOf(TaskState state) => counts[(int)state];

    public long TakeNumber()
    {
        countsChanged = true;
        return NextSeq++;
    }

    public void CountNew(TaskState state) => Count(state, 1);

    public void CountRemoved(TaskState state) => Count(state, -1);

    public void CountMoved(TaskState from, TaskState to, int tasks = 1)
    {
        Count(from, -tasks);
        Count(to, tasks);
    }

    public int LaneCount => lanes.Count;

    public bool HasLane(string project, string queue, string type) => lanes.ContainsKey((project, queue, type));

    /// <summary>Incarnations that ever held a task, as many rows as are kept of them.</summary>
    public long HolderRows { get; set; }

    /// <summary>Rows of incarnations were removed.</summary>
    public void ForgetHolders() => holders.Clear();

    public LaneEntry LaneById(int id) => lanesById[id];

    /// <summary>The lane, or null when it was removed: a claim may name one that a manager still knows.</summary>
    public LaneEntry? FindLane(int id) => lanesById.GetValueOrDefault(id);

    /// <summary>
    /// Forgets the lanes but those that are used. The newest stays whatever it is: the next number counts from it, also after a
    /// restart, so that no number is given twice.
    /// </summary>
    public List<Lane> RemoveLanes(HashSet<int> used)
    {
        var unused = lanesById.Values.Select(e => e.Lane).Where(l => l.Id != lastLane && !used.Contains(l.Id)).ToList();
        foreach (var lane in unused)
        {
            lanesById.Remove(lane.Id);
            lanes.Remove((lane.Project, lane.Queue, lane.Type));
        }

        return unused;
    }

    public LaneEntry LaneOf(string project, string queue, string type)
    {
        if (!lanes.TryGetValue((project, queue, type), out var entry))
        {
            entry = Add(new LaneEntry(new Lane(lastLane + 1, project, queue, type), 0, 0));
            insertLane.Bind(1, entry.Lane.Id).Bind(2, project).Bind(3, queue).Bind(4, type).Run();
        }

        return entry;
    }

    /// <summary>The incarnation's number among the holders; 0 when it never held a task.</summary>
    public long FindHolder(in WorkerRef worker)
    {
        if (!holders.TryGetValue(worker, out var id))
        {
            findHolder.Bind(1, worker.Worker).Bind(2, worker.Incarnation);
            if (findHolder.Step())
            {
                id = findHolder.Long(0);
                findHolder.Reset();
                Remember(worker, id);
            }
        }

        return id;
    }

    public long HolderOf(in WorkerRef worker)
    {
        var id = FindHolder(worker);
        if (id == 0)
        {
            insertHolder.Bind(1, worker.Worker).Bind(2, worker.Incarnation);
            insertHolder.Step();
            id = insertHolder.Long(0);
            insertHolder.Reset();
            HolderRows++;
            Remember(worker, id);
        }

        return id;
    }

    /// <summary>Reads everything from the database: at the start and after a rollback.</summary>
    public void Load()
    {
        lanes.Clear();
        lanesById.Clear();
        lastLane = 0;
        holders.Clear();
        Leases.Clear();
        Held.Clear();
        readMeta.Step();
        NextSeq = readMeta.Long(0);
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = readMeta.Long(i + 1);
        }

        readMeta.Reset();
        countHolders.Step();
        HolderRows = countHolders.Long(0);
        countHolders.Reset();
        countsChanged = false;
        Publish(new(StringComparer.Ordinal));
        Dictionary<string, long>? delayed = null;
        while (readLanes.Step())
        {
            var lane = new Lane(readLanes.Int(0), readLanes.Text(1)!, readLanes.Text(2)!, readLanes.Text(3)!);
            SumUp(Add(new LaneEntry(lane, readLanes.Long(4), readLanes.Long(5))), ref delayed);
        }

        Publish(delayed);

        while (readLeases.Step())
        {
            var worker = new WorkerRef(readLeases.Text(0)!, readLeases.Long(1));
            Leases[worker] = new Lease
            {
                Worker = worker,
                Manager = readLeases.Text(2)!,
                Until = readLeases.Long(3),
                Identity = readLeases.Text(4)!,
                Length = readLeases.Long(5),
            };
        }

        while (readHeld.Step())
        {
            Held[readHeld.Long(0)] = new HeldTask(
                readHeld.Long(1),
                readHeld.Int(2),
                (TaskState)readHeld.Int(3),
                readHeld.Int(4),
                readHeld.Int(5),
                readHeld.Int(6),
                readHeld.Int(7),
                readHeld.Long(8)
            );
        }
    }

    /// <summary>Writes what changed; the last step before the commit.</summary>
    public void Flush()
    {
        if (countsChanged)
        {
            writeMeta.Bind(1, NextSeq);
            for (var i = 0; i < counts.Length; i++)
            {
                writeMeta.Bind(i + 2, counts[i]);
            }

            writeMeta.Run();
            countsChanged = false;
        }

        StoreMetrics.Kept(lanes.Count, HolderRows);
        Dictionary<string, long>? delayed = null;
        foreach (var entry in lanes.Values)
        {
            if (entry.Changed)
            {
                SumUp(entry, ref delayed);
                writeLane.Bind(1, entry.Lane.Id).Bind(2, entry.Ready).Bind(3, entry.Delayed).Run();
                entry.Changed = false;
            }
        }

        Publish(delayed);
    }

    private void SumUp(LaneEntry entry, ref Dictionary<string, long>? delayed)
    {
        if (entry.Delayed == entry.Summed)
        {
            return;
        }

        delayed ??= new(delayedByQueue, StringComparer.Ordinal);
        var sum = delayed.GetValueOrDefault(entry.Lane.Queue) + entry.Delayed - entry.Summed;
        entry.Summed = entry.Delayed;
        if (sum == 0)
        {
            delayed.Remove(entry.Lane.Queue);
        }
        else
        {
            delayed[entry.Lane.Queue] = sum;
        }
    }

    // Before the commit; one that fails reads everything anew.
    private void Publish(Dictionary<string, long>? delayed)
    {
        if (delayed is not null)
        {
            Volatile.Write(ref delayedByQueue, delayed);
        }
    }

    private void Count(TaskState state, int by)
    {
        counts[(int)state] += by;
        countsChanged = true;
    }

    private LaneEntry Add(LaneEntry entry)
    {
        lanes[(entry.Lane.Project, entry.Lane.Queue, entry.Lane.Type)] = entry;
        lanesById[entry.Lane.Id] = entry;
        lastLane = Math.Max(lastLane, entry.Lane.Id);
        return entry;
    }

    private void Remember(in WorkerRef worker, long id)
    {
        // Only those with a lease hold tasks, so the cache need not be larger than a few times their number.
        if (holders.Count > 1000 + (4 * Leases.Count))
        {
            holders.Clear();
        }

        holders[worker] = id;
    }
}
