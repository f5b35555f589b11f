using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Manager.Core;

// Submit → (dispatch) → complete: the way of a task through the manager.
internal sealed partial class ManagerCore
{
    /// <summary>
    /// Stores tasks. Each that finds a free credit is stored as ASSIGNED and sent after the commit; the others wait in their lanes.
    /// The operation's completion is the acknowledgement.
    /// </summary>
    public SubmitOperation Submit(IReadOnlyList<NewTask> tasks)
    {
        var credits = new WorkerRef?[tasks.Count];
        var seats = new WorkerSeat?[tasks.Count];
        for (var i = 0; i < tasks.Count; i++)
        {
            var task = tasks[i];
            if (task.DueAt > 0)
            {
                continue;
            }

            var lane = new LaneKey(task.Project, task.Queue, task.Type);
            if (!Stopping && dispatcher.TakeCredit(lane) is { } seat)
            {
                seats[i] = seat;
                credits[i] = seat.Worker;
            }
            else
            {
                dispatcher.AddReady(lane, null, 1);
            }
        }

        var operation = new SubmitOperation(tasks)
        {
            Credits = credits,
            Capacity = options.QueueCapacity,
            Settled = Then<SubmitOperation>((submit, failure) => OnSubmitted(submit, seats, failure)),
        };
        return Posted(operation);
    }

    // The completion has to exist before the writer may settle the operation.
    private T Posted<T>(T operation)
        where T : StoreOperation
    {
        _ = operation.Committed;
        post(operation);
        return operation;
    }

    private void OnSubmitted(SubmitOperation submit, WorkerSeat?[] seats, Failure? failure)
    {
        if (failure?.Entry == Catalogue.TaskQueueFull)
        {
            metrics.RefusedFull();
        }
        else if (failure?.Entry == Catalogue.StoreFull || failure?.Entry == Catalogue.StoreUnwritable)
        {
            StoreRefuses(failure, RefusalShown);
        }

        AssignmentBatch? batch = null;
        for (var i = 0; i < submit.Tasks.Count; i++)
        {
            var task = submit.Tasks[i];
            var lane = new LaneKey(task.Project, task.Queue, task.Type);
            var created = failure is null && submit.Created[i];
            if (created)
            {
                dispatcher.Know(submit.Lanes[i]);
            }

            if (task.DueAt > 0)
            {
                if (created)
                {
                    OnDelayedStored(submit, i, lane);
                }
            }
            else if (seats[i] is { } seat)
            {
                if (created && submit.Assigned[i])
                {
                    (batch ??= new AssignmentBatch()).Add(seat, Assign(seat.Worker, submit.Numbers[i], 1, lane, task));
                    continue;
                }

                dispatcher.Free(seat, lane);
                if (created)
                {
                    // The incarnation's lease had gone when the store looked: the task waits like any other.
                    dispatcher.AddReady(lane, submit.Lanes[i], 1);
                }
            }
            else if (!created)
            {
                dispatcher.RemoveReady(lane, 1);
            }
        }

        if (failure is null)
        {
            metrics.Submitted(submit.Tasks);
        }

        SendAll(batch);
    }

    // The store's clock decides whether a task has to wait: a manager whose clock was set back, or whose commit took longer than the
    // delay, would leave a task that is ready uncounted, and it would wait for ever.
    private void OnDelayedStored(SubmitOperation submit, int i, LaneKey lane)
    {
        if (submit.Delayed?[i] == true)
        {
            DueAt(submit.Tasks[i].DueAt);
        }
        else
        {
            dispatcher.AddReady(lane, submit.Lanes[i], 1);
        }
    }

    private void OnClaimed(ClaimPlan plan, ClaimOperation claim, Failure? failure)
    {
        if (failure is not null)
        {
            dispatcher.ClaimFailed(plan);
            if (failure.Entry == Catalogue.LeaseLost)
            {
                OnLeaseGone(plan.Seat, failure);
            }
            else
            {
                Again(failure, static () => { });
            }

            return;
        }

        dispatcher.Claimed(plan, claim.Claimed);
        if (claim.Claimed.Count == 0)
        {
            return;
        }

        var batch = new AssignmentBatch();
        foreach (var task in claim.Claimed)
        {
            Held(plan.Seat.Worker, task.Number, task.Attempt, KeyOf(task.Lane));
            batch.Add(
                plan.Seat,
                new Assignment
                {
                    Task = task.Number,
                    Attempt = task.Attempt,
                    Type = task.Lane.Type,
                    Project = task.Lane.Project,
                    Queue = task.Lane.Queue,
                    Payload = Bytes.Wrap(task.Payload),
                    TimeoutMs = task.TimeoutMs,
                    Priority = task.Priority,
                    Retries = task.Retries,
                    PluginVersion = task.PluginVersion ?? "",
                }
            );
        }

        SendAll(batch);
    }

