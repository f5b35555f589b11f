using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

/// <summary>
/// The store as plainly as it can be written: a sorted table of records and the rules in words of LINQ. It fills in an operation's
/// results as an engine does, so that both can be compared.
/// </summary>
internal sealed class ModelStore(ManualClock clock)
{
    private readonly Dictionary<(string, string, string), Lane> lanes = [];
    private readonly HashSet<(long Task, int Attempt)> recorded = [];
    private long next = 1;
    private long now;

    public SortedDictionary<long, TaskRecord> Tasks { get; } = [];
    public Dictionary<WorkerRef, Lease> Leases { get; } = [];
    public SortedDictionary<string, Drain> Drains { get; } = new(StringComparer.Ordinal);

    public Lane LaneOf(TaskRecord task) => lanes[(task.Project, task.Queue, task.Type)];

    public long[] CountStates() => [.. Enum.GetValues<TaskState>().Select(s => Tasks.Values.LongCount(t => t.State == s))];

    public IEnumerable<LaneCount> CountLanes() =>
        Tasks
            .Values.Where(t => t.State == TaskState.Pending)
            .GroupBy(LaneOf)
            .Select(g => new LaneCount(g.Key, g.LongCount(t => t.DueAt == 0), g.LongCount(t => t.DueAt > 0)))
            .OrderBy(c => c.Lane.Id);

    public IEnumerable<TaskRecord> HeldBy(WorkerRef worker) =>
        Tasks.Values.Where(t => Transitions.IsHeld(t.State) && t.Worker == worker.Worker && t.Incarnation == worker.Incarnation);

    public void Execute(StoreOperation operation)
    {
        now = Math.Max(now, clock.Now);
        switch (operation)
        {
            case SubmitOperation submit:
                Submit(submit);
                break;
            case ClaimOperation claim:
                Claim(claim);
                break;
            case StartedOperation started:
                foreach (var (attempt, at) in started.Started.Where(s => IsCurrent(s.Attempt, started.By)))
                {
                    Change(attempt.Task, On.Started, t => t with { StartedAt = at });
                }

                break;
            case OutcomeOperation outcome:
                var results = outcome.Outcomes.Select(Record).ToList();
                outcome.Verdicts = [.. results.Select(r => r.Item1)];
                outcome.States = [.. results.Select(r => r.Item2)];
                outcome.RetryAt = [.. results.Select(r => r.Item3)];
                break;
            case ReturnOperation back:
                foreach (var attempt in back.Attempts.Where(a => IsCurrent(a, back.By)))
                {
                    back.Returned.Add(PutBack(attempt.Task, back.Reason, back.MaxLosses));
                }

                break;
            case ReleaseOperation release:
                release.Released = !release.OnlyIfExpired || !Leases.TryGetValue(release.Worker, out var lease) || lease.Until <= now;
                foreach (var held in release.Released ? HeldBy(release.Worker).ToList() : [])
                {
                    release.Returned.Add(PutBack(held.Number, release.Reason, release.MaxLosses, release.Why));
                }

                _ = release.Released && Leases.Remove(release.Worker);
                break;
            case CancelOperation cancel:
                Cancel(cancel);
                break;
            case RetryOperation retry:
                Retry(retry);
                break;
            case LeaseOperation renew:
                renew.Leases.ToList().ForEach(l => Leases[l.Worker] = l);
                break;
            case ExtendLeasesOperation extend:
                Leases.Values.ToList().ForEach(l => Leases[l.Worker] = l with { Until = extend.UntilOf(l) });
                break;
            case DrainOperation drain:
                drain.Drained.ToList().ForEach(d => Drains[d.Worker] = d);
                drain.Undrained.ToList().ForEach(w => Drains.Remove(w));
                break;
            case PromoteOperation promote:
                Promote(promote);
                break;
            case PruneOperation prune:
                var old = Tasks
                    .Values.Where(t => Transitions.HasEnded(t.State) && t.FinishedAt < prune.FinishedBefore)
                    .Take(prune.Most)
                    .ToList();
                old.ForEach(t => Tasks.Remove(t.Number));
                prune.RemovedTasks = [.. old.Select(t => t.Number)];
                break;
            default:
                throw new NotSupportedException();
        }
    }

