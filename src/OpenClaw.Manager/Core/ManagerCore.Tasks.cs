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
            if (submit.Created.Contains(true))
            {
                StoreAccepts();
            }
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
                if (seat.Draining && !incarnation.IsStopping)
                {
                    // Drained while it was on its way: what it does not begin at once it gives back.
                    var recall = new Recall();
                    recall.Attempts.AddRange(assignments.Assignments_.Select(a => new Attempt { Task = a.Task, Attempt_ = a.Attempt }));
                    incarnation.Session?.Send(new ManagerMessage { Recall = recall });
                }
            }
        }
    }

    [LoggerMessage(
        23,
        LogLevel.Debug,
        "Task {task} was given to incarnation {incarnation} of worker {worker}, which was released meanwhile"
    )]
    private static partial void LogHeldByGone(ILogger logger, TaskId task, string worker, long incarnation);
}