    private Assignment Assign(WorkerRef worker, long number, int attempt, LaneKey lane, NewTask task)
    {
        Held(worker, number, attempt, lane);
        return new Assignment
        {
            Task = number,
            Attempt = attempt,
            Type = task.Type,
            Project = task.Project,
            Queue = task.Queue,
            Payload = Bytes.Wrap(task.Payload),
            TimeoutMs = task.TimeoutMs,
            Priority = task.Priority,
            PluginVersion = task.PluginVersion ?? "",
        };
    }

    // The store has it assigned, so the incarnation holds it: also when its session closed meanwhile. It is sent again or returned
    // when the worker registers, or handed over when its lease ends.
    private void Held(WorkerRef worker, long number, int attempt, LaneKey lane)
    {
        if (incarnations.TryGetValue(worker, out var incarnation))
        {
            incarnation.Held[number] = new HeldAttempt(attempt, lane);
        }
        else
        {
            // Its release was posted before: the store undid this assignment in the same order.
            dispatcher.Free(null, lane);
            LogHeldByGone(logger, new TaskId(number), worker.Worker, worker.Incarnation);
        }
    }

    private void SendAll(AssignmentBatch? batch)
    {
        if (batch is null)
        {
            return;
        }

        foreach (var (seat, assignments) in batch.BySeat)
        {
            if (incarnations.TryGetValue(seat.Worker, out var incarnation) && incarnation.Seat == seat)
            {
                incarnation.Session?.Send(new ManagerMessage { Assignments = assignments });
            }
        }
    }

    /// <summary>Outcomes from a worker. Acknowledged to it after the commit, whatever the verdict: it may forget them.</summary>
    public void OnOutcomes(Incarnation from, Outcomes message)
    {
        if (SentAway(from.Session))
        {
            return;
        }

        var outcomes = new Outcome[message.Outcomes_.Count];
        var types = new string[outcomes.Length];
        for (var i = 0; i < outcomes.Length; i++)
        {
            var o = message.Outcomes_[i];
            outcomes[i] = OutcomeMapping.ToStore(o, from.Ref);
            types[i] = Unknown;
            if (from.Held.TryGetValue(o.Task, out var held) && held.Attempt == o.Attempt)
            {
                from.Held.Remove(o.Task);
                types[i] = held.Lane.Type;
                dispatcher.Free(from.Seat, held.Lane);
                if (o.RunMicros > 0)
                {
                    // Zero is an attempt that never ran: it says nothing of how long its type takes.
                    dispatcher.TimesOf(held.Lane.Type).Observe(o.RunMicros);
                }

                if (from.Seat is { } seat)
                {
                    seat.LastFreed = time.GetUtcNow();
                }

                metrics.Ran(held.Lane.Type, o.RunMicros);
                if (
                    !o.Succeeded
                    && o.Failure is { } cause
                    && (cause.Code == Catalogue.WorkerCrash.Code || cause.Code == Catalogue.MemoryExhaust.Code)
                )
                {
                    metrics.Crashed(held.Lane.Type, cause.Signal);
                }
            }
        }

        PostOutcomes(from, outcomes, types);
    }

    /// <summary>
    /// Outcomes of an earlier incarnation, before its successor registers: recorded first, so that only what it did not finish is
    /// handed over. Returns how many they are.
    /// </summary>
    public int OnEarlierOutcomes(IWorkerSession session, EarlierOutcomes message)
    {
        if (SentAway(session))
        {
            return 0;
        }

        var reference = new WorkerRef(message.Worker, message.Incarnation);
        var earlier = incarnations.GetValueOrDefault(reference);

        // The acknowledgement goes to the session that delivers, whatever becomes of the earlier incarnation.
        var carrier = new Incarnation(reference) { Session = session };
        var outcomes = new Outcome[message.Outcomes.Count];
        var types = new string[outcomes.Length];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = OutcomeMapping.ToStore(message.Outcomes[i], reference);
            types[i] = Unknown;
            var o = message.Outcomes[i];
            if (earlier is not null && earlier.Held.TryGetValue(o.Task, out var held) && held.Attempt == o.Attempt)
            {
                earlier.Held.Remove(o.Task);
                types[i] = held.Lane.Type;
                dispatcher.Free(earlier.Seat, held.Lane);
            }
        }

