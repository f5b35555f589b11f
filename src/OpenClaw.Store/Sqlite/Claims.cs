using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>Claims waiting tasks: the heads of the lanes are merged by priority, then age.</summary>
internal sealed class Claims(Connection connection, WriterState state)
{
    private const int SmallestChunk = 16;

    // The index tasks_ready answers it alone; its entries end with the row's number, so they come in the order of the queue.
    private readonly Statement readLane = connection.Prepare(
        $"""
        SELECT priority, seq FROM tasks INDEXED BY tasks_ready
        WHERE lane = ?1 AND state = {Schema.Number(TaskState.Pending)} AND due = 0 AND priority <= ?2 AND (priority < ?2 OR seq > ?3)
        ORDER BY priority DESC, seq LIMIT ?4
        """
    );
    private readonly Statement read = connection.Prepare(
        "SELECT t.attempt, t.retries, b.timeout_ms, b.plugin_version, b.payload FROM tasks t JOIN bodies b ON b.seq = t.seq WHERE t.seq = ?1"
    );
    private readonly Statement assign = connection.Prepare(
        $"""
        UPDATE tasks SET state = {Schema.Target(On.Assigned)}, attempt = ?2, holder = ?3, assigned = ?4, started = 0
        WHERE seq = ?1 AND due = 0 AND {Schema.Guard(On.Assigned)}
        """
    );

    public void Execute(ClaimOperation operation)
    {
        if (!state.Leases.ContainsKey(operation.Worker))
        {
            operation.Refused = StoreFailures.NoLease(operation.Worker);
            return;
        }

        var heads = new PriorityQueue<Cursor, (int, long)>();
        var chunk = Math.Max(SmallestChunk, operation.Count / Math.Max(1, operation.Lanes.Count));
        var seen = new HashSet<int>();
        foreach (var share in operation.Lanes)
        {
            if (!seen.Add(share.Lane.Id))
            {
                continue; // One head per lane: two would claim the same task.
            }

            var entry = state.LaneById(share.Lane.Id);
            var cursor = new Cursor(entry, (int)Math.Min(Math.Min(share.Most, operation.Count), entry.Ready));
            Push(heads, cursor, operation.Lanes.Count == 1 ? operation.Count : chunk);
        }

        var holder = heads.Count == 0 ? 0 : state.HolderOf(operation.Worker);
        while (operation.Claimed.Count < operation.Count && heads.TryDequeue(out var cursor, out _))
        {
            var (priority, number) = cursor.Take();
            operation.Claimed.Add(Assign(cursor.Lane, number, priority, holder));
            Push(heads, cursor, chunk);
        }
    }

    private void Push(PriorityQueue<Cursor, (int, long)> heads, Cursor cursor, int chunk)
    {
        if (cursor.Left > 0 && (cursor.HasHead || cursor.Read(readLane, chunk)))
        {
            var (priority, number) = cursor.Head;
            heads.Enqueue(cursor, (-priority, number));
        }
    }

    private ClaimedTask Assign(LaneEntry lane, long number, int priority, long holder)
    {
        read.Bind(1, number);
        read.Step();
        var task = new ClaimedTask
        {
            Number = number,
            Attempt = read.Int(0) + 1,
            Lane = lane.Lane,
            Payload = read.Bytes(4).ToArray(),
            Priority = priority,
            TimeoutMs = read.Long(2),
            Retries = read.Int(1),
            PluginVersion = read.Text(3),
        };
        read.Reset();
        if (assign.Bind(1, number).Bind(2, task.Attempt).Bind(3, holder).Bind(4, state.Now).Run() != 1)
        {
            throw new InvalidOperationException($"Task {number} is in the index of ready tasks and is not ready.");
        }

        state.CountMoved(TaskState.Pending, Transitions.To(On.Assigned));
        lane.Count(delayed: false, -1);
        return task;
    }

    /// <summary>The head of one lane, read in chunks.</summary>
    private sealed class Cursor(LaneEntry lane, int most)
    {
        private readonly List<(int Priority, long Number)> chunk = [];
        private (int Priority, long Number) last = (int.MaxValue, 0);
        private int next;

        public LaneEntry Lane { get; } = lane;

        /// <summary>How many may still be taken.</summary>
        public int Left { get; private set; } = most;

        public bool HasHead => next < chunk.Count;

        public (int Priority, long Number) Head => chunk[next];

        public (int Priority, long Number) Take()
        {
            Left--;
            return chunk[next++];
        }

        public bool Read(Statement statement, int size)
        {
            chunk.Clear();
            next = 0;
            statement.Bind(1, Lane.Lane.Id).Bind(2, last.Priority).Bind(3, last.Number).Bind(4, Math.Min(size, Left));
            while (statement.Step())
            {
                chunk.Add(last = (statement.Int(0), statement.Long(1)));
            }

            return chunk.Count > 0;
        }
    }
}
