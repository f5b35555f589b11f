using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// What operators order of workers: no more work, work again, a restart.
internal sealed partial class ManagerCore
{
    /// <summary>Workers that get no work because somebody said so, by name. As the store has them; it outlasts both sides' restarts.</summary>
    private readonly Dictionary<string, Drain> drains = new(StringComparer.Ordinal);

    /// <summary>
    /// Keeps work from workers, or gives it to them again. What they run they finish; what they hold and have not begun goes to others.
    /// Nothing is done when one of the names is not known.
    /// </summary>
    public Result<DrainOperation> Drain(IReadOnlyCollection<string> names, bool drained, string reason, string by)
    {
        if (names.Select(UnknownWorker).FirstOrDefault(f => f is not null) is { } unknown)
        {
            return unknown;
        }

        var since = time.GetUtcNow().ToUnixTimeMilliseconds();
        var fresh = names
            .Distinct(StringComparer.Ordinal)
            .Where(n => drained)
            .Select(n => new Drain
            {
                Worker = n,
                // Said again, it is still drained since then; a new reason replaces the old one.
                Since = drains.TryGetValue(n, out var before) ? before.Since : since,
                By = by,
                Reason = reason,
            });
        var operation = new DrainOperation([.. fresh], drained ? [] : [.. names]) { Settled = Then<DrainOperation>(OnDrainsStored) };
        foreach (var drain in operation.Drained)
        {
            // Closed before it is stored: a claim that is planned behind this would be settled behind it too, and its tasks begin on a
            // worker of which it has been said that it holds nothing more.
            CollectionsMarshal.GetValueRefOrAddDefault(drainsUnderWay, drain.Worker, out _)++;
            SetOpen(drain.Worker);
        }

        return Posted(operation);
    }

    /// <summary>How many drains of a worker the store has not settled yet.</summary>
    private readonly Dictionary<string, int> drainsUnderWay = new(StringComparer.Ordinal);

    private void SetOpen(string name)
    {
        if (workers.TryGetValue(name, out var worker) && worker.Seat is { } seat)
        {
            seat.Draining = TakesNothing(worker);
        }
    }

    private bool TakesNothing(Incarnation worker) =>
        worker.IsStopping || IsDrained(worker) || drainsUnderWay.ContainsKey(worker.Ref.Worker);

    private void OnDrainsStored(DrainOperation operation, Failure? failure)
    {
        foreach (var drain in operation.Drained)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(drainsUnderWay, drain.Worker) == 0)
            {
                drainsUnderWay.Remove(drain.Worker);
            }

            if (failure is not null)
            {
                SetOpen(drain.Worker);
            }
        }

        if (failure is not null)
        {
            return;
        }

        foreach (var drain in operation.Drained)
        {
            drains[drain.Worker] = drain;
            LogDrained(logger, drain.Worker, drain.By, drain.Reason.Length > 0 ? $": {drain.Reason}" : "");
            if (workers.TryGetValue(drain.Worker, out var worker))
            {
                TakeOut(worker);
            }
        }

        foreach (var name in operation.Undrained)
        {
            if (drains.Remove(name))
            {
                LogUndrained(logger, name);
                if (workers.TryGetValue(name, out var worker))
                {
                    TakeIn(worker);
                }
            }
        }
    }

    private void TakeOut(Incarnation worker)
    {
        if (worker.Seat is { } seat)
        {
            seat.Draining = true;
            RecallAll(worker);
        }

        if (worker.State is WorkerState.Healthy or WorkerState.Flapping)
        {
            worker.State = WorkerState.Draining;
        }
    }

    private void TakeIn(Incarnation worker)
    {
        if (worker is not { State: WorkerState.Draining, IsStopping: false, Session: not null, Info: { } info })
        {
            return;
        }

        if (worker.Seat is { } seat)
        {
            // The same seat: a claim that is under way for it finds it again.
            seat.Draining = TakesNothing(worker);
            worker.State = WorkerState.Healthy;
        }
        else if (time.GetUtcNow() < worker.HeldBackUntil)
        {
            // The hold that it had earned still counts.
            worker.State = WorkerState.Flapping;
        }
        else
        {
            worker.State = WorkerState.Healthy;
            worker.Problem = null;
            OpenSeat(worker, info);
        }
    }

    /// <summary>Settings changed while it runs. Only those that may are taken from <paramref name="next"/>.</summary>
    public void Reconfigure(ManagerOptions next)
    {
        if (next.Retention != options.Retention)
        {
            nextPrune = default;
        }

        options = options with
        {
            QueueCapacity = next.QueueCapacity,
            Retention = next.Retention,
            MaxWorkers = next.MaxWorkers,
            FlapDrops = next.FlapDrops,
            FlapWindow = next.FlapWindow,
            FlapHold = next.FlapHold,
            MaxLosses = next.MaxLosses,
        };
    }

    /// <summary>Tells all connected workers to read their configuration again. Their names.</summary>
    public IReadOnlyList<string> TellToReload()
    {
        var told = new List<string>();
        foreach (var worker in workers.Values.OrderBy(w => w.Ref.Worker, StringComparer.Ordinal))
        {
            if (worker.Session is { } session)
            {
                session.Send(new ManagerMessage { Reload = new Reload() });
                told.Add(worker.Ref.Worker);
            }
        }

        return told;
    }

    /// <summary>The answer to a drain: the workers as they are now; names that are not here are left out.</summary>
    public DrainResponse Drained(IEnumerable<string> names)
    {
        var response = new DrainResponse();
        var sets = new TypeSets(response.TypeSets);
        response.Workers.AddRange(Here(names).Select(w => StatusOf(w, sets)));
        return response;
    }

    private IEnumerable<Incarnation> Here(IEnumerable<string> names) =>
        names.Distinct(StringComparer.Ordinal).Where(workers.ContainsKey).Order(StringComparer.Ordinal).Select(n => workers[n]);

    private Failure? UnknownWorker(string name)
    {
        if (workers.ContainsKey(name) || drains.ContainsKey(name))
        {
            return null;
        }

        var nearest = NearestName.Find(name, workers.Keys.Concat(drains.Keys));
        return new Failure(Catalogue.WorkerUnknown, $"There is no worker '{name}'{(nearest is null ? "" : $"; did you mean {nearest}?")}")
        {
            Data = nearest is null
                ? new Dictionary<string, string> { ["worker"] = name }
                : new Dictionary<string, string> { ["worker"] = name, ["nearest"] = nearest },
        };
    }

    private bool IsDrained(Incarnation worker) => drains.ContainsKey(worker.Ref.Worker);

    [LoggerMessage(50, LogLevel.Information, "Worker {worker} is drained by {by}{reason}: it finishes what it runs and gets no more")]
    private static partial void LogDrained(ILogger logger, string worker, string by, string reason);

    [LoggerMessage(51, LogLevel.Information, "Worker {worker} gets work again")]
    private static partial void LogUndrained(ILogger logger, string worker);
}