    private void Submit(SubmitOperation operation)
    {
        var first = next;
        var added = new List<TaskRecord>();
        var assigned = new List<bool>();
        var numbers = new List<long>();
        for (var i = 0; i < operation.Tasks.Count; i++)
        {
            var task = operation.Tasks[i];
            var known = task.Key is null
                ? null
                : Tasks.Values.Concat(added).SingleOrDefault(t => t.Project == task.Project && t.Key == task.Key);
            if (known is not null)
            {
                if (known.Type != task.Type || !known.Payload.Span.SequenceEqual(task.Payload.Span))
                {
                    operation.Refused = new(OpenClaw.Core.Errors.Catalogue.KeyConflict, "");
                    next = first;
                    return;
                }

                numbers.Add(known.Number);
                assigned.Add(false);
                continue;
            }

            var credit =
                task.DueAt <= now && operation.Credits?[i] is { } worker && Leases.ContainsKey(worker) ? operation.Credits[i] : null;
            assigned.Add(credit is not null);
            numbers.Add(next);
            added.Add(New(task, credit));
        }

        var waiting = Tasks.Values.Count(t => t.State == TaskState.Pending);
        var more = added.Count(t => t.State == TaskState.Pending);
        if (operation.Capacity > 0 && more > 0 && waiting + more > operation.Capacity)
        {
            operation.Refused = new(OpenClaw.Core.Errors.Catalogue.TaskQueueFull, "");
            next = first;
            return;
        }

        foreach (var task in added)
        {
            Tasks[task.Number] = task;
            lanes.TryAdd((task.Project, task.Queue, task.Type), new Lane(lanes.Count + 1, task.Project, task.Queue, task.Type));
        }

        operation.Numbers = [.. numbers];
        operation.Assigned = [.. assigned];
        var created = added.Select(t => t.Number).ToHashSet();
        operation.Created = [.. numbers.Select(created.Remove)];
        var delayed = operation.Tasks.Select((t, n) => operation.Created[n] && t.DueAt > now).ToArray();
        operation.Delayed = delayed.Contains(true) ? delayed : null;
        operation.Lanes = [.. numbers.Select(n => LaneOf(Tasks[n]))];
    }

    private TaskRecord New(NewTask task, WorkerRef? credit) =>
        new()
        {
            Number = next++,
            Project = task.Project,
            Queue = task.Queue,
            Type = task.Type,
            State = credit is null ? TaskState.Pending : TaskState.Assigned,
            Payload = task.Payload,
            Priority = task.Priority,
            Attempt = credit is null ? 0 : 1,
            MaxRetries = task.MaxRetries,
            TimeoutMs = task.TimeoutMs,
            Worker = credit?.Worker,
            Incarnation = credit?.Incarnation ?? 0,
            CreatedAt = now,
            DueAt = task.DueAt > now ? task.DueAt : 0,
            AssignedAt = credit is null ? 0 : now,
            Key = task.Key,
            Labels = task.Labels,
            SubmittedBy = task.SubmittedBy,
            PluginVersion = task.PluginVersion,
        };

    private void Claim(ClaimOperation operation)
    {
        if (!Leases.ContainsKey(operation.Worker))
        {
            operation.Refused = new(OpenClaw.Core.Errors.Catalogue.LeaseLost, "");
            return;
        }

        var left = new Dictionary<Lane, int>();
        operation.Lanes.ToList().ForEach(share => left.TryAdd(share.Lane, share.Most));
        var queue = Tasks
            .Values.Where(t => t is { State: TaskState.Pending, DueAt: 0 })
            .OrderByDescending(t => t.Priority)
            .ThenBy(t => t.Number)
            .ToList();
        foreach (var task in queue)
        {
            var lane = LaneOf(task);
            if (operation.Claimed.Count < operation.Count && left.GetValueOrDefault(lane) > 0)
            {
                left[lane]--;
                var (worker, incarnation) = operation.Worker;
                Change(
                    task.Number,
                    On.Assigned,
                    t => t with { Attempt = t.Attempt + 1, Worker = worker, Incarnation = incarnation, AssignedAt = now, StartedAt = 0 }
                );
                operation.Claimed.Add(
                    new ClaimedTask
                    {
                        Number = task.Number,
                        Attempt = task.Attempt + 1,
                        Lane = lane,
                        Payload = task.Payload,
                        Priority = task.Priority,
                        TimeoutMs = task.TimeoutMs,
                        Retries = task.Retries,
                        PluginVersion = null,
                    }
                );
            }
        }
    }

    private (OutcomeVerdict, TaskState, long) Record(Outcome outcome)
    {
        var attempt = outcome.Attempt;
        if (!Tasks.TryGetValue(attempt.Task, out var task))
        {
            return (OutcomeVerdict.Unknown, default, 0);
        }

        var isLast = task.Attempt == attempt.Attempt && task.Worker == outcome.By.Worker && task.Incarnation == outcome.By.Incarnation;
        var result = outcome.Succeeded ? outcome.Result : (ReadOnlyMemory<byte>?)null;
        if (isLast && Transitions.IsHeld(task.State))
        {
            var on = outcome.Succeeded ? On.Completed : RetryPolicy.AfterFailure(outcome.Retryable, task.Retries, task.MaxRetries);
            var again = on == On.FailedWithRetry;
            var due = again ? now + (long)RetryPolicy.Delay(new TaskId(task.Number), task.Retries + 1).TotalMilliseconds : 0;
            recorded.Add((attempt.Task, attempt.Attempt));
            Change(
                task.Number,
                on,
                t =>
                    t with
                    {
                        Retries = t.Retries + (again ? 1 : 0),
                        DueAt = due,
                        FinishedAt = again ? 0 : now,
                        StartedAt = t.StartedAt == 0 ? outcome.StartedAt : t.StartedAt,
                        Result = result,
                        Failure = outcome.Succeeded ? null : outcome.Failure,
                        RunMicros = outcome.RunMicros,
                    }
            );
            return (OutcomeVerdict.Recorded, Tasks[task.Number].State, due);
        }

        var lastRecorded = recorded.Where(r => r.Task == attempt.Task).Select(r => r.Attempt).DefaultIfEmpty().Max();
        if (lastRecorded == attempt.Attempt && (isLast || task.Attempt > attempt.Attempt))
        {
            return (OutcomeVerdict.Repeated, task.State, 0);
        }

        if (isLast && task.State == TaskState.Cancelled)
        {
            recorded.Add((attempt.Task, attempt.Attempt));
            Tasks[task.Number] = task with { LateResult = result, RunMicros = outcome.RunMicros };
            return (OutcomeVerdict.KeptAsLate, task.State, 0);
        }

        return (OutcomeVerdict.Superseded, task.State, 0);
    }

