using System.Globalization;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>Reads tasks through one connection; used by whoever owns that connection at the moment.</summary>
internal sealed class RecordReader(Connection connection)
{
    private const string Columns = """
        t.seq, t.state, t.priority, t.due, t.attempt, t.retries, t.max_retries, t.losses, t.created, t.assigned, t.started, t.finished,
        t.lane, h.worker, h.incarnation, b.timeout_ms, b.task_key, b.labels, b.submitted_by, coalesce(r.plugin_version, b.plugin_version),
        r.run_micros, r.reason, r.cancelled_by
        """;
    private const string Bodies = ", b.payload, r.failure, r.result, r.late_result";
    private const string FailureAlone = ", NULL, r.failure, NULL, NULL";
    private const string Joins =
        " JOIN bodies b ON b.seq = t.seq LEFT JOIN results r ON r.seq = t.seq LEFT JOIN holders h ON h.id = t.holder ";
    private const int FirstBody = 23;
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>With at most this many waiting or held tasks the partial indexes are sorted rather than all tasks walked.</summary>
    private const long FewEnough = 20_000;

    private readonly Statement get = connection.Prepare($"SELECT {Columns}{Bodies} FROM tasks t{Joins} WHERE t.seq = ?1");
    private readonly Statement getState = connection.Prepare("SELECT state FROM tasks WHERE seq = ?1");
    private readonly Statement readLane = connection.Prepare("SELECT project, queue, type FROM lanes WHERE id = ?1");
    private readonly Statement countStates = connection.Prepare(
        $"SELECT {string.Join(", ", Transitions.AllNames.Select(n => n.ToLowerInvariant()))} FROM meta WHERE id = 1"
    );
    private readonly Statement countLanes = connection.Prepare(
        "SELECT id, ready, delayed FROM lanes WHERE ready > 0 OR delayed > 0 ORDER BY id"
    );
    private readonly Statement readDrains = connection.Prepare("SELECT worker, since, ordered_by, reason FROM drains ORDER BY worker");
    private readonly Statement readLeases = connection.Prepare("SELECT worker, incarnation, manager, until, identity, length FROM leases");
    private readonly Statement readHeld = connection.Prepare(
        $"""
        SELECT seq, attempt, lane FROM tasks INDEXED BY tasks_held
        WHERE holder = (SELECT id FROM holders WHERE worker = ?1 AND incarnation = ?2) AND {Schema.Held} ORDER BY seq
        """
    );
    private readonly Statement lastDead = connection.Prepare(
        $"""
        SELECT {Columns}{FailureAlone} FROM tasks t INDEXED BY tasks_dead{Joins}
        WHERE t.state = {Schema.Number(TaskState.Dead)} AND t.finished >= ?1 ORDER BY t.finished DESC, t.seq DESC LIMIT ?2
        """
    );
    private readonly Dictionary<int, Lane> lanes = [];

    public TaskRecord? Get(long number)
    {
        get.Bind(1, number);
        if (!get.Step())
        {
            return null;
        }

        var record = Read(get);
        get.Reset();
        return record;
    }

    public TaskPage GetMany(IReadOnlyList<long> numbers, long maxBytes)
    {
        var result = new List<TaskRecord>();
        var bytes = 0L;
        var read = 0;
        while (read < numbers.Count && bytes < maxBytes)
        {
            if (Get(numbers[read++]) is { } record)
            {
                result.Add(record);
                bytes += record.Payload.Length + Length(record.Result) + Length(record.Failure) + Length(record.LateResult);
            }
        }

        return new TaskPage(result, read);
    }

    private static int Length(ReadOnlyMemory<byte>? bytes) => bytes?.Length ?? 0;

    public IReadOnlyList<(long Number, TaskState State)> States(IReadOnlyList<long> numbers)
    {
        var result = new List<(long, TaskState)>(numbers.Count);
        foreach (var number in numbers)
        {
            getState.Bind(1, number);
            if (getState.Step())
            {
                result.Add((number, (TaskState)getState.Int(0)));
                getState.Reset();
            }
        }

        return result;
    }

