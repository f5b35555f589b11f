using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>What people ask of single tasks.</summary>
internal sealed class CancelAndRetry(Connection connection, WriterState state, RecordReader records)
{
    private readonly Statement cancel = connection.Prepare(
        $"""
        UPDATE tasks SET state = {Schema.Target(On.CancelRequested)}, due = 0, finished = ?2
        WHERE seq = ?1 AND {Schema.Guard(On.CancelRequested)}
        """
    );
    private readonly Statement writeReason = connection.Prepare(
        """
        INSERT INTO results (seq, reason, cancelled_by) VALUES (?1, ?2, ?3)
        ON CONFLICT (seq) DO UPDATE SET reason = excluded.reason, cancelled_by = excluded.cancelled_by
        """
    );
    private readonly Statement readState = connection.Prepare("SELECT state, lane FROM tasks WHERE seq = ?1");
    private readonly Statement readLane = connection.Prepare("SELECT lane, due FROM tasks WHERE seq = ?1");
    private readonly Statement retry = connection.Prepare(
        $"""
        UPDATE tasks SET state = {Schema.Target(On.RetryRequested)}, due = 0, retries = 0, losses = 0, finished = 0
        WHERE seq = ?1 AND {Schema.Guard(On.RetryRequested)}
        """
    );
    private readonly Statement clearReason = connection.Prepare("UPDATE results SET reason = NULL, cancelled_by = NULL WHERE seq = ?1");

    public void Execute(CancelOperation operation)
    {
        var before = records.Get(operation.Task);
        operation.Before = before;
        if (before is null)
        {
            operation.Refused = StoreFailures.NotFound(operation.Task);
            return;
        }

        if (Transitions.Next(before.State, On.CancelRequested) is not { } to)
        {
            operation.Refused = StoreFailures.WrongState(operation.Task, before.State, "cancelled");
            return;
        }

        if (Transitions.IsHeld(before.State) && !operation.MayTakeFrom(before.Worker, before.Incarnation))
        {
            operation.Refused = StoreFailures.HeldWithoutForce(operation.Task, before.State, before.Worker);
            return;
        }

        if (before.State == TaskState.Pending)
        {
            readLane.Bind(1, operation.Task);
            readLane.Step();
            state.LaneById(readLane.Int(0)).Count(delayed: readLane.Long(1) > 0, -1);
            readLane.Reset();
        }

        if (cancel.Bind(1, operation.Task).Bind(2, state.Now).Run() != 1)
        {
            throw new InvalidOperationException("The table of transitions and the guard of a cancel disagree.");
        }

        writeReason.Bind(1, operation.Task).Bind(2, operation.Reason).Bind(3, operation.By).Run();
        state.Held.Remove(operation.Task);
        state.CountMoved(before.State, to);
    }

    public void Execute(RetryOperation operation)
    {
        readState.Bind(1, operation.Task);
        if (!readState.Step())
        {
            operation.Refused = StoreFailures.NotFound(operation.Task);
            return;
        }

        var from = (TaskState)readState.Int(0);
        var lane = state.LaneById(readState.Int(1));
        readState.Reset();
        if (Transitions.Next(from, On.RetryRequested) is not { } to)
        {
            operation.Refused = StoreFailures.WrongState(operation.Task, from, "retried");
            return;
        }

        if (retry.Bind(1, operation.Task).Run() != 1)
        {
            throw new InvalidOperationException("The table of transitions and the guard of a retry disagree.");
        }

        clearReason.Bind(1, operation.Task).Run();
        state.CountMoved(from, to);
        lane.Count(delayed: false, 1);
        operation.Lane = lane.Lane;
    }
}
