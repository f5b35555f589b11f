using Microsoft.Extensions.Logging;
using OpenClaw.Core.Settings;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Worker.Core;

// What happens to attempts when the manager is out of reach (docs/tasks.md): each type by its own rule, or by the worker's.
internal sealed partial class WorkerCore
{
    // A worker that cannot renew its lease stops itself before the manager may hand its tasks on.
    private void CheckLease(DateTimeOffset now)
    {
        if (leaseStop is not { } span || leaseCountsFrom is not { } from || attempts.Count == 0)
        {
            return;
        }

        // By either clock: one that is set back must not lengthen the lease, and one that stands still while the machine sleeps neither.
        var byWall = now - from;
        var bySteady = leaseAgeThen + time.GetElapsedTime(leaseLearnedAt);
        var silent = byWall > bySteady ? byWall : bySteady;
        if (silent >= span && !options.ContinueOnLinkLoss && !leaseStopped)
        {
            leaseStopped = true;
            LogLeaseStop(logger, silent.TotalSeconds, attempts.Count);
        }

        if (leaseStopped || attempts.Values.Any(a => a.Handler.Manifest.HasLinkRule || told.GetValueOrDefault(a.Handler.Type) > 0))
        {
            bool Ends(Attempt attempt) => !GoesOn(attempt.Handler) && silent >= StopAfter(attempt.Handler, span);
            StopThose(Ends);
            KillInTime(Ends, silent);
        }
    }

    private bool GoesOn(TaskHandler handler) =>
        handler.Manifest.OnLinkLoss is { } own ? own == OnLinkLoss.Continue : options.ContinueOnLinkLoss;

    // Never later than the manager may hand it on.
    private TimeSpan StopAfter(TaskHandler handler, TimeSpan ofWorker)
    {
        var wanted = handler.Manifest.LeaseStop is { } own && own < ofWorker ? own : ofWorker;
        var latest = GoneAfter(handler);
        return wanted < latest ? wanted : latest;
    }

    // What the manager is told is never shorter than it takes to stop them here: their own time, the grace of a kill, and a tenth.
    private TimeSpan ReassignAfter(TaskHandler handler)
    {
        if (handler.Manifest.ReassignAfter is not { } wanted)
        {
            return TimeSpan.Zero;
        }

        var least = GoesOn(handler) ? TimeSpan.Zero : ((handler.Manifest.LeaseStop ?? wanted) + options.KillGrace) * Margin;
        return wanted > least ? wanted : least;
    }

    private void StopEverything() => StopThose(static _ => true);

    private void StopThose(Func<Attempt, bool> which)
    {
        var back = new HandBack();
        for (var node = waiting.First; node is not null; )
        {
            var next = node.Next;
            if (which(node.Value))
            {
                back.Attempts.Add(Name(node.Value));
                Forget(node.Value);
                waiting.Remove(node);
            }

            node = next;
        }

        foreach (var slot in slots)
        {
            if (!slot.InRunner.TryPeek(out var head) || !which(head))
            {
                // Behind one that goes on stands nothing of another rule (MayQueueBehind).
                continue;
            }

            // Those behind the one that runs go back with it: the runner ends.
            foreach (var behind in slot.InRunner.Skip(1).Where(a => a.Stage == AttemptStage.InRunner && which(a)))
            {
                back.Attempts.Add(Name(behind));
                Forget(behind);
            }

            End(slot, EndCause.HandBack);
        }

        if (back.Attempts.Count > 0)
        {
            session?.Send(new WorkerMessage { HandBack = back });
        }
    }

    [LoggerMessage(
        40,
        LogLevel.Error,
        "clw-heartbeat-lost: no acknowledged heartbeat for {seconds:0} seconds; the worker stops its {count} attempts before others may run them"
    )]
    private static partial void LogLeaseStop(ILogger logger, double seconds, int count);
}
