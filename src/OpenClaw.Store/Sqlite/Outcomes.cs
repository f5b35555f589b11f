using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// Records outcomes and starts of attempts, each fenced by attempt, incarnation and state: once against what is held in memory, and
/// again in the statement itself.
/// </summary>
internal sealed class Outcomes(Connection connection, WriterState state)
{
    private readonly Statement readPast = connection.Prepare("SELECT state, attempt, holder, recorded FROM tasks WHERE seq = ?1");
    private readonly Statement start = connection.Prepare(
        $"""
        UPDATE tasks SET state = {Schema.Target(On.Started)}, started = ?4
        WHERE seq = ?1 AND attempt = ?2 AND holder = ?3 AND {Schema.Guard(On.Started)}
        """
    );
    private readonly Dictionary<On, Statement> end = new[]
    {
        On.Completed,
        On.FailedForGood,
        On.FailedWithRetry,
        On.RetriesUsedUp,
    }.ToDictionary(
        on => on,
        on =>
            connection.Prepare(
                $"""
                UPDATE tasks SET state = {Schema.Target(on)}, recorded = ?2, retries = ?4, due = ?5, started = ?6, finished = ?7
                WHERE seq = ?1 AND attempt = ?2 AND holder = ?3 AND {Schema.Guard(on)}
                """
            )
    );
    private readonly Statement insertResult = connection.Prepare(
        "INSERT INTO results (seq, run_micros, plugin_version, failure, result) VALUES (?1, ?2, ?3, ?4, ?5)"
    );
    private readonly Statement replaceResult = connection.Prepare(
        "UPDATE results SET run_micros = ?2, plugin_version = ?3, failure = ?4, result = ?5 WHERE seq = ?1"
    );
    private readonly Statement writeLate = connection.Prepare(
        """
        INSERT INTO results (seq, run_micros, plugin_version, late_result) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (seq) DO UPDATE SET run_micros = excluded.run_micros, plugin_version = excluded.plugin_version,
            late_result = excluded.late_result
        """
    );
    private readonly Statement markRecorded = connection.Prepare("UPDATE tasks SET recorded = ?2 WHERE seq = ?1 AND attempt = ?2");

    public void Execute(StartedOperation operation)
    {
        var holder = state.FindHolder(operation.By);
        foreach (var (attempt, startedAt) in operation.Started)
        {
            if (!IsCurrent(attempt, holder, out var task) || Transitions.Next(task.State, On.Started) is not { } to)
            {
                continue;
            }

            Expect(On.Started, start.Bind(1, attempt.Task).Bind(2, attempt.Attempt).Bind(3, holder).Bind(4, startedAt));
            state.Held[attempt.Task] = task with { State = to, StartedAt = startedAt };
            state.CountMoved(task.State, to);
        }
    }

    public void Execute(OutcomeOperation operation)
    {
        var count = operation.Outcomes.Count;
        var verdicts = new OutcomeVerdict[count];
        var states = new TaskState[count];
        var retryAt = new long[count];
        for (var i = 0; i < count; i++)
        {
            var outcome = operation.Outcomes[i];
            var holder = state.FindHolder(outcome.By);
            verdicts[i] = IsCurrent(outcome.Attempt, holder, out var task)
                ? Record(outcome, task, out states[i], out retryAt[i])
                : RecordPast(outcome, holder, out states[i]);
        }

        operation.Verdicts = verdicts;
        operation.States = states;
        operation.RetryAt = retryAt;
    }

    private bool IsCurrent(AttemptRef attempt, long holder, out HeldTask task) =>
        state.Held.TryGetValue(attempt.Task, out task) && task.Attempt == attempt.Attempt && task.Holder == holder;

    private OutcomeVerdict Record(Outcome outcome, in HeldTask task, out TaskState to, out long retryAt)
    {
        var number = outcome.Attempt.Task;
        var on = outcome.Succeeded ? On.Completed : RetryPolicy.AfterFailure(outcome.Retryable, task.Retries, task.MaxRetries);
        var retries = task.Retries;
        to = Transitions.To(on);
        retryAt = 0;
        if (on == On.FailedWithRetry)
        {
            retries++;
            retryAt = state.Now + (long)RetryPolicy.Delay(new TaskId(number), retries).TotalMilliseconds;
        }

        var statement = end[on].Bind(1, number).Bind(2, outcome.Attempt.Attempt).Bind(3, task.Holder).Bind(4, retries).Bind(5, retryAt);
        statement.Bind(6, task.StartedAt == 0 ? outcome.StartedAt : task.StartedAt).Bind(7, Transitions.HasEnded(to) ? state.Now : 0);
        Expect(on, statement);
        WriteResult(outcome);
        state.Held.Remove(number);
        state.CountMoved(task.State, to);
        if (retryAt > 0)
        {
            state.LaneById(task.Lane).Count(delayed: true, 1);
        }

        return OutcomeVerdict.Recorded;
    }

    /// <summary>An outcome of an attempt that nobody holds any more.</summary>
    private OutcomeVerdict RecordPast(Outcome outcome, long holder, out TaskState to)
    {
        to = default;
        readPast.Bind(1, outcome.Attempt.Task);
        if (!readPast.Step())
        {
            return OutcomeVerdict.Unknown;
        }

        to = (TaskState)readPast.Int(0);
        var isLast = readPast.Int(1) == outcome.Attempt.Attempt && readPast.Long(2) == holder && !Transitions.IsHeld(to);
        var isRecorded = readPast.Int(3) == outcome.Attempt.Attempt;
        // Its answer was lost, and the next attempt has begun since.
        var isPast = readPast.Int(1) > outcome.Attempt.Attempt;
        readPast.Reset();
        return isRecorded && (isLast || isPast) ? OutcomeVerdict.Repeated
            : !isLast ? OutcomeVerdict.Superseded
            : to == TaskState.Cancelled ? KeepLate(outcome)
            : OutcomeVerdict.Superseded;
    }

    private void WriteResult(Outcome outcome)
    {
        // Nearly always the first outcome of its task. A row is there after a retry or a cancel that was taken back.
        var isFirst = outcome.Attempt.Attempt == 1 && Bind(insertResult, outcome).TryRun();
        if (!isFirst && Bind(replaceResult, outcome).Run() == 0)
        {
            Bind(insertResult, outcome).Run();
        }
    }

    private static Statement Bind(Statement statement, Outcome outcome) =>
        statement
            .Bind(1, outcome.Attempt.Task)
            .Bind(2, outcome.RunMicros)
            .Bind(3, outcome.PluginVersion)
            .BindUnlessEmpty(4, outcome.Succeeded ? default : outcome.Failure.Span)
            .BindUnlessEmpty(5, outcome.Succeeded ? outcome.Result.Span : default);

    /// <summary>The task was cancelled while the worker had it; what it made of it is kept, once, and changes nothing else.</summary>
    private OutcomeVerdict KeepLate(Outcome outcome)
    {
        markRecorded.Bind(1, outcome.Attempt.Task).Bind(2, outcome.Attempt.Attempt).Run();
        writeLate.Bind(1, outcome.Attempt.Task).Bind(2, outcome.RunMicros).Bind(3, outcome.PluginVersion);
        writeLate.BindUnlessEmpty(4, outcome.Succeeded ? outcome.Result.Span : default).Run();
        return OutcomeVerdict.KeptAsLate;
    }

    private static void Expect(On on, Statement statement)
    {
        if (statement.Run() != 1)
        {
            throw new InvalidOperationException($"What is held in memory and the guard of {on} disagree.");
        }
    }
}