        PostOutcomes(carrier, outcomes, types);
        return outcomes.Length;
    }

    private void PostOutcomes(Incarnation from, IReadOnlyList<Outcome> outcomes, string[] types)
    {
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(outcomesUnderWay, from.Ref, out _)++;
        TryOutcomes(from, outcomes, types);
    }

    private void TryOutcomes(Incarnation from, IReadOnlyList<Outcome> outcomes, string[] types) =>
        InOrder(
            () =>
                post(
                    new OutcomeOperation(outcomes)
                    {
                        Settled = Then<OutcomeOperation>((op, failure) => OnRecorded(from, op, types, failure)),
                    }
                ),
            outcomes
        );

    // The type of an outcome whose attempt was not held here: only the store knows.
    private const string Unknown = "unknown";

    private void OnRecorded(Incarnation from, OutcomeOperation operation, string[] types, Failure? failure)
    {
        if (failure is not null)
        {
            Again(failure, () => TryOutcomes(from, operation.Outcomes, types), BytesOf(operation.Outcomes));
            return;
        }

        OutcomesArrived(from.Ref);

        var recorded = new OutcomesRecorded();
        for (var i = 0; i < operation.Outcomes.Count; i++)
        {
            var outcome = operation.Outcomes[i];
            recorded.Attempts.Add(new Attempt { Task = outcome.Attempt.Task, Attempt_ = outcome.Attempt.Attempt });
            switch (operation.Verdicts[i])
            {
                case OutcomeVerdict.Recorded:
                    var state = operation.States[i];
                    metrics.Recorded(types[i], state);
                    if (operation.RetryAt[i] > 0)
                    {
                        DueAt(operation.RetryAt[i]);
                    }

                    if (state == TaskState.Dead)
                    {
                        LogDead(logger, new TaskId(outcome.Attempt.Task));
                    }

                    Watchers.Changed(outcome.Attempt.Task, Transitions.HasEnded(state));
                    break;
                case OutcomeVerdict.Superseded:
                    metrics.Late(types[i]);
                    LogSuperseded(logger, new TaskId(outcome.Attempt.Task), outcome.Attempt.Attempt, from.Ref.Worker);
                    break;
                case OutcomeVerdict.KeptAsLate:
                    LogKeptAsLate(logger, new TaskId(outcome.Attempt.Task), from.Ref.Worker);
                    break;
                case OutcomeVerdict.Repeated:
                case OutcomeVerdict.Unknown:
                default:
                    break;
            }
        }

        from.Session?.Send(new ManagerMessage { OutcomesRecorded = recorded });
    }

    public void OnStarted(Incarnation from, Started message)
    {
        var started = new List<(AttemptRef, long)>(message.Started_.Count);
        foreach (var s in message.Started_)
        {
            if (from.Held.TryGetValue(s.Task, out var held) && held.Attempt == s.Attempt)
            {
                started.Add((new AttemptRef(s.Task, s.Attempt), s.StartedAtMs));
            }
        }

        if (started.Count == 0)
        {
            return;
        }

        // Informative: a RUNNING that is not stored because the disk is full is not tried again.
        post(
            new StartedOperation(from.Ref, started)
            {
                Settled = Then<StartedOperation>(
                    (op, failure) =>
                    {
                        if (failure is null)
                        {
                            foreach (var (attempt, _) in op.Started)
                            {
                                Watchers.Started(attempt.Task);
                            }
                        }
                    }
                ),
            }
        );
    }

    public void OnProgress(Incarnation from, ProgressReports message)
    {
        foreach (var report in message.Reports)
        {
            if (from.Held.TryGetValue(report.Task, out var held) && held.Attempt == report.Attempt)
            {
                Watchers.Progress(report.Task, report.Progress);
            }
        }
    }

    public void OnTaskLines(TaskLogs message)
    {
        foreach (var line in message.Lines)
        {
            Watchers.Line(
                line.Task,
                new TaskLogLine
                {
                    Level = line.Level,
                    Text = line.Text,
                    AtMs = line.AtMs,
                }
            );
        }
    }

    /// <summary>The worker gives attempts back that it did not start.</summary>
    public void OnHandBack(Incarnation from, HandBack message)
    {
        if (SentAway(from.Session))
        {
            // It does not name them when it registers again, so they go back then.
            return;
        }

        var attempts = new List<AttemptRef>();
        foreach (var a in message.Attempts)
        {
            if (from.Held.TryGetValue(a.Task, out var held) && held.Attempt == a.Attempt_)
            {
                from.Held.Remove(a.Task);
                dispatcher.Free(from.Seat, held.Lane);
                attempts.Add(new AttemptRef(a.Task, a.Attempt_));
            }
        }

        if (attempts.Count > 0)
        {
            Return(from.Ref, attempts);
        }
    }

    private void Return(WorkerRef worker, IReadOnlyList<AttemptRef> attempts) =>
        InOrder(() =>
            post(
                new ReturnOperation(worker, attempts, ReturnReason.HandedBack)
                {
                    MaxLosses = options.MaxLosses,
                    Settled = Then<ReturnOperation>(
                        (op, failure) =>
                        {
                            if (failure is not null)
                            {
                                Again(failure, () => Return(worker, attempts));
                                return;
                            }

                            OnReturned(op.Returned);
                        }
                    ),
                }
            )
        );

    private void OnReturned(List<ReturnedTask> returned)
    {
        foreach (var task in returned)
        {
            if (task.State == TaskState.Pending)
            {
                dispatcher.AddReady(KeyOf(task.Lane), task.Lane, 1);
            }
            else
            {
                metrics.Finished(task.Lane.Type, task.State);
                LogDead(logger, new TaskId(task.Number));
            }

            Watchers.Changed(task.Number, Transitions.HasEnded(task.State));
        }
    }

    public CancelOperation Cancel(TaskId task, string reason, string by, bool force) =>
        Posted(new CancelOperation(task.Number, reason, by) { Force = force, Settled = Then<CancelOperation>(OnCancelled) });

    private void OnCancelled(CancelOperation cancel, Failure? failure)
    {
        if (failure is not null || cancel.Before is not { } before)
        {
            return;
        }

        var lane = new LaneKey(before.Project, before.Queue, before.Type);
        if (before.State == TaskState.Pending && before.DueAt == 0)
        {
            dispatcher.RemoveReady(lane, 1);
        }
        else if (
            Transitions.IsHeld(before.State)
            && before.Worker is { } worker
            && incarnations.TryGetValue(new WorkerRef(worker, before.Incarnation), out var holder)
            && holder.Held.Remove(before.Number, out var held)
        )
        {
            dispatcher.Free(holder.Seat, held.Lane);
            var order = new CancelAttempts();
            order.Attempts.Add(new Attempt { Task = before.Number, Attempt_ = held.Attempt });
            holder.Session?.Send(new ManagerMessage { Cancel = order });
        }

        metrics.Finished(before.Type, TaskState.Cancelled);
        Watchers.Changed(before.Number, ended: true);
    }

    public RetryOperation Retry(TaskId task) => Posted(new RetryOperation(task.Number) { Settled = Then<RetryOperation>(OnRetried) });

    private void OnRetried(RetryOperation retry, Failure? failure)
    {
        if (failure is null && retry.Lane is { } lane)
        {
            dispatcher.AddReady(KeyOf(lane), lane, 1);
            Watchers.Changed(retry.Task, ended: false);
        }
    }

    private void DueAt(long unixMs)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
        if (nextDue is null || at < nextDue)
        {
            nextDue = at;
        }
    }

    /// <summary>When <see cref="Tick"/> has something to do earlier than at the next full second; null = no.</summary>
    public DateTimeOffset? NextDue =>
        promoting || Stopping || nextDue is not { } due ? null
        : due > storeTroubleUntil ? due
        : storeTroubleUntil;

    private void Promote(DateTimeOffset now)
    {
        if (promoting || Stopping || nextDue is null || nextDue > now || now < storeTroubleUntil)
        {
            return;
        }

        promoting = true;
        nextDue = null;
        post(new PromoteOperation { Settled = Then<PromoteOperation>(OnPromoted) });
    }

    private void OnPromoted(PromoteOperation promote, Failure? failure)
    {
        promoting = false;
        if (failure is not null)
        {
            nextDue = time.GetUtcNow();
            Again(failure, static () => { });
            return;
        }

        foreach (var (lane, count) in promote.Promoted)
        {
            dispatcher.AddReady(KeyOf(lane), lane, count);
        }

        if (promote.NextDue is { } next)
        {
            DueAt(next);
        }
    }

    [LoggerMessage(20, LogLevel.Warning, "Task {task} is DEAD: it used up its retries or its workers")]
    private static partial void LogDead(ILogger logger, TaskId task);

    [LoggerMessage(
        21,
        LogLevel.Warning,
        "clw-lease-lost: outcome of {task} attempt {attempt} from worker {worker} refused: a later attempt decides"
    )]
    private static partial void LogSuperseded(ILogger logger, TaskId task, int attempt, string worker);

    [LoggerMessage(22, LogLevel.Information, "Task {task} was cancelled before worker {worker} delivered its result; kept as late_result")]
    private static partial void LogKeptAsLate(ILogger logger, TaskId task, string worker);

    [LoggerMessage(
        23,
        LogLevel.Debug,
        "Task {task} was given to incarnation {incarnation} of worker {worker}, which was released meanwhile"
    )]
    private static partial void LogHeldByGone(ILogger logger, TaskId task, string worker, long incarnation);
}
