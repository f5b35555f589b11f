using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Manager.Core;

// What workers say of the attempts that they hold: outcomes, beginnings, progress, and what they give back.
internal sealed partial class ManagerCore
{
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

                WatchForLoops(held.Lane.Type, o);
                CountFinished(from.Ref.Worker, held.Lane.Type, o);
            }
        }

        PostOutcomes(from, outcomes, types);
    }

    /// <summary>By the id of a worker that is shown; gone with it.</summary>
    private readonly Dictionary<string, WorkerTally> tallies = new(StringComparer.Ordinal);

    private WorkerTally TallyOf(string worker) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(tallies, worker, out _) ??= new WorkerTally();

    // Counted once for each attempt: only its first outcome finds it held.
    private void CountFinished(string worker, string type, AttemptOutcome outcome)
    {
        metrics.Ran(type, outcome.RunMicros);
        var isCrash = IsCrash(outcome);
        if (isCrash)
        {
            metrics.Crashed(type, CrashCauses.Of(outcome.Failure), outcome.Failure.Signal);
        }

        TallyOf(worker).Finished(outcome.Succeeded, isCrash, outcome.RunMicros);
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
                CountFinished(reference.Worker, held.Lane.Type, o);
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

        StoreAccepts();
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

    private void Return(WorkerRef worker, IReadOnlyList<AttemptRef> attempts, ReturnReason reason = ReturnReason.HandedBack) =>
        InOrder(() =>
            post(
                new ReturnOperation(worker, attempts, reason)
                {
                    MaxLosses = options.MaxLosses,
                    Settled = Then<ReturnOperation>(
                        (op, failure) =>
                        {
                            if (failure is not null)
                            {
                                Again(failure, () => Return(worker, attempts, reason));
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
            if (task.DueAt > 0)
            {
                DueAt(task.DueAt);
            }
            else if (task.State == TaskState.Pending)
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
}
