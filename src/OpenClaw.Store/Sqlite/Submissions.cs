using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>Stores tasks, all of an operation or none: everything that can refuse it is asked before the first row is written.</summary>
internal sealed class Submissions(Connection connection, WriterState state, int mostLanes)
{
    private readonly Statement insertTask = connection.Prepare(
        """
        INSERT INTO tasks (seq, lane, state, priority, due, attempt, recorded, holder, retries, max_retries, losses, created, assigned, started, finished)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0, ?8, 0, ?9, ?10, 0, 0)
        """
    );
    private readonly Statement insertBody = connection.Prepare(
        "INSERT INTO bodies (seq, timeout_ms, task_key, labels, submitted_by, plugin_version, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    );
    private readonly Statement insertKey = connection.Prepare("INSERT INTO keys (project, task_key, seq) VALUES (?1, ?2, ?3)");
    private readonly Statement findKey = connection.Prepare(
        """
        SELECT k.seq, t.lane, b.payload FROM keys k JOIN tasks t ON t.seq = k.seq JOIN bodies b ON b.seq = k.seq
        WHERE k.project = ?1 AND k.task_key = ?2
        """
    );

    public void Execute(SubmitOperation operation)
    {
        var tasks = operation.Tasks;
        var numbers = new long[tasks.Count];
        var twins = FindKeys(tasks, numbers, out var refusal);
        refusal ??= CheckCapacity(operation, numbers, twins) ?? CheckLanes(tasks);
        if (refusal is not null)
        {
            operation.Refused = refusal;
            return;
        }

        var created = new bool[tasks.Count];
        var assigned = new bool[tasks.Count];
        bool[]? delayed = null;
        var lanes = new Lane[tasks.Count];
        for (var i = 0; i < tasks.Count; i++)
        {
            var task = tasks[i];
            if (twins is not null && twins.TryGetValue(i, out var first))
            {
                numbers[i] = numbers[first];
            }

            if (numbers[i] != 0)
            {
                lanes[i] = twins is not null && twins.TryGetValue(i, out first) ? lanes[first] : LaneOfExisting(task);
                continue;
            }

            var lane = state.LaneOf(task.Project, task.Queue, task.Type);
            created[i] = true;
            lanes[i] = lane.Lane;
            assigned[i] = TakenBy(operation, i) is not null;
            if (task.DueAt > state.Now)
            {
                (delayed ??= new bool[tasks.Count])[i] = true;
            }

            numbers[i] = Insert(task, lane, TakenBy(operation, i));
        }

        operation.Numbers = numbers;
        operation.Created = created;
        operation.Assigned = assigned;
        operation.Delayed = delayed;
        operation.Lanes = lanes;
    }

    /// <summary>
    /// Fills in the numbers of tasks whose key exists. The result maps a task to the earlier one of the same operation that has its key;
    /// null when no task has a key.
    /// </summary>
    private Dictionary<int, int>? FindKeys(IReadOnlyList<NewTask> tasks, long[] numbers, out Failure? refusal)
    {
        refusal = null;
        Dictionary<(string, string), int>? seen = null;
        Dictionary<int, int>? twins = null;
        for (var i = 0; i < tasks.Count && refusal is null; i++)
        {
            var task = tasks[i];
            if (task.Key is null)
            {
                continue;
            }

            seen ??= [];
            twins ??= [];
            if (seen.TryGetValue((task.Project, task.Key), out var first))
            {
                twins[i] = first;
                var same = tasks[first].Type == task.Type && tasks[first].Payload.Span.SequenceEqual(task.Payload.Span);
                refusal = same ? null : StoreFailures.KeyTaken(task.Key, "another task of the same submission");
                continue;
            }

            seen[(task.Project, task.Key)] = i;
            findKey.Bind(1, task.Project).Bind(2, task.Key);
            if (findKey.Step())
            {
                numbers[i] = findKey.Long(0);
                var same = state.LaneById(findKey.Int(1)).Lane.Type == task.Type && findKey.Bytes(2).SequenceEqual(task.Payload.Span);
                refusal = same ? null : StoreFailures.KeyTaken(task.Key, new TaskId(numbers[i]).ToString());
                findKey.Reset();
            }
        }

        return twins;
    }

    private Failure? CheckCapacity(SubmitOperation operation, long[] numbers, Dictionary<int, int>? twins)
    {
        if (operation.Capacity <= 0)
        {
            return null;
        }

        var waiting = state.CountOf(TaskState.Pending);
        var more = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] == 0 && twins?.ContainsKey(i) != true && TakenBy(operation, i) is null)
            {
                more++;
            }
        }

        return more == 0 || waiting + more <= operation.Capacity ? null : StoreFailures.QueueFull(waiting, more, operation.Capacity);
    }

    // Looked at one by one only near the limit: a submission of ten tasks adds ten lanes at most.
    private Failure? CheckLanes(IReadOnlyList<NewTask> tasks)
    {
        if (state.LaneCount + tasks.Count <= mostLanes)
        {
            return null;
        }

        var added = new HashSet<(string, string, string)>();
        foreach (var task in tasks)
        {
            if (
                !state.HasLane(task.Project, task.Queue, task.Type)
                && added.Add((task.Project, task.Queue, task.Type))
                && state.LaneCount + added.Count > mostLanes
            )
            {
                return StoreFailures.TooManyLanes(task.Project, task.Queue, task.Type, state.LaneCount);
            }
        }

        return null;
    }

    /// <summary>The incarnation whose credit takes the task, or null.</summary>
    private WorkerRef? TakenBy(SubmitOperation operation, int i) =>
        operation.Credits?[i] is { } worker && operation.Tasks[i].DueAt <= state.Now && state.Leases.ContainsKey(worker) ? worker : null;

    private long Insert(NewTask task, LaneEntry lane, WorkerRef? worker)
    {
        var number = state.TakeNumber();
        var due = task.DueAt > state.Now ? task.DueAt : 0;
        var to = Transitions.To(worker is null ? On.Submitted : On.SubmittedToCredit);
        insertTask.Bind(1, number).Bind(2, lane.Lane.Id).Bind(3, (long)to).Bind(4, task.Priority).Bind(5, due);
        var holder = worker is null ? 0 : state.HolderOf(worker.Value);
        insertTask.Bind(6, worker is null ? 0 : 1).Bind(7, holder);
        insertTask.Bind(8, task.MaxRetries).Bind(9, state.Now).Bind(10, worker is null ? 0 : state.Now).Run();
        insertBody.Bind(1, number).Bind(2, task.TimeoutMs).Bind(3, task.Key).Bind(4, task.Labels);
        insertBody.Bind(5, task.SubmittedBy).Bind(6, task.PluginVersion).Bind(7, task.Payload.Span).Run();
        if (task.Key is not null)
        {
            insertKey.Bind(1, task.Project).Bind(2, task.Key).Bind(3, number).Run();
        }

        state.CountNew(to);
        if (worker is null)
        {
            lane.Count(delayed: due > 0, 1);
        }
        else
        {
            state.Held[number] = new HeldTask(holder, 1, to, lane.Lane.Id, 0, task.MaxRetries, 0, 0);
        }

        return number;
    }

    private Lane LaneOfExisting(NewTask task)
    {
        // The existing task may have been submitted to another queue.
        findKey.Bind(1, task.Project).Bind(2, task.Key);
        findKey.Step();
        var lane = state.LaneById(findKey.Int(1)).Lane;
        findKey.Reset();
        return lane;
    }
}
