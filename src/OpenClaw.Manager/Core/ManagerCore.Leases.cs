using System.Text;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// Leases, proofs of death, and the hand-over of what a dead incarnation held (docs/tasks.md).
internal sealed partial class ManagerCore
{
    /// <summary>A stored lease is renewed when it is this far behind: 15 s of the 6 min.</summary>
    private TimeSpan RenewalSlack => options.TaskReassignAfter / 24;

    /// <summary>
    /// What a manager does with the stored leases when it starts: the workers could not renew them while there was none. One that lies
    /// further ahead than twice the time of a lease, and than it was promised for, was written before the clock was set back: a setting
    /// that was shortened takes nothing from the workers that they were promised.
    /// </summary>
    public static ExtendLeasesOperation AtStart(DateTimeOffset now, TimeSpan reassignAfter) =>
        new((now + reassignAfter).ToUnixTimeMilliseconds())
        {
            Latest = (now + (2 * reassignAfter)).ToUnixTimeMilliseconds(),
            Now = now.ToUnixTimeMilliseconds(),
        };

    /// <summary>The supervisor's proof that every process of the incarnation is gone. Returns how many tasks it held.</summary>
    /// <param name="worker">Which.</param>
    /// <param name="cause">How it ended.</param>
    /// <param name="why">Why a start fails, if the supervisor knows.</param>
    public int OnDeathReported(WorkerRef worker, string cause, Failure? why = null)
    {
        if (!incarnations.TryGetValue(worker, out var incarnation))
        {
            OnFailedStart(worker, cause, why);
            return 0;
        }

        incarnation.IsDead = true;
        if (incarnation.Releasing)
        {
            if (incarnation.GoneFor is not null || !incarnation.ReleasesIfExpired)
            {
                return 0;
            }

            incarnation.GoneFor = cause;
            incarnation.State = WorkerState.Unreachable;
            incarnation.Problem = $"clw-worker-crash: {cause}";
            Disconnect(incarnation, new Failure(Catalogue.WorkerCrash, cause));
            LogDied(logger, worker.Worker, cause, incarnation.Held.Count);
            return incarnation.Held.Count;
        }

        LogDied(logger, worker.Worker, cause, incarnation.Held.Count);
        var held = incarnation.Held.Count;
        incarnation.Problem = $"clw-worker-crash: {cause}";
        incarnation.State = WorkerState.Unreachable;
        Disconnect(incarnation, new Failure(Catalogue.WorkerCrash, cause));
        Release(incarnation, ReturnReason.WorkerLost, cause);
        return held;
    }

    /// <summary>Messages of outcomes that the store has not recorded yet, by the incarnation that ran them.</summary>
    private readonly Dictionary<WorkerRef, int> outcomesUnderWay = [];

    /// <summary>Releases that wait for them, one for each incarnation.</summary>
    private readonly Dictionary<WorkerRef, Action> releasesBehind = [];

    // Behind the outcomes of what it releases, also those that are on their way to the store: their commit may fail where that of the
    // release goes through, and what was done would be done again.
    private void Release(Incarnation incarnation, ReturnReason reason, string why, bool onlyIfExpired = false)
    {
        incarnation.Releasing = true;
        incarnation.ReleasesIfExpired = onlyIfExpired;
        if (outcomesUnderWay.ContainsKey(incarnation.Ref))
        {
            releasesBehind[incarnation.Ref] = () => PostRelease(incarnation, reason, why, onlyIfExpired);
        }
        else
        {
            PostRelease(incarnation, reason, why, onlyIfExpired);
        }
    }

    private void OutcomesArrived(WorkerRef worker)
    {
        if (--outcomesUnderWay[worker] == 0)
        {
            outcomesUnderWay.Remove(worker);
            if (releasesBehind.Remove(worker, out var release))
            {
                release();
            }
        }
    }

    private void PostRelease(Incarnation incarnation, ReturnReason reason, string why, bool onlyIfExpired) =>
        InOrder(() =>
            post(
                new ReleaseOperation(incarnation.Ref, reason)
                {
                    MaxLosses = options.MaxLosses,
                    OnlyIfExpired = onlyIfExpired,
                    Why = why,
                    Settled = Then<ReleaseOperation>((op, failure) => OnReleased(incarnation, op, why, failure)),
                }
            )
        );

    private void OnReleased(Incarnation incarnation, ReleaseOperation operation, string why, Failure? failure)
    {
        if (failure is not null)
        {
            Again(failure, () => Release(incarnation, operation.Reason, why, operation.OnlyIfExpired && incarnation.GoneFor is null));
            return;
        }

        if (!operation.Released)
        {
            // A heartbeat was stored first, perhaps by another manager: it lives, unless its death was proven meanwhile.
            incarnation.Releasing = false;
            if (incarnation.GoneFor is { } gone)
            {
                Disconnect(incarnation, new Failure(Catalogue.WorkerCrash, gone));
                Release(incarnation, ReturnReason.WorkerLost, gone);
            }

            return;
        }

        foreach (var held in incarnation.Held.Values)
        {
            dispatcher.Free(null, held.Lane);
        }

        if (operation.Reason == ReturnReason.WorkerLost)
        {
            foreach (var task in operation.Returned)
            {
                metrics.Lost(task.Lane.Type);
            }

            if (incarnation.IsDead)
            {
                WatchForLosses(operation.Returned);
            }
        }

        incarnation.Held.Clear();
        incarnation.Releasing = false;
        if (incarnation.Session is null)
        {
            incarnations.Remove(incarnation.Ref);
        }

        if (operation.Returned.Count > 0)
        {
            LogReleased(logger, operation.Returned.Count, incarnation.Ref.Worker, why);
        }

        OnReturned(operation.Returned);
    }

