using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Manager.Core;

// What people ask of a task that is stored, and what its time brings: cancel, retry, promotion.
internal sealed partial class ManagerCore
{
    /// <summary>
    /// Cancels a task; with <paramref name="force"/>, or when its holder is UNREACHABLE, also one that is held. What such a worker
    /// has done all the same is kept as a late result.
    /// </summary>
    public CancelOperation Cancel(TaskId task, string reason, string by, bool force) =>
        Posted(
            new CancelOperation(task.Number, reason, by)
            {
                Force = force,
                OutOfReach = incarnations
                    .Values.FirstOrDefault(i => i is { State: WorkerState.Unreachable, Session: null } && i.Held.ContainsKey(task.Number))
                    ?.Ref,
                Settled = Then<CancelOperation>(OnCancelled),
            }
        );

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
    public DateTimeOffset? NextDue => NextTaskDue is { } task && !(nextSilence < task) ? task : nextSilence;

    private DateTimeOffset? NextTaskDue =>
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
}
