using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Simulation.Store;

internal sealed partial class MemoryTaskStore
{
    private void Execute(StoreOperation operation)
    {
        switch (operation)
        {
            case SubmitOperation submit:
                Submit(submit);
                break;
            case ClaimOperation claim:
                Claim(claim);
                break;
            case StartedOperation started:
                Start(started);
                break;
            case OutcomeOperation outcome:
                Record(outcome);
                break;
            case ReturnOperation back:
                foreach (var attempt in back.Attempts)
                {
                    if (Find(attempt.Task) is { } row && row.IsHeldAs(attempt, back.By))
                    {
                        back.Returned.Add(PutBack(row, back.By, back.Reason, back.MaxLosses));
                    }
                }

                break;
            case ReleaseOperation release:
                Release(release);
                break;
            case CancelOperation cancel:
                Cancel(cancel);
                break;
            case RetryOperation retry:
                Retry(retry);
                break;
            case LeaseOperation renew:
                foreach (var lease in renew.Leases)
                {
                    leases[lease.Worker] = lease;
                }

                break;
            case ExtendLeasesOperation extend:
                foreach (var (worker, lease) in leases)
                {
                    leases[worker] = lease with { Until = extend.UntilOf(lease) };
                }

                break;
            case DrainOperation drain:
                foreach (var drained in drain.Drained)
                {
                    drains[drained.Worker] = drained;
                }

                foreach (var worker in drain.Undrained)
                {
                    drains.Remove(worker);
                }

                break;
            case PromoteOperation promote:
                Promote(promote);
                break;
            case PruneOperation prune:
                Prune(prune);
                break;
            default:
                throw new NotSupportedException($"{operation.GetType().Name} is not an operation that this store knows.");
        }
    }

    private void Start(StartedOperation operation)
    {
        foreach (var (attempt, at) in operation.Started)
        {
            if (Find(attempt.Task) is { } row && row.IsHeldAs(attempt, operation.By) && Transitions.Next(row.State, On.Started) is not null)
            {
                Move(row, On.Started);
                row.Started = at;
                Enter(row);
            }
        }
    }

    private void Record(OutcomeOperation operation)
    {
        var count = operation.Outcomes.Count;
        operation.Verdicts = new OutcomeVerdict[count];
        operation.States = new TaskState[count];
        operation.RetryAt = new long[count];
        for (var i = 0; i < count; i++)
        {
            (operation.Verdicts[i], operation.States[i], operation.RetryAt[i]) = Record(operation.Outcomes[i]);
        }
    }

    private (OutcomeVerdict, TaskState, long) Record(Outcome outcome)
    {
        if (Find(outcome.Attempt.Task) is not { } row)
        {
            return (OutcomeVerdict.Unknown, default, 0);
        }

        if (row.IsHeldAs(outcome.Attempt, outcome.By) || (WithoutFence && !Transitions.HasEnded(row.State) && row.Attempt > 0))
        {
            return RecordCurrent(row, outcome);
        }

        var isLast = row.Attempt == outcome.Attempt.Attempt && row.Holder == outcome.By && !Transitions.IsHeld(row.State);
        if (row.Recorded == outcome.Attempt.Attempt && (isLast || row.Attempt > outcome.Attempt.Attempt))
        {
            return (OutcomeVerdict.Repeated, row.State, 0);
        }

        if (!isLast || row.State != TaskState.Cancelled)
        {
            return (OutcomeVerdict.Superseded, row.State, 0);
        }

        row.Recorded = outcome.Attempt.Attempt;
        row.RunMicros = outcome.RunMicros;
        row.PluginVersion = outcome.PluginVersion ?? row.PluginVersion;
        row.LateResult = outcome.Succeeded ? outcome.Result : (ReadOnlyMemory<byte>?)null;
        return (OutcomeVerdict.KeptAsLate, row.State, 0);
    }

    private (OutcomeVerdict, TaskState, long) RecordCurrent(Row row, Outcome outcome)
    {
        var on = outcome.Succeeded ? On.Completed : RetryPolicy.AfterFailure(outcome.Retryable, row.Retries, row.Task.MaxRetries);
        if (Transitions.Next(row.State, on) is null)
        {
            // Without the fence: whatever it is, it is believed.
            Leave(row);
            row.State = TaskState.Running;
            row.Holder = outcome.By;
            Enter(row);
        }

        var to = Move(row, on);
        if (on == On.FailedWithRetry)
        {
            row.Retries++;
            row.Due = now + (long)RetryPolicy.Delay(new TaskId(row.Number), row.Retries).TotalMilliseconds;
        }

        row.Recorded = outcome.Attempt.Attempt;
        row.Started = row.Started == 0 ? outcome.StartedAt : row.Started;
        row.Finished = Transitions.HasEnded(to) ? now : 0;
        row.RunMicros = outcome.RunMicros;
        row.PluginVersion = outcome.PluginVersion ?? row.PluginVersion;
        row.Result = outcome.Succeeded ? outcome.Result : (ReadOnlyMemory<byte>?)null;
        row.Failure = outcome.Succeeded ? (ReadOnlyMemory<byte>?)null : outcome.Failure;
        Enter(row);
        return (OutcomeVerdict.Recorded, to, row.Due);
    }

