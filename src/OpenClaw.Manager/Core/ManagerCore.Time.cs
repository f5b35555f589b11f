using System.Text;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// What depends on time alone.
internal sealed partial class ManagerCore
{
    private static readonly TimeSpan StoppedShownFor = TimeSpan.FromMinutes(10);

    /// <summary>A worker whose lease ended, or that died, and did not come back.</summary>
    private static readonly TimeSpan LostShownFor = TimeSpan.FromHours(1);

    /// <summary>What depends on time alone: every second, and when <see cref="NextDue"/> says so.</summary>
    public void Tick()
    {
        var now = time.GetUtcNow();
        RunRetries(now);
        Promote(now);
        CheckHeartbeats(now);
        CheckLeases(now);
        EndHoldBack(now);
        RecallStuck(now);
        Prune(now);
    }

    /// <summary>How often <see cref="Tick"/> is called.</summary>
    internal static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private void CheckHeartbeats(DateTimeOffset now)
    {
        foreach (var worker in workers.Values)
        {
            if (worker.Session is not { } session || worker.Info is not { } info)
            {
                continue;
            }

            var interval = TimeSpan.FromMilliseconds(Math.Clamp(info.HeartbeatIntervalMs, 100, 600_000));
            // A look each second: without the second that may pass until the next one it would be shown after three intervals and not within.
            var late = (interval * 3) - (interval / 2 < LookInterval ? interval / 2 : LookInterval);
            if (now - worker.LastHeard > late && time.GetElapsedTime(worker.HeardAt) > late)
            {
                var silence = new Failure(
                    Catalogue.HeartbeatFailure,
                    $"nothing heard for {(now - worker.LastHeard).TotalSeconds:0} seconds"
                );
                session.Close(silence);
                OnClosed(worker, session, silence);
            }
        }

        ForgetGone(now);
    }

    // Workers come and go under new names every day; those that are gone for good neither count nor stay.
    private void ForgetGone(DateTimeOffset now)
    {
        List<string>? gone = null;
        foreach (var (id, worker) in workers)
        {
            var shownFor = worker.State == WorkerState.Stopped ? StoppedShownFor : LostShownFor;
            if (!incarnations.ContainsKey(worker.Ref) && now - worker.LastHeard > shownFor)
            {
                (gone ??= []).Add(id);
            }
        }

        gone?.ForEach(id => workers.Remove(id));
    }

    // Tasks were sent ahead to a worker whose slots turned out to be busy for long, while another has slots free: it gives back
    // those that it has not started.
    private void RecallStuck(DateTimeOffset now)
    {
        foreach (var worker in workers.Values)
        {
            if (worker.Seat is not { } seat || worker.Session is null)
            {
                continue;
            }

            if (seat.Held <= seat.Slots)
            {
                // Nothing waits there, so nothing is stuck: the second counts from when something does.
                seat.LastFreed = now;
                continue;
            }

            var elsewhere = dispatcher.Seats.Any(s => s != seat && s.IsOpen && s.Held < s.Slots && s.Types.Overlaps(seat.Types));
            var stuck = seat.LastFreed != default && now - seat.LastFreed > TimeSpan.FromSeconds(1);
            if (!elsewhere || !stuck)
            {
                continue;
            }

            var recall = new Recall();
            recall.Attempts.AddRange(worker.Held.Select(h => new Attempt { Task = h.Key, Attempt_ = h.Value.Attempt }));
            worker.Session.Send(new ManagerMessage { Recall = recall });
            seat.LastFreed = now;
        }
    }

    private DateTimeOffset nextPrune;

    private void Prune(DateTimeOffset now)
    {
        if (now < nextPrune || Stopping)
        {
            return;
        }

        nextPrune = now + TimeSpan.FromMinutes(1);
        post(
            new PruneOperation((now - options.Retention).ToUnixTimeMilliseconds(), 1000)
            {
                Settled = Then<PruneOperation>(
                    (op, failure) =>
                    {
                        if (failure is null)
                        {
                            OnPruned(op);
                        }
                    }
                ),
            }
        );
    }

    private void OnPruned(PruneOperation prune)
    {
        if (prune.Removed == prune.Most)
        {
            nextPrune = default;
        }

        foreach (var lane in prune.RemovedLanes)
        {
            dispatcher.Forget(lane);
        }

        // Who waits for one looks, and finds that it is gone.
        foreach (var task in prune.RemovedTasks)
        {
            Watchers.Changed(task, ended: true);
        }
    }
}