    public IReadOnlyList<TaskRecord> List(TaskFilter filter)
    {
        var result = new List<TaskRecord>();
        var (where, parameters) = Where(filter);
        using var list = connection.PrepareOnce(
            $"SELECT {Columns}{(filter.WithoutBodies ? FailureAlone : Bodies)} FROM tasks t{Joins}WHERE {where} ORDER BY t.seq DESC LIMIT {Limit(filter)}"
        );
        for (var i = 0; i < parameters.Count; i++)
        {
            list.Bind(i + 1, parameters[i]);
        }

        while (list.Step())
        {
            result.Add(Read(list));
        }

        return result;
    }

    public IReadOnlyList<TaskRecord> LastDead(long since, int most)
    {
        var result = new List<TaskRecord>();
        lastDead.Bind(1, since).Bind(2, most);
        while (lastDead.Step())
        {
            result.Add(Read(lastDead));
        }

        return result;
    }

    public IReadOnlyList<LaneCount> CountLanes()
    {
        var result = new List<LaneCount>();
        while (countLanes.Step())
        {
            result.Add(new LaneCount(LaneOf(countLanes.Int(0)), countLanes.Long(1), countLanes.Long(2)));
        }

        return result;
    }

    public long[] CountStates()
    {
        var counts = new long[Transitions.AllNames.Count];
        countStates.Step();
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = countStates.Long(i);
        }