    private ReturnedTask PutBack(Row row, WorkerRef by, ReturnReason reason, int maxLosses, string? why = null)
    {
        var on = reason == ReturnReason.HandedBack ? On.HandedBack : RetryPolicy.AfterLoss(row.Losses, maxLosses);
        var to = Move(row, on);
        row.Losses += on == On.HandedBack ? 0 : 1;
        var wait = on == On.WorkerLost ? (long)RetryPolicy.AfterLosses(new TaskId(row.Number), row.Losses).TotalMilliseconds : 0;
        row.Due = wait > 0 ? now + wait : 0;
        row.Finished = Transitions.HasEnded(to) ? now : 0;
        if (on == On.LossesUsedUp)
        {
            row.Failure = StoreFailures.LossesUsedUp(by, row.Losses, why);
            row.Result = null;
        }

        Enter(row);
        return new ReturnedTask(row.Number, row.Lane.Lane, to, row.Due);
    }

    private void Release(ReleaseOperation operation)
    {
        if (operation.OnlyIfExpired && leases.TryGetValue(operation.Worker, out var lease) && lease.Until > now)
        {
            return;
        }

        operation.Released = true;
        if (held.TryGetValue(operation.Worker, out var own))
        {
            foreach (var row in own.Values.ToList())
            {
                operation.Returned.Add(PutBack(row, operation.Worker, operation.Reason, operation.MaxLosses, operation.Why));
            }
        }

        leases.Remove(operation.Worker);
    }

    private void Cancel(CancelOperation operation)
    {
        if (Find(operation.Task) is not { } row)
        {
            operation.Refused = StoreFailures.NotFound(operation.Task);
            return;
        }

        operation.Before = row.ToRecord();
        if (Transitions.Next(row.State, On.CancelRequested) is null)
        {
            operation.Refused = StoreFailures.WrongState(operation.Task, row.State, "cancelled");
        }
        else if (Transitions.IsHeld(row.State) && !operation.MayTakeFrom(row.Holder?.Worker, row.Holder?.Incarnation ?? 0))
        {
            operation.Refused = StoreFailures.HeldWithoutForce(operation.Task, row.State, row.Holder?.Worker);
        }
        else
        {
            Move(row, On.CancelRequested);
            row.Due = 0;
            row.Finished = now;
            row.Reason = operation.Reason;
            row.CancelledBy = operation.By;
            Enter(row);
        }
    }

    private void Retry(RetryOperation operation)
    {
        if (Find(operation.Task) is not { } row)
        {
            operation.Refused = StoreFailures.NotFound(operation.Task);
            return;
        }

        if (Transitions.Next(row.State, On.RetryRequested) is null)
        {
            operation.Refused = StoreFailures.WrongState(operation.Task, row.State, "retried");
            return;
        }

        Move(row, On.RetryRequested);
        (row.Due, row.Retries, row.Losses, row.Finished) = (0, 0, 0, 0);
        (row.Reason, row.CancelledBy) = (null, null);
        Enter(row);
        operation.Lane = row.Lane.Lane;
    }

    private void Promote(PromoteOperation operation)
    {
        for (var i = 0; i < operation.Most && delayed.Count > 0 && delayed.Min.Due <= now; i++)
        {
            var row = rows[delayed.Min.Number];
            Leave(row);
            row.Due = 0;
            Enter(row);
            operation.Promoted[row.Lane.Lane] = operation.Promoted.GetValueOrDefault(row.Lane.Lane) + 1;
        }

        operation.NextDue = delayed.Count > 0 ? delayed.Min.Due : null;
    }

    private void Prune(PruneOperation operation)
    {
        // Nothing ends before it is created and numbers rise with time, so the first that is too young ends the search.
        var old = rows
            .Values.TakeWhile(r => r.Created < operation.FinishedBefore)
            .Where(r => Transitions.HasEnded(r.State) && r.Finished < operation.FinishedBefore)
            .Take(operation.Most)
            .ToList();
        foreach (var row in old)
        {
            Leave(row);
            rows.Remove(row.Number);
            if (row.Task.Key is { } key && keys.GetValueOrDefault((row.Task.Project, key)) == row.Number)
            {
                keys.Remove((row.Task.Project, key));
            }
        }

        operation.RemovedTasks = [.. old.Select(r => r.Number)];
    }
}