    private ReturnedTask PutBack(long number, ReturnReason reason, int maxLosses, string? why = null)
    {
        var task = Tasks[number];
        var on = reason == ReturnReason.HandedBack ? On.HandedBack : RetryPolicy.AfterLoss(task.Losses, maxLosses);
        var losses = task.Losses + (on == On.HandedBack ? 0 : 1);
        var wait = on == On.WorkerLost ? (long)RetryPolicy.AfterLosses(new TaskId(number), losses).TotalMilliseconds : 0;
        var due = wait > 0 ? now + wait : 0;
        Change(number, on, t => t with { Losses = losses, DueAt = due, FinishedAt = on == On.LossesUsedUp ? now : 0 });
        if (on == On.LossesUsedUp)
        {
            var failure = StoreFailures.LossesUsedUp(new WorkerRef(task.Worker!, task.Incarnation), task.Losses + 1, why);
            Tasks[number] = Tasks[number] with { Failure = failure, Result = null };
        }

        return new ReturnedTask(number, LaneOf(task), Tasks[number].State, due);
    }

    private void Cancel(CancelOperation operation)
    {
        operation.Before = Tasks.GetValueOrDefault(operation.Task);
        if (operation.Before is not { } before)
        {
            operation.Refused = new(OpenClaw.Core.Errors.Catalogue.TaskNotFound, "");
        }
        else if (
            Transitions.HasEnded(before.State)
            || (Transitions.IsHeld(before.State) && !operation.MayTakeFrom(before.Worker, before.Incarnation))
        )
        {
            operation.Refused = new(OpenClaw.Core.Errors.Catalogue.TaskWrongState, "");
        }
        else
        {
            Change(
                before.Number,
                On.CancelRequested,
                t => t with { DueAt = 0, FinishedAt = now, Reason = operation.Reason, CancelledBy = operation.By }
            );
        }
    }

    private void Retry(RetryOperation operation)
    {
        if (!Tasks.TryGetValue(operation.Task, out var task))
        {
            operation.Refused = new(OpenClaw.Core.Errors.Catalogue.TaskNotFound, "");
        }
        else if (task.State is not (TaskState.Failed or TaskState.Cancelled or TaskState.Dead))
        {
            operation.Refused = new(OpenClaw.Core.Errors.Catalogue.TaskWrongState, "");
        }
        else
        {
            Change(
                task.Number,
                On.RetryRequested,
                t => t with { DueAt = 0, Retries = 0, Losses = 0, FinishedAt = 0, Reason = null, CancelledBy = null }
            );
            operation.Lane = LaneOf(task);
        }
    }

    private void Promote(PromoteOperation operation)
    {
        var delayed = Tasks
            .Values.Where(t => t is { State: TaskState.Pending, DueAt: > 0 })
            .OrderBy(t => t.DueAt)
            .ThenBy(t => t.Number)
            .ToList();
        foreach (var task in delayed.Where(t => t.DueAt <= now).Take(operation.Most))
        {
            Tasks[task.Number] = task with { DueAt = 0 };
            operation.Promoted[LaneOf(task)] = operation.Promoted.GetValueOrDefault(LaneOf(task)) + 1;
        }

        operation.NextDue = delayed.Where(t => Tasks[t.Number].DueAt > 0).Select(t => (long?)t.DueAt).FirstOrDefault();
    }

    private bool IsCurrent(AttemptRef attempt, WorkerRef by) =>
        Tasks.TryGetValue(attempt.Task, out var task)
        && Transitions.IsHeld(task.State)
        && task.Attempt == attempt.Attempt
        && (task.Worker, task.Incarnation) == (by.Worker, by.Incarnation);

    private void Change(long number, On on, Func<TaskRecord, TaskRecord> change)
    {
        if (Transitions.Next(Tasks[number].State, on) is { } to)
        {
            Tasks[number] = change(Tasks[number]) with { State = to };
        }
    }
}
