using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>Records outcomes and starts of attempts, each fenced by attempt, incarnation and state.</summary>
internal sealed class Outcomes(Connection connection, WriterState state)
{
    private readonly Statement read = connection.Prepare(
        "SELECT lane, state, attempt, holder, recorded, retries, max_retries, started FROM tasks WHERE seq = ?1"
    );
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
    private readonly Statement writeResult = connection.Prepare(
        """
        INSERT INTO results (seq, run_micros, plugin_version, failure, result) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (seq) DO UPDATE SET run_micros = excluded.run_micros, plugin_version = excluded.plugin_version,
            failure = excluded.failure, result = excluded.result
        """
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
            // With a holder of 0 nothing matches an attempt of 1 or more.
            if (start.Bind(1, attempt.Task).Bind(2, attempt.Attempt).Bind(3, holder).Bind(4, startedAt).Run() == 1)
            {
                state.CountMoved(TaskState.Assigned, Transitions.To(On.Started));
            }
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
            verdicts[i] = Record(operation.Outcomes[i], out states[i], out retryAt[i]);
        }

        operation.Verdicts = verdicts;
        operation.States = states;
        operation.RetryAt = retryAt;
    }

    private OutcomeVerdict Record(Outcome outcome, out TaskState to, out long retryAt)
    {
        var (number, attempt) = (outcome.Attempt.Task, outcome.Attempt.Attempt);
        (to, retryAt) = (default, 0);
        read.Bind(1, number);
        if (!read.Step())
        {
            return OutcomeVerdict.Unknown;
        }

        var lane = read.Int(0);
        var from = (TaskState)read.Int(1);
        var isCurrent = read.Int(2) == attempt && read.Long(3) == state.FindHolder(outcome.By);
        var isRecorded = read.Int(4) == attempt;
        var (retries, maxRetries, startedAt) = (read.Int(5), read.Int(6), read.Long(7));
        read.Reset();
        to = from;
        if (!isCurrent)
        {
            return OutcomeVerdict.Superseded;
        }

        if (!Transitions.IsHeld(from))
        {
            return isRecorded ? OutcomeVerdict.Repeated
                : from == TaskState.Cancelled ? KeepLate(outcome)
                : OutcomeVerdict.Superseded;
        }

        var on = outcome.Succeeded ? On.Completed : RetryPolicy.AfterFailure(outcome.Retryable, retries, maxRetries);
        to = Transitions.To(on);
        if (on == On.FailedWithRetry)
        {
            retries++;
            retryAt = state.Now + (long)RetryPolicy.Delay(new TaskId(number), retries).TotalMilliseconds;
        }

        var statement = end[on].Bind(1, number).Bind(2, attempt).Bind(3, state.FindHolder(outcome.By)).Bind(4, retries);
        statement.Bind(5, retryAt).Bind(6, startedAt == 0 ? outcome.StartedAt : startedAt);
        if (statement.Bind(7, Transitions.HasEnded(to) ? state.Now : 0).Run() != 1)
        {
            throw new InvalidOperationException($"The table of transitions and the guard of {on} disagree.");
        }

        writeResult.Bind(1, number).Bind(2, outcome.RunMicros).Bind(3, outcome.PluginVersion);
        writeResult.BindUnlessEmpty(4, outcome.Succeeded ? default : outcome.Failure.Span);
        writeResult.BindUnlessEmpty(5, outcome.Succeeded ? outcome.Result.Span : default).Run();
        state.CountMoved(from, to);
        if (retryAt > 0)
        {
            state.LaneById(lane).Count(delayed: true, 1);
        }

        return OutcomeVerdict.Recorded;
    }

    /// <summary>The task was cancelled while the worker had it; what it made of it is kept, once, and changes nothing else.</summary>
    private OutcomeVerdict KeepLate(Outcome outcome)
    {
        markRecorded.Bind(1, outcome.Attempt.Task).Bind(2, outcome.Attempt.Attempt).Run();
        writeLate.Bind(1, outcome.Attempt.Task).Bind(2, outcome.RunMicros).Bind(3, outcome.PluginVersion);
        writeLate.BindUnlessEmpty(4, outcome.Succeeded ? outcome.Result.Span : default).Run();
        return OutcomeVerdict.KeptAsLate;
    }
}