    /// <summary>The store knows no lease for a worker whose seat is open. It registers anew and says what it holds.</summary>
    private void OnLeaseGone(WorkerSeat seat, Failure failure)
    {
        if (incarnations.TryGetValue(seat.Worker, out var incarnation) && incarnation.Seat == seat && incarnation.Session is { } session)
        {
            session.Close(failure);
            OnClosed(incarnation, session, failure);
        }
    }

    // Types whose attempts need not wait for the end of the lease: their worker has stopped them by now, or lets them overlap, and the
    // number of the attempt decides. Only this manager's own worker, whose rules it has heard: after a restart the lease alone counts.
    private void HandOverEarly(Incarnation incarnation)
    {
        if (incarnation is not { Session: null, Releasing: false, Info: { } info } || incarnation.Held.Count == 0)
        {
            return;
        }

        var silent = time.GetElapsedTime(incarnation.HeardAt);
        var due = info
            .Types_.Where(t => t.ReassignAfterMs > 0 && silent.TotalMilliseconds >= t.ReassignAfterMs)
            .Select(t => t.Name)
            .ToHashSet(StringComparer.Ordinal);
        var given = due.Count == 0 ? [] : incarnation.Held.Where(h => due.Contains(h.Value.Lane.Type)).ToList();
        if (given.Count == 0)
        {
            return;
        }

        foreach (var (task, held) in given)
        {
            incarnation.Held.Remove(task);
            dispatcher.Free(null, held.Lane);
            metrics.Lost(held.Lane.Type);
        }

        LogHandedOver(logger, given.Count, string.Join(", ", due), incarnation.Ref.Worker);
        Return(incarnation.Ref, [.. given.Select(h => new AttemptRef(h.Key, h.Value.Attempt))], ReturnReason.WorkerLost);
    }

    private void CheckLeases(DateTimeOffset now)
    {
        List<Incarnation>? renew = null;
        List<Incarnation>? expired = null;
        foreach (var incarnation in incarnations.Values)
        {
            if (incarnation.Releasing)
            {
                continue;
            }

            HandOverEarly(incarnation);
            var behind = incarnation.LeaseUntil - incarnation.StoredUntil;
            if (behind > RenewalSlack || (behind > TimeSpan.Zero && incarnation.Session is null))
            {
                (renew ??= []).Add(incarnation);
            }
            else if (
                incarnation.Session is null
                && now > incarnation.LeaseUntil
                && time.GetElapsedTime(incarnation.HeardAt) > options.TaskReassignAfter
            )
            {
                (expired ??= []).Add(incarnation);
            }
        }

        if (renew is not null)
        {
            // When it fails, the next tick finds them behind again.
            var before = renew.Select(i => (Incarnation: i, i.StoredUntil)).ToList();
            post(
                new LeaseOperation([.. renew.Select(LeaseOf)])
                {
                    Settled = Then<LeaseOperation>(
                        (_, failure) =>
                        {
                            if (failure is not null)
                            {
                                before.ForEach(b => b.Incarnation.StoredUntil = b.StoredUntil);
                            }
                        }
                    ),
                }
            );
        }

        foreach (var incarnation in expired ?? [])
        {
            LogExpired(logger, incarnation.Ref.Worker, incarnation.Held.Count);
            Release(incarnation, ReturnReason.WorkerLost, "its lease ended", onlyIfExpired: true);
        }
    }

    private Lease LeaseOf(Incarnation incarnation)
    {
        incarnation.StoredUntil = incarnation.LeaseUntil;
        return new Lease
        {
            Worker = incarnation.Ref,
            Manager = options.ManagerId,
            Identity = incarnation.Identity,
            Until = incarnation.StoredUntil.ToUnixTimeMilliseconds(),
            Length = (long)options.TaskReassignAfter.TotalMilliseconds,
        };
    }

    [LoggerMessage(32, LogLevel.Error, "Worker {worker} died: {cause}; its {held} tasks go to others")]
    private static partial void LogDied(ILogger logger, string worker, string cause, int held);

    [LoggerMessage(33, LogLevel.Information, "{count} tasks of worker {worker} went back to the queue: {why}")]
    private static partial void LogReleased(ILogger logger, int count, string worker, string why);

    [LoggerMessage(
        39,
        LogLevel.Warning,
        "{count} tasks of {types}, which need not wait for the end of a lease, go from worker {worker} to others: it is UNREACHABLE"
    )]
    private static partial void LogHandedOver(ILogger logger, int count, string types, string worker);

    [LoggerMessage(34, LogLevel.Warning, "The lease of worker {worker} ended while it was UNREACHABLE; its {held} tasks go to others")]
    private static partial void LogExpired(ILogger logger, string worker, int held);
}
