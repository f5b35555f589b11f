using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>Puts held tasks back into the queue, one by one or all that an incarnation holds.</summary>
internal sealed class Returns(Connection connection, WriterState state)
{
    private readonly Statement readOne = connection.Prepare(
        "SELECT lane, state, attempt, losses FROM tasks WHERE seq = ?1 AND holder = ?2"
    );
    private readonly Statement readHeld = connection.Prepare(
        $"SELECT seq, lane, state, attempt, losses FROM tasks INDEXED BY tasks_held WHERE holder = ?1 AND {Schema.Held} ORDER BY seq"
    );
    private readonly Dictionary<On, Statement> back = new[] { On.HandedBack, On.WorkerLost, On.LossesUsedUp }.ToDictionary(
        on => on,
        on =>
            connection.Prepare(
                $"""
                UPDATE tasks SET state = {Schema.Target(on)}, due = ?6, losses = ?4, finished = ?5
                WHERE seq = ?1 AND attempt = ?2 AND holder = ?3 AND {Schema.Guard(on)}
                """
            )
    );
    private readonly Statement writeFailure = connection.Prepare(
        "INSERT INTO results (seq, failure) VALUES (?1, ?2) ON CONFLICT (seq) DO UPDATE SET failure = excluded.failure, result = NULL"
    );
    private readonly Statement removeLease = connection.Prepare("DELETE FROM leases WHERE worker = ?1 AND incarnation = ?2");

    private readonly record struct Returning(long Number, int Lane, TaskState State, int Attempt, int Losses);

    public void Execute(ReturnOperation operation)
    {
        var holder = state.FindHolder(operation.By);
        foreach (var attempt in operation.Attempts)
        {
            readOne.Bind(1, attempt.Task).Bind(2, holder);
            if (!readOne.Step())
            {
                continue;
            }

            var task = new Returning(attempt.Task, readOne.Int(0), (TaskState)readOne.Int(1), readOne.Int(2), readOne.Int(3));
            readOne.Reset();
            if (task.Attempt == attempt.Attempt && Transitions.IsHeld(task.State))
            {
                operation.Returned.Add(PutBack(task, holder, operation.By, operation.Reason, operation.MaxLosses, why: null));
            }
        }
    }

    public void Execute(ReleaseOperation operation)
    {
        if (operation.OnlyIfExpired && state.Leases.TryGetValue(operation.Worker, out var lease) && lease.Until > state.Now)
        {
            return; // A heartbeat came first.
        }

        operation.Released = true;
        var holder = state.FindHolder(operation.Worker);
        var held = new List<Returning>();
        readHeld.Bind(1, holder);
        while (readHeld.Step())
        {
            held.Add(new(readHeld.Long(0), readHeld.Int(1), (TaskState)readHeld.Int(2), readHeld.Int(3), readHeld.Int(4)));
        }

        foreach (var task in held)
        {
            operation.Returned.Add(PutBack(task, holder, operation.Worker, operation.Reason, operation.MaxLosses, operation.Why));
        }

        if (state.Leases.Remove(operation.Worker))
        {
            removeLease.Bind(1, operation.Worker.Worker).Bind(2, operation.Worker.Incarnation).Run();
        }
    }

    private ReturnedTask PutBack(in Returning task, long holder, in WorkerRef worker, ReturnReason reason, int maxLosses, string? why)
    {
        var on = reason == ReturnReason.HandedBack ? On.HandedBack : RetryPolicy.AfterLoss(task.Losses, maxLosses);
        var to = Transitions.To(on);
        var losses = task.Losses + (on == On.HandedBack ? 0 : 1);
        var wait = on == On.WorkerLost ? (long)RetryPolicy.AfterLosses(new TaskId(task.Number), losses).TotalMilliseconds : 0;
        var due = wait > 0 ? state.Now + wait : 0;
        var statement = back[on].Bind(1, task.Number).Bind(2, task.Attempt).Bind(3, holder).Bind(4, losses).Bind(6, due);
        if (statement.Bind(5, Transitions.HasEnded(to) ? state.Now : 0).Run() != 1)
        {
            throw new InvalidOperationException($"The table of transitions and the guard of {on} disagree.");
        }

        state.Held.Remove(task.Number);
        state.CountMoved(task.State, to);
        var lane = state.LaneById(task.Lane);
        if (to == TaskState.Pending)
        {
            lane.Count(delayed: due > 0, 1);
        }
        else
        {
            writeFailure.Bind(1, task.Number).Bind(2, StoreFailures.LossesUsedUp(worker, losses, why)).Run();
        }

        return new ReturnedTask(task.Number, lane.Lane, to, due);
    }
}
