using System.Text;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// Workers that go: connections that end and why, those that end too often, and goodbyes.
internal sealed partial class ManagerCore
{
    // Ends a session from here: its end, when it is noticed, is then no news.
    private void Disconnect(Incarnation incarnation, Failure reason)
    {
        CloseSeat(incarnation);
        var session = incarnation.Session;
        incarnation.Session = null;
        EndRestartQuestions(incarnation);
        session?.Close(reason);
    }

    // Only of a connection that worked, and not one that was ended from here for a reason of the manager's own: the worker is well.
    private void CountDrop(Incarnation incarnation, Failure? reason)
    {
        var isOurs = reason?.Entry == Catalogue.StoreFull || reason?.Entry == Catalogue.LeaseLost;
        if (incarnation.State != WorkerState.Registering && !isOurs)
        {
            incarnation.Drops.Enqueue(time.GetUtcNow());
        }
    }

    // A worker whose connection breaks again and again would draw tasks only to hold them up (docs/operations.md).
    private bool IsFlapping(Incarnation incarnation)
    {
        var since = time.GetUtcNow() - options.FlapWindow;
        while (incarnation.Drops.TryPeek(out var drop) && drop < since)
        {
            incarnation.Drops.Dequeue();
        }

        return incarnation.Drops.Count > options.FlapDrops;
    }

    private void EndHoldBack(DateTimeOffset now)
    {
        foreach (var worker in workers.Values)
        {
            if (worker.State == WorkerState.Flapping && now >= worker.HeldBackUntil && worker.Session is not null)
            {
                worker.State = WorkerState.Healthy;
                worker.Problem = null;
                worker.Drops.Clear();
                OpenSeat(worker, worker.Info!);
            }
        }
    }

    /// <summary>The worker stops.</summary>
    /// <param name="from">Which.</param>
    /// <param name="cause">Why, when nobody told it to: then it is missed, not stopped.</param>
    public void OnDraining(Incarnation from, string cause = "")
    {
        from.StopsFor = cause.Length > 0 ? cause : null;
        from.State = WorkerState.Draining;
        from.IsStopping = true;
        if (from.Seat is { } seat)
        {
            seat.Draining = true;
        }

        LogDraining(logger, from.Ref.Worker, from.Held.Count);
    }

    /// <summary>
    /// The worker's connection ended. That is no proof of death: what it holds stays with it. Only a worker that said good-bye (it
    /// was draining and ended its stream in good order, after it had stopped whatever ran) gives everything back at once.
    /// </summary>
    public void OnClosed(Incarnation from, IWorkerSession session, Failure? reason)
    {
        if (from.Session != session)
        {
            return;
        }

        CloseSeat(from);
        from.Session = null;
        EndRestartQuestions(from);
        WorkersChanged.Tell();
        if (Stopping)
        {
            return;
        }

        if (from.Releasing)
        {
            // What it holds goes to others already. It may have come back in the meantime, and has gone again.
            if (from.State != WorkerState.Stopped)
            {
                from.State = WorkerState.Unreachable;
                from.Problem ??= ProblemOf(CauseOf(from, reason));
            }

            return;
        }

        if (from.IsStopping && (reason is null || from.Held.Count == 0))
        {
            from.LastHeard = time.GetUtcNow();
            if (from.StopsFor is { } cause)
            {
                from.State = WorkerState.Unreachable;
                from.Problem = $"{Catalogue.WorkerUnreachable.Code}: {cause}";
                LogStoppedUnasked(logger, from.Ref.Worker, cause);
            }
            else
            {
                from.State = WorkerState.Stopped;
                AwaitReturn(from);
                LogStopped(logger, from.Ref.Worker);
            }

            Release(from, ReturnReason.HandedBack, "it stopped");
            return;
        }

        CountDrop(from, reason);
        from.State = WorkerState.Unreachable;
        var failure = CauseOf(from, reason);
        from.Problem = ProblemOf(failure);
        LogUnreachable(logger, from.Ref.Worker, from.LastPeer ?? "?", failure.ToString(), from.Held.Count);
    }

    private static string ProblemOf(Failure cause) => $"{Catalogue.WorkerUnreachable.Code}: {cause.Message}";

    // The server's own pings find a silent connection a little before the heartbeats do, and end it as if the worker had: what counts for
    // people is that nothing was heard.
    private Failure CauseOf(Incarnation worker, Failure? reason)
    {
        if (reason is not null && reason.Entry != Catalogue.CallCancelled)
        {
            return reason;
        }

        var silent = time.GetElapsedTime(worker.HeardAt);
        return silent > HeartbeatOf(worker.Info!) * 1.5
            ? new Failure(Catalogue.HeartbeatFailure, $"nothing heard for {Spoken(silent)} seconds")
            : new Failure(Catalogue.ConnectionLost, "its connection closed: the process ended, or something between cut it");
    }

    private void CloseSeat(Incarnation incarnation)
    {
        if (incarnation.Seat is { } seat)
        {
            dispatcher.CloseSeat(seat);
            incarnation.Seat = null;
        }
    }

    [LoggerMessage(31, LogLevel.Error, "Worker {worker} is UNREACHABLE at {peer}: {reason}; its {held} tasks are kept for it")]
    private static partial void LogUnreachable(ILogger logger, string worker, string peer, string reason, int held);

    [LoggerMessage(35, LogLevel.Information, "Worker {worker} is draining; it still holds {held} tasks")]
    private static partial void LogDraining(ILogger logger, string worker, int held);

    [LoggerMessage(36, LogLevel.Information, "Worker {worker} stopped")]
    private static partial void LogStopped(ILogger logger, string worker);

    [LoggerMessage(55, LogLevel.Error, "Worker {worker} stopped, and nobody told it to: {cause}")]
    private static partial void LogStoppedUnasked(ILogger logger, string worker, string cause);
}
