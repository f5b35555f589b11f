using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>Leases, tasks whose time has come, and retention.</summary>
internal sealed class Housekeeping(Connection connection, WriterState state, SqliteOptions options)
{
    private static readonly string Waiting = "state = " + Schema.Number(TaskState.Pending);
    private static readonly string Ended =
        "state IN (" + string.Join(",", Enum.GetValues<TaskState>().Where(Transitions.HasEnded).Select(Schema.Number)) + ")";

    private readonly Statement writeLease = connection.Prepare(
        """
        INSERT INTO leases (worker, incarnation, manager, until, identity, length) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (worker, incarnation)
        DO UPDATE SET manager = excluded.manager, until = excluded.until, identity = excluded.identity, length = excluded.length
        """
    );
    private readonly Statement extendLeases = connection.Prepare("UPDATE leases SET until = ?1 WHERE until < ?1");
    private readonly Statement cutLeases = connection.Prepare(
        "UPDATE leases SET until = max(?1, ?2 + length) WHERE until > max(?1, ?2 + length)"
    );
    private readonly Statement writeDrain = connection.Prepare(
        "INSERT OR REPLACE INTO drains (worker, since, ordered_by, reason) VALUES (?1, ?2, ?3, ?4)"
    );
    private readonly Statement removeDrain = connection.Prepare("DELETE FROM drains WHERE worker = ?1");
    private readonly Statement readDue = connection.Prepare(
        $"SELECT seq, lane FROM tasks INDEXED BY tasks_delayed WHERE {Waiting} AND due > 0 AND due <= ?1 ORDER BY due, seq LIMIT ?2"
    );
    private readonly Statement makeReady = connection.Prepare($"UPDATE tasks SET due = 0 WHERE seq = ?1 AND {Waiting} AND due > 0");
    private readonly Statement readNextDue = connection.Prepare(
        $"SELECT due FROM tasks INDEXED BY tasks_delayed WHERE {Waiting} AND due > 0 ORDER BY due LIMIT 1"
    );
    private readonly Statement readOld = connection.Prepare("SELECT seq, state, created, finished FROM tasks WHERE seq > ?1 ORDER BY seq");
    private readonly Statement deleteKey = connection.Prepare(
        """
        DELETE FROM keys WHERE seq = ?1 AND (project, task_key) = (
            SELECT l.project, b.task_key FROM tasks t JOIN bodies b ON b.seq = t.seq JOIN lanes l ON l.id = t.lane WHERE t.seq = ?1)
        """
    );
    private readonly Statement deleteTask = connection.Prepare($"DELETE FROM tasks WHERE seq = ?1 AND {Ended}");
    private readonly Statement deleteBody = connection.Prepare("DELETE FROM bodies WHERE seq = ?1");
    private readonly Statement deleteResult = connection.Prepare("DELETE FROM results WHERE seq = ?1");

    private readonly Statement deleteHolders = connection.Prepare(
        """
        DELETE FROM holders WHERE id NOT IN (SELECT DISTINCT holder FROM tasks)
        AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.worker = holders.worker AND l.incarnation = holders.incarnation)
        """
    );

    private readonly Statement readUsedLanes = connection.Prepare("SELECT DISTINCT lane FROM tasks");
    private readonly Statement deleteLane = connection.Prepare("DELETE FROM lanes WHERE id = ?1");

    /// <summary>The lanes that were left when they were last looked through.</summary>
    private long lanesLeft;

    // All lanes had tasks when they were looked through, and no lane more is kept: until then that is taken to be so.
    private long fullLookAt;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(10);

    /// <summary>The incarnations that were left when they were last looked through.</summary>
    private long holdersLeft;

    // Up to this number nothing is left that finished before that time: the next call of the same sweep goes on from there.
    private (long FinishedBefore, long Number) swept;

    public void Execute(LeaseOperation operation)
    {
        foreach (var lease in operation.Leases)
        {
            state.Leases[lease.Worker] = lease;
            writeLease.Bind(1, lease.Worker.Worker).Bind(2, lease.Worker.Incarnation).Bind(3, lease.Manager);
            writeLease.Bind(4, lease.Until).Bind(5, lease.Identity).Bind(6, lease.Length).Run();
        }
    }

    public void Execute(ExtendLeasesOperation operation)
    {
        extendLeases.Bind(1, operation.Until).Run();
        cutLeases.Bind(1, Math.Max(operation.Until, operation.Latest)).Bind(2, operation.Now).Run();
        foreach (var (worker, lease) in state.Leases)
        {
            state.Leases[worker] = lease with { Until = operation.UntilOf(lease) };
        }
    }

