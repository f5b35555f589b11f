using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Simulation.Store;

// How tasks come in, and how they are given out.
internal sealed partial class MemoryTaskStore
{
    private void Submit(SubmitOperation operation)
    {
        var tasks = operation.Tasks;
        var twins = new int?[tasks.Count];
        var numbers = new long[tasks.Count];
        operation.Refused = FindKeys(tasks, numbers, twins) ?? CheckCapacity(operation, numbers, twins) ?? CheckLanes(tasks);
        if (operation.Refused is not null)
        {
            return;
        }

        var (created, assigned, delays) = (new bool[tasks.Count], new bool[tasks.Count], new bool[tasks.Count]);
        var found = new Lane[tasks.Count];
        for (var i = 0; i < tasks.Count; i++)
        {
            if (twins[i] is { } first)
            {
                numbers[i] = numbers[first];
            }

            if (numbers[i] == 0)
            {
                created[i] = true;
                assigned[i] = TakenBy(operation, i) is not null;
                delays[i] = tasks[i].DueAt > now;
                numbers[i] = Insert(tasks[i], TakenBy(operation, i));
            }

            found[i] = rows[numbers[i]].Lane.Lane;
        }

        operation.Numbers = numbers;
        operation.Created = created;
        operation.Assigned = assigned;
        operation.Delayed = delays.Contains(true) ? delays : null;
        operation.Lanes = found;
    }

    private Failure? FindKeys(IReadOnlyList<NewTask> tasks, long[] numbers, int?[] twins)
    {
        Dictionary<(string, string), int>? seen = null;
        for (var i = 0; i < tasks.Count; i++)
        {
            var task = tasks[i];
            if (task.Key is null)
            {
                continue;
            }

            seen ??= [];
            if (seen.TryGetValue((task.Project, task.Key), out var first))
            {
                twins[i] = first;
                if (!Same(tasks[first], task))
                {
                    return StoreFailures.KeyTaken(task.Key, "another task of the same submission");
                }
            }
            else
            {
                seen[(task.Project, task.Key)] = i;
                if (keys.TryGetValue((task.Project, task.Key), out var number))
                {
                    numbers[i] = number;
                    if (!Same(rows[number].Task, task))
                    {
                        return StoreFailures.KeyTaken(task.Key, new TaskId(number).ToString());
                    }
                }
            }
        }

        return null;
    }

    private static bool Same(NewTask one, NewTask other) => one.Type == other.Type && one.Payload.Span.SequenceEqual(other.Payload.Span);

    private Failure? CheckCapacity(SubmitOperation operation, long[] numbers, int?[] twins)
    {
        if (operation.Capacity <= 0)
        {
            return null;
        }

        var more = Enumerable.Range(0, numbers.Length).Count(i => numbers[i] == 0 && twins[i] is null && TakenBy(operation, i) is null);
        var waiting = counts[(int)TaskState.Pending];
        return more == 0 || waiting + more <= operation.Capacity ? null : StoreFailures.QueueFull(waiting, more, operation.Capacity);
    }

    private Failure? CheckLanes(IReadOnlyList<NewTask> tasks)
    {
        if (lanes.Count + tasks.Count <= TaskLimits.MaxLanes)
        {
            return null;
        }

        var added = new HashSet<(string, string, string)>();
        foreach (var task in tasks)
        {
            var name = (task.Project, task.Queue, task.Type);
            if (!lanes.ContainsKey(name) && added.Add(name) && lanes.Count + added.Count > TaskLimits.MaxLanes)
            {
                return StoreFailures.TooManyLanes(task.Project, task.Queue, task.Type, lanes.Count);
            }
        }

        return null;
    }

    private WorkerRef? TakenBy(SubmitOperation operation, int i) =>
        operation.Credits?[i] is { } worker && operation.Tasks[i].DueAt <= now && leases.ContainsKey(worker) ? worker : null;

    private long Insert(NewTask task, WorkerRef? worker)
    {
        var name = (task.Project, task.Queue, task.Type);
        if (!lanes.TryGetValue(name, out var lane))
        {
            lanes[name] = lane = new MemoryLane(new Lane(lanes.Count + 1, task.Project, task.Queue, task.Type));
        }

        // Kept as it was given: whoever submitted may use the memory again.
        var row = new Row(next++, task with { Payload = task.Payload.ToArray() }, lane)
        {
            State = Transitions.To(worker is null ? On.Submitted : On.SubmittedToCredit),
            Attempt = worker is null ? 0 : 1,
            Holder = worker,
            Created = now,
            Due = task.DueAt > now ? task.DueAt : 0,
            Assigned = worker is null ? 0 : now,
        };
        rows[row.Number] = row;
        if (task.Key is not null)
        {
            keys[(task.Project, task.Key)] = row.Number;
        }

        Enter(row);
        return row.Number;
    }

    private void Claim(ClaimOperation operation)
    {
        if (!leases.ContainsKey(operation.Worker))
        {
            operation.Refused = StoreFailures.NoLease(operation.Worker);
            return;
        }

        var left = new Dictionary<MemoryLane, int>();
        foreach (var share in operation.Lanes)
        {
            left.TryAdd(lanes[(share.Lane.Project, share.Lane.Queue, share.Lane.Type)], share.Most);
        }

        while (operation.Claimed.Count < operation.Count)
        {
            MemoryLane? best = null;
            foreach (var (lane, most) in left)
            {
                if (most > 0 && lane.Ready.Count > 0 && (best is null || lane.Ready.Min.CompareTo(best.Ready.Min) < 0))
                {
                    best = lane;
                }
            }

            if (best is null)
            {
                return;
            }

            left[best]--;
            operation.Claimed.Add(Assign(rows[best.Ready.Min.Number], operation.Worker));
        }
    }

    private ClaimedTask Assign(Row row, WorkerRef worker)
    {
        Move(row, On.Assigned);
        row.Attempt++;
        row.Holder = worker;
        row.Assigned = now;
        row.Started = 0;
        Enter(row);
        return new ClaimedTask
        {
            Number = row.Number,
            Attempt = row.Attempt,
            Lane = row.Lane.Lane,
            Payload = row.Task.Payload,
            Priority = row.Task.Priority,
            TimeoutMs = row.Task.TimeoutMs,
            Retries = row.Retries,
            PluginVersion = row.Task.PluginVersion,
        };
    }
}
