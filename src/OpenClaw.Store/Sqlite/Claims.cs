using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// Claims waiting tasks. First the heads of the lanes are merged by priority, then age, which says how many each lane gives; then
/// each lane gives them in one read and one update for each priority: what is claimed of a lane is always the beginning of its queue.
/// </summary>
internal sealed class Claims(Connection connection, WriterState state)
{
    private const int SmallestChunk = 16;

    private static readonly string Ready = $"state = {Schema.Number(TaskState.Pending)} AND due = 0";

    // The index tasks_ready answers it alone; its entries end with the row's number, so they come in the order of the queue.
    private readonly Statement readLane = connection.Prepare(
        $"""
        SELECT priority, seq FROM tasks INDEXED BY tasks_ready
        WHERE lane = ?1 AND {Ready} AND priority <= ?2 AND (priority < ?2 OR seq > ?3)
        ORDER BY priority DESC, seq LIMIT ?4
        """
    );
    private readonly Statement readHead = connection.Prepare(
        $"""
        SELECT t.seq, t.priority, t.attempt, t.retries, t.max_retries, t.losses, b.timeout_ms, b.plugin_version, b.payload
        FROM tasks t INDEXED BY tasks_ready CROSS JOIN bodies b ON b.seq = t.seq
        WHERE t.lane = ?1 AND state = {Schema.Number(TaskState.Pending)} AND t.due = 0
        ORDER BY t.priority DESC, t.seq LIMIT ?2
        """
    );
    private readonly Statement assign = connection.Prepare(
        $"""
        UPDATE tasks INDEXED BY tasks_ready SET state = {Schema.Target(
            On.Assigned
        )}, attempt = attempt + 1, holder = ?4, assigned = ?5, started = 0
        WHERE lane = ?1 AND priority = ?2 AND seq <= ?3 AND {Ready} AND {Schema.Guard(On.Assigned)}
        """
    );

    public void Execute(ClaimOperation operation)
    {
        if (!state.Leases.ContainsKey(operation.Worker))
        {
            operation.Refused = StoreFailures.NoLease(operation.Worker);
            return;
        }

        var cursors = CursorsOf(operation);
        if (cursors.Count == 1)
        {
            Take(operation, cursors[0].Lane, Math.Min(cursors[0].Left, operation.Count));
        }
        else if (cursors.Count > 1)
        {
            Merge(operation, cursors);
            foreach (var cursor in cursors)
            {
                Take(operation, cursor.Lane, cursor.Taken);
            }

            operation.Claimed.Sort(
                static (a, b) => a.Priority != b.Priority ? b.Priority.CompareTo(a.Priority) : a.Number.CompareTo(b.Number)
            );
        }
    }

    private List<Cursor> CursorsOf(ClaimOperation operation)
    {
        var cursors = new List<Cursor>(operation.Lanes.Count);
        foreach (var share in operation.Lanes)
        {
            // A lane that was removed has nothing.
            if (state.FindLane(share.Lane.Id) is { Ready: > 0 } entry && share.Most > 0 && !cursors.Exists(c => c.Lane == entry))
            {
                cursors.Add(new Cursor(entry, (int)Math.Min(Math.Min(share.Most, operation.Count), entry.Ready)));
            }
        }

        return cursors;
    }

    private void Merge(ClaimOperation operation, List<Cursor> cursors)
    {
        var heads = new PriorityQueue<Cursor, (int, long)>(cursors.Count);
        var chunk = Math.Max(SmallestChunk, operation.Count / cursors.Count);
        foreach (var cursor in cursors)
        {
            Push(heads, cursor, chunk);
        }

        for (var taken = 0; taken < operation.Count && heads.TryDequeue(out var cursor, out _); taken++)
        {
            cursor.Take();
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

    /// <summary>Gives the first tasks of the lane's queue to the worker.</summary>
    private void Take(ClaimOperation operation, LaneEntry lane, int count)
    {
        if (count <= 0)
        {
            return;
        }

        var holder = state.HolderOf(operation.Worker);
        var first = operation.Claimed.Count;
        readHead.Bind(1, lane.Lane.Id).Bind(2, count);
        while (readHead.Step())
        {
            var task = new ClaimedTask
            {
                Number = readHead.Long(0),
                Priority = readHead.Int(1),
                Attempt = readHead.Int(2) + 1,
                Retries = readHead.Int(3),
                TimeoutMs = readHead.Long(6),
                PluginVersion = readHead.Text(7),
                Payload = readHead.Bytes(8).ToArray(),
                Lane = lane.Lane,
            };
            operation.Claimed.Add(task);
            state.Held[task.Number] = new HeldTask(
                holder,
                task.Attempt,
                Transitions.To(On.Assigned),
                lane.Lane.Id,
                task.Retries,
                readHead.Int(4),
                readHead.Int(5),
                0
            );
        }

        for (var last = first; last < operation.Claimed.Count; last++)
        {
            var next = last + 1;
            if (next == operation.Claimed.Count || operation.Claimed[next].Priority != operation.Claimed[last].Priority)
            {
                Assign(operation.Claimed[last], lane, holder, next - first);
                first = next;
            }
        }
    }

    /// <summary>Assigns all tasks of the lane's queue with this priority up to this one.</summary>
    private void Assign(ClaimedTask last, LaneEntry lane, long holder, int expected)
    {
        assign.Bind(1, lane.Lane.Id).Bind(2, last.Priority).Bind(3, last.Number).Bind(4, holder).Bind(5, state.Now);
        var assigned = assign.Run();
        if (assigned != expected)
        {
            throw new InvalidOperationException($"{expected} tasks were read from the head of a queue and {assigned} assigned.");
        }

        state.CountMoved(TaskState.Pending, Transitions.To(On.Assigned), assigned);
        lane.Count(delayed: false, -assigned);
    }

    /// <summary>The head of one lane, read in chunks.</summary>
    private sealed class Cursor(LaneEntry lane, int most)
    {
        private readonly List<(int Priority, long Number)> chunk = [];
        private (int Priority, long Number) last = (int.MaxValue, 0);
        private int next;

        public LaneEntry Lane { get; } = lane;

        /// <summary>How many may still be taken.</summary>
        public int Left => most - Taken;

        public int Taken { get; private set; }

        public bool HasHead => next < chunk.Count;

        public (int Priority, long Number) Head => chunk[next];

        public void Take()
        {
            Taken++;
            next++;
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
