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
        EndPauses(now);
        RunRetries(now);
        Promote(now);
        CheckHeartbeats(now);
        CheckLeases(now);
        EndHoldBack(now);
        CheckRestarts(now);
        RecallStuck(now);
        Prune(now);
    }

    /// <summary>When a worker that stays silent is found to be out of reach, if that is before the next full second.</summary>
    private DateTimeOffset? nextSilence;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Workers that were found silent since the start: who shows their states looks anew when it has changed.</summary>
    public long Silences { get; private set; }

    private void CheckHeartbeats(DateTimeOffset now)
    {
        nextSilence = null;
        foreach (var worker in workers.Values)
        {
            if (worker.Session is not { } session || worker.Info is not { } info)
            {
                continue;
            }

            // Late by three intervals by both clocks: a wall clock that leaps is no silence.
            var patience = HeartbeatOf(info) * 3;
            var silent = now - worker.LastHeard;
            var steady = time.GetElapsedTime(worker.HeardAt);
            var left = patience - (silent < steady ? silent : steady);
            if (left <= TimeSpan.Zero)
            {
                var silence = new Failure(Catalogue.HeartbeatFailure, $"nothing heard for {Spoken(silent)} seconds");
                Silences++;
                session.Close(silence);
                OnClosed(worker, session, silence);
            }
            else if (left < Second && (nextSilence is null || now + left < nextSilence))
            {
                nextSilence = now + left;
            }
        }

        ForgetGone(now);
    }

    private static string Spoken(TimeSpan span) =>
        span.TotalSeconds.ToString(span.TotalSeconds < 10 ? "0.#" : "0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A worker is gone for good and shown no longer. On the loop; must be quick.</summary>
    public event Action<string>? Forgotten;

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

        gone?.ForEach(id =>
        {
            workers.Remove(id);
            tallies.Remove(id);
            Forgotten?.Invoke(id);
        });
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

            RecallAll(worker);
            seat.LastFreed = now;
        }
    }

    // It gives back those that it has not started; the others it leaves alone.
    private static void RecallAll(Incarnation worker)
    {
        if (worker.Held.Count > 0)
        {
            var recall = new Recall();
            recall.Attempts.AddRange(worker.Held.Select(h => new Attempt { Task = h.Key, Attempt_ = h.Value.Attempt }));
            worker.Session?.Send(new ManagerMessage { Recall = recall });
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
