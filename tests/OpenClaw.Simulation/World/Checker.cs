using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Core;
using OpenClaw.Simulation.Cluster;
using OpenClaw.Store;

namespace OpenClaw.Simulation.World;

/// <summary>
/// The promises, looked at from outside: it knows what really runs, what was really committed and what clients were told, and
/// believes neither the cores nor the store.
/// </summary>
internal sealed class Checker(SimWorld world)
{
    private readonly Dictionary<long, (int Worker, long Incarnation, int Attempt)> running = [];
    private readonly Dictionary<long, int> attempts = [];
    private readonly Dictionary<long, TaskState> ended = [];
    private readonly HashSet<(long, int)> recorded = [];
    private readonly Dictionary<long, long> assignedAt = [];

    // Cancelled while it ran, or out of reach: the next attempt, after a retry by hand, may begin before the cancelled one is over.
    private readonly HashSet<long> mayOverlap = [];
    private readonly Dictionary<string, long> numbers = new(StringComparer.Ordinal);

    public long Outcomes { get; private set; }
    public long Handovers { get; private set; }
    public int MostAttempts { get; private set; }

    public void Fail(string rule) =>
        throw new SimulationException(
            $"{rule} (after {world.Now / (double)SimWorld.Hour:0.00} h of the cluster's time, seed {world.Options.Seed})"
                + $"\nAgain with: {world.Options.Command}\nThe last events:\n  {string.Join("\n  ", world.Trace.Lines())}",
            world.Now / (double)SimWorld.Hour
        );

    /// <summary>A process has begun to run an attempt.</summary>
    public void Began(long task, int attempt, int worker, long incarnation)
    {
        if (running.TryGetValue(task, out var other) && !mayOverlap.Contains(task))
        {
            Fail(
                $"{new TaskId(task)} runs twice: attempt {attempt} begins at w{worker} while attempt {other.Attempt} runs at w{other.Worker}"
            );
        }

        running[task] = (worker, incarnation, attempt);
        world.Note(Saw.Began, task, attempt, worker);
    }

    /// <summary>The attempt, or the process that ran it, is over.</summary>
    public void Over(long task, int attempt, int worker, long incarnation)
    {
        if (running.TryGetValue(task, out var other) && other == (worker, incarnation, attempt))
        {
            running.Remove(task);
        }

        world.Note(Saw.Ended, task, attempt, worker);
    }

    /// <summary>The store has committed.</summary>
    public void Committed(StoreOperation operation)
    {
        switch (operation)
        {
            case SubmitOperation { Refused: null } submit:
                for (var i = 0; i < submit.Tasks.Count; i++)
                {
                    numbers[submit.Tasks[i].Key!] = submit.Numbers[i];
                    if (submit.Assigned[i])
                    {
                        Assigned(submit.Numbers[i], 1, submit.Credits![i]!.Value);
                    }
                }

                break;
            case ClaimOperation claim:
                foreach (var task in claim.Claimed)
                {
                    Assigned(task.Number, task.Attempt, claim.Worker);
                }

                break;
            case OutcomeOperation outcome:
                Recorded(outcome);
                break;
            case ReturnOperation back:
                Returned(back.Returned);
                break;
            case ReleaseOperation release:
                Handovers += release.Returned.Count;
                Returned(release.Returned);
                break;
            case CancelOperation { Refused: null, Before: { } before }:
                if (Transitions.IsHeld(before.State))
                {
                    mayOverlap.Add(before.Number);
                }

                ended[before.Number] = TaskState.Cancelled;
                world.Note(Saw.Cancelled, before.Number);
                break;
            case RetryOperation { Refused: null } retry:
                ended.Remove(retry.Task);
                world.Note(Saw.Retried, retry.Task);
                break;
            default:
                break;
        }
    }

    private void Assigned(long task, int attempt, WorkerRef worker)
    {
        if (attempts.GetValueOrDefault(task) >= attempt)
        {
            Fail($"{new TaskId(task)}: attempt {attempt} is assigned after attempt {attempts[task]}");
        }

        attempts[task] = attempt;
        assignedAt[task] = world.Now;
        MostAttempts = Math.Max(MostAttempts, attempt);
        world.Note(Saw.Assigned, task, attempt, WorkerMachine.NumberOf(worker.Worker));
    }