        countStates.Reset();
        return counts;
    }

    public IReadOnlyList<Lease> Leases()
    {
        var result = new List<Lease>();
        while (readLeases.Step())
        {
            var worker = new WorkerRef(readLeases.Text(0)!, readLeases.Long(1));
            result.Add(
                new Lease
                {
                    Worker = worker,
                    Manager = readLeases.Text(2)!,
                    Until = readLeases.Long(3),
                    Identity = readLeases.Text(4)!,
                    Length = readLeases.Long(5),
                }
            );
        }

        return result;
    }

    public IReadOnlyList<Drain> Drains()
    {
        var result = new List<Drain>();
        while (readDrains.Step())
        {
            result.Add(
                new Drain
                {
                    Worker = readDrains.Text(0)!,
                    Since = readDrains.Long(1),
                    By = readDrains.Text(2)!,
                    Reason = readDrains.Text(3)!,
                }
            );
        }

        return result;
    }

    public IReadOnlyList<(AttemptRef Attempt, Lane Lane)> HeldBy(WorkerRef worker)
    {
        var result = new List<(AttemptRef, Lane)>();
        readHeld.Bind(1, worker.Worker).Bind(2, worker.Incarnation);
        while (readHeld.Step())
        {
            result.Add((new AttemptRef(readHeld.Long(0), readHeld.Int(1)), LaneOf(readHeld.Int(2))));
        }

        return result;
    }

    private TaskRecord Read(Statement row)
    {
        var lane = LaneOf(row.Int(12));
        return new TaskRecord
        {
            Number = row.Long(0),
            Project = lane.Project,
            Queue = lane.Queue,
            Type = lane.Type,
            State = (TaskState)row.Int(1),
            Priority = row.Int(2),
            DueAt = row.Long(3),
            Attempt = row.Int(4),
            Retries = row.Int(5),
            MaxRetries = row.Int(6),
            Losses = row.Int(7),
            CreatedAt = row.Long(8),
            AssignedAt = row.Long(9),
            StartedAt = row.Long(10),
            FinishedAt = row.Long(11),
            Worker = row.Text(13),
            Incarnation = row.Long(14),
            TimeoutMs = row.Long(15),
            Key = row.Text(16),
            Labels = row.Text(17),
            SubmittedBy = row.Text(18)!,
            PluginVersion = row.Text(19),
            RunMicros = row.Long(20),
            Reason = row.Text(21),
            CancelledBy = row.Text(22),
            Payload = row.Bytes(FirstBody).ToArray(),
            Failure = OrNull(row, FirstBody + 1),
            Result = OrNull(row, FirstBody + 2),
            LateResult = OrNull(row, FirstBody + 3),
        };
    }

    private static ReadOnlyMemory<byte>? OrNull(Statement row, int column) =>
        row.IsNull(column) ? (ReadOnlyMemory<byte>?)null : row.Bytes(column).ToArray();

    private (string Where, List<string> Parameters) Where(TaskFilter filter)
    {
        var conditions = new List<string> { "t.seq < " + Number(filter.Before ?? long.MaxValue) };
        var parameters = new List<string>();
        if (filter.States is { Count: > 0 } states)
        {
            conditions.Add(StatesCondition(states.Distinct().ToList(), CountStates()));
        }

        if (filter.Worker is { } worker)
        {
            parameters.Add(worker);
            conditions.Add($"t.holder IN (SELECT id FROM holders WHERE worker = ?{Number(parameters.Count)})");
        }

        var laneConditions = new List<string>();
        foreach (var (column, value) in new[] { ("project", filter.Project), ("queue", filter.Queue), ("type", filter.Type) })
        {
            if (value is not null)
            {
                parameters.Add(value);
                laneConditions.Add($"{column} = ?{Number(parameters.Count)}");
            }
        }

        if (laneConditions.Count > 0)
        {
            conditions.Add($"t.lane IN (SELECT id FROM lanes WHERE {string.Join(" AND ", laneConditions)})");
        }

        if (filter.Key is { } key)
        {
            // Keys are sorted by project first; naming every project there is spares walking all keys.
            parameters.Add(key);
            conditions.Add(
                $"t.seq IN (SELECT seq FROM keys WHERE project IN (SELECT project FROM lanes) AND task_key = ?{Number(parameters.Count)})"
            );
        }

        foreach (var (name, value) in filter.Labels ?? NoLabels)
        {
            parameters.Add(name);
            parameters.Add(value);
            conditions.Add(
                $"EXISTS (SELECT 1 FROM json_each(b.labels) l WHERE l.key = ?{Number(parameters.Count - 1)} AND l.value = ?{Number(parameters.Count)})"
            );
        }

        return (string.Join(" AND ", conditions), parameters);
    }

    /// <summary>
    /// Tasks are walked from the newest, which finds the many quickly and the few slowly. The few have partial indexes: what waits,
    /// what is held, what ended badly.
    /// </summary>
    private static string StatesCondition(List<TaskState> states, long[] counts)
    {
        var plain = $"t.state IN ({string.Join(",", states.Select(s => Number((int)s)))})";
        if (states.Contains(TaskState.Succeeded) || states.Sum(s => counts[(int)s]) > FewEnough)
        {
            return plain;
        }

        var sources = new List<string>();
        if (states.Contains(TaskState.Pending))
        {
            sources.Add("SELECT seq FROM tasks INDEXED BY tasks_ready WHERE state = 0 AND due = 0");
            sources.Add("SELECT seq FROM tasks INDEXED BY tasks_delayed WHERE state = 0 AND due > 0");
        }

        if (states.Exists(Transitions.IsHeld))
        {
            sources.Add($"SELECT seq FROM tasks INDEXED BY tasks_held WHERE {Schema.Held}");
        }

        if (states.Exists(s => s >= TaskState.Failed))
        {
            sources.Add(
                $"SELECT seq FROM tasks INDEXED BY tasks_ended_badly WHERE state >= 4 AND state IN ({string.Join(",", states.Select(s => Number((int)s)))})"
            );
        }

        return $"t.seq IN ({string.Join(" UNION ALL ", sources)}) AND {plain}";
    }

    private Lane LaneOf(int id)
    {
        if (!lanes.TryGetValue(id, out var lane))
        {
            readLane.Bind(1, id);
            readLane.Step();
            lane = new Lane(id, readLane.Text(0)!, readLane.Text(1)!, readLane.Text(2)!);
            readLane.Reset();
            if (lanes.Count >= TaskLimits.MaxLanes)
            {
                // Those that were removed meanwhile are not told from the others.
                lanes.Clear();
            }

            lanes[id] = lane;
        }

        return lane;
    }

    /// <summary>Lanes of a transaction that was rolled back are not lanes.</summary>
    public void Forget() => lanes.Clear();

    private static string Limit(TaskFilter filter) => Number(Math.Clamp(filter.Limit, 1, 10_000));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