    public void Execute(DrainOperation operation)
    {
        foreach (var drain in operation.Drained)
        {
            writeDrain.Bind(1, drain.Worker).Bind(2, drain.Since).Bind(3, drain.By).Bind(4, drain.Reason).Run();
        }

        foreach (var worker in operation.Undrained)
        {
            removeDrain.Bind(1, worker).Run();
        }
    }

    public void Execute(PromoteOperation operation)
    {
        var due = new List<(long Number, int Lane)>();
        readDue.Bind(1, state.Now).Bind(2, operation.Most);
        while (readDue.Step())
        {
            due.Add((readDue.Long(0), readDue.Int(1)));
        }

        foreach (var (number, laneId) in due)
        {
            makeReady.Bind(1, number).Run();
            var lane = state.LaneById(laneId);
            lane.Count(delayed: true, -1);
            lane.Count(delayed: false, 1);
            operation.Promoted[lane.Lane] = operation.Promoted.GetValueOrDefault(lane.Lane) + 1;
        }

        if (readNextDue.Step())
        {
            operation.NextDue = readNextDue.Long(0);
            readNextDue.Reset();
        }
    }

    /// <remarks>
    /// There is no index by time of end, which would cost every outcome a write. Numbers are given in the order of creation and
    /// nothing ends before it is created, so the scan from the oldest number stops at the first task that is too young; what it
    /// passes over is only what is old and has not ended long ago.
    /// </remarks>
    public void Execute(PruneOperation operation)
    {
        var from = swept.FinishedBefore == operation.FinishedBefore ? swept.Number : 0;
        var old = new List<(long Number, TaskState State)>();
        readOld.Bind(1, from);
        while (old.Count < operation.Most && readOld.Step())
        {
            var (number, taskState) = (readOld.Long(0), (TaskState)readOld.Int(1));
            if (readOld.Long(2) >= operation.FinishedBefore)
            {
                break;
            }

            if (Transitions.HasEnded(taskState) && readOld.Long(3) < operation.FinishedBefore)
            {
                old.Add((number, taskState));
            }

            from = number;
        }

        readOld.Reset();
        foreach (var (number, taskState) in old)
        {
            deleteKey.Bind(1, number).Run();
            deleteTask.Bind(1, number).Run();
            deleteBody.Bind(1, number).Run();
            deleteResult.Bind(1, number).Run();
            state.CountRemoved(taskState);
        }

        operation.RemovedTasks = [.. old.Select(o => o.Number)];
        PruneHolders();
        operation.RemovedLanes = PruneLanes(operation.Removed > 0);
        // With a time to come, what was passed over may still end before it.
        swept = operation.FinishedBefore <= state.Now ? (operation.FinishedBefore, from) : default;
    }

    // Every start of a worker leaves a row. Finding those that no task names reads all tasks, so it waits until their number has
    // doubled: seldom, however often workers start.
    private void PruneHolders()
    {
        if (state.HolderRows <= Math.Max(options.MostHolders, 2 * holdersLeft))
        {
            return;
        }

        state.HolderRows -= deleteHolders.Run();
        state.ForgetHolders();
        holdersLeft = state.HolderRows;
    }

    // Names come from whoever submits. Which lanes have tasks only a walk through all tasks tells, so it waits as that of the
    // incarnations does; where no lane more is kept, it is worth it as soon as tasks were removed, but not again at once after one that
    // found nothing.
    private List<Lane> PruneLanes(bool tasksRemoved)
    {
        var enough = Math.Max(options.FewLanes, Math.Min(2 * lanesLeft, (lanesLeft + options.MostLanes) / 2));
        var isFull = state.LaneCount >= options.MostLanes && state.Now >= fullLookAt;
        if (state.LaneCount <= enough && !(tasksRemoved && isFull))
        {
            return [];
        }

        var used = new HashSet<int>();
        while (readUsedLanes.Step())
        {
            used.Add(readUsedLanes.Int(0));
        }

        var removed = state.RemoveLanes(used);
        foreach (var lane in removed)
        {
            deleteLane.Bind(1, lane.Id).Run();
        }

        lanesLeft = state.LaneCount;
        fullLookAt = removed.Count == 0 ? state.Now + (long)LookAgain.TotalMilliseconds : 0;
        return removed;
    }

    /// <summary>After a rollback nothing is known of what was swept.</summary>
    public void Forget()
    {
        swept = default;
        lanesLeft = 0;
        fullLookAt = 0;
        holdersLeft = 0;
    }
}