    private void Recorded(OutcomeOperation operation)
    {
        for (var i = 0; i < operation.Outcomes.Count; i++)
        {
            if (operation.Verdicts[i] != OutcomeVerdict.Recorded)
            {
                continue;
            }

            var attempt = operation.Outcomes[i].Attempt;
            var id = new TaskId(attempt.Task);
            Outcomes++;
            world.Note(Saw.Recorded, attempt.Task, attempt.Attempt, (long)operation.States[i]);
            if (ended.TryGetValue(attempt.Task, out var before))
            {
                Fail($"{id} has a second outcome: it was {Transitions.Name(before)} and attempt {attempt.Attempt} was recorded");
            }

            if (!recorded.Add((attempt.Task, attempt.Attempt)))
            {
                Fail($"{id}: the outcome of attempt {attempt.Attempt} was recorded twice");
            }

            if (attempts.GetValueOrDefault(attempt.Task) != attempt.Attempt)
            {
                Fail($"{id}: the outcome of attempt {attempt.Attempt} was recorded, attempt {attempts[attempt.Task]} is the current one");
            }

            if (Transitions.HasEnded(operation.States[i]))
            {
                ended[attempt.Task] = operation.States[i];
            }
        }
    }

    private void Returned(List<ReturnedTask> returned)
    {
        foreach (var task in returned)
        {
            world.Note(Saw.Returned, task.Number, 0, (long)task.State);
            if (ended.TryGetValue(task.Number, out var state))
            {
                Fail($"{new TaskId(task.Number)} was {Transitions.Name(state)} and went back to the queue");
            }

            if (Transitions.HasEnded(task.State))
            {
                ended[task.Number] = task.State;
            }
        }
    }

    /// <summary>What clients were told is stored has to be there.</summary>
    public void NothingIsLost()
    {
        foreach (var key in world.Clients.Acknowledged)
        {
            if (!numbers.TryGetValue(key, out var number) || world.Store.Find(number) is null)
            {
                Fail($"The task with the key {key} was acknowledged and is not in the store");
            }
        }
    }

    /// <summary>
    /// What the store has assigned to a worker that has been connected for a while, that worker knows of: else nobody would ever end it.
    /// </summary>
    public void WorkersKnowWhatTheyHold()
    {
        const long Settled = 2 * SimWorld.Minute;
        if (world.Now < world.ManagerMachine.StoreRefusesUntil + Settled)
        {
            // What workers gave back waits until the store takes it.
            return;
        }

        foreach (var worker in world.Workers)
        {
            if (
                worker.Process is not { } process
                || process.ConnectedFor < Settled
                || worker.CutTowards
                || worker.CutFrom
                || worker.SlowBy > 0
            )
            {
                continue;
            }

            HashSet<(long, int)>? known = null;
            foreach (var (attempt, _) in world.Store.HeldBy(new WorkerRef(worker.Id, process.Incarnation)))
            {
                known ??= process.Known();
                if (world.Now - assignedAt[attempt.Task] > Settled && !known.Contains((attempt.Task, attempt.Attempt)))
                {
                    Fail($"{new TaskId(attempt.Task)} attempt {attempt.Attempt} is assigned to {worker.Id}, which knows nothing of it");
                }
            }
        }
    }

    /// <summary>Acknowledged tasks that have not ended.</summary>
    public IEnumerable<Store.Row> NotEnded() => world.Store.Rows.Where(r => !Transitions.HasEnded(r.State));

    /// <summary>A worker that the manager cannot have heard of for three heartbeats and a tick has to be shown as out of reach.</summary>
    public void SilentWorkersAreShown(ManagerCore core, long since)
    {
        var silent = world.Now - (3 * WorkerMachine.Heartbeat) - (2 * SimWorld.Second);
        foreach (var worker in world.Workers)
        {
            if (worker.HeardAt >= silent || since >= silent || worker.HeardAt == worker.SilenceSeenAt)
            {
                continue;
            }

            var shown = core.Status().Workers.FirstOrDefault(w => w.Id == worker.Id);
            if (shown is not null && shown.State is not ("UNREACHABLE" or "stopped"))
            {
                Fail($"{worker.Id} is shown as {shown.State} and was last heard {(world.Now - worker.HeardAt) / 1e6:0.0} s ago");
            }

            // Shown: not asked again before it is heard again.
            worker.SilenceSeenAt = worker.HeardAt;
        }
    }
}
