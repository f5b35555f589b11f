using System.Text;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// Workers that come: registration, sessions and heartbeats.
internal sealed partial class ManagerCore
{
    /// <summary>
    /// A worker asks to be registered. Null: it is being registered, <see cref="IWorkerSession.Send"/> will carry Registered once the
    /// lease is stored and everything that was on its way to an earlier session has settled. Otherwise: why not.
    /// </summary>
    public Failure? Register(IWorkerSession session, Register info, out Incarnation? registered)
    {
        registered = null;
        if (Stopping)
        {
            return new Failure(Catalogue.ManagerStopping, "The manager is stopping and registers no workers");
        }

        if (ProblemOf(info) is { } problem)
        {
            return new Failure(Catalogue.RegistrationFailed, $"Registration rejected: {problem}");
        }

        if (Crowded() is { } crowded)
        {
            return crowded;
        }

        var reference = new WorkerRef(info.Worker, info.Incarnation);
        workers.TryGetValue(info.Worker, out var known);
        if (known is not null && RefusalOf(known, info) is { } refusal)
        {
            LogRefused(logger, info.Worker, session.Peer, refusal.Message);
            return refusal;
        }

        // One that has stopped, or was lost, has given its place up, though its name is still shown.
        var hasPlace = known is not null && incarnations.ContainsKey(known.Ref);
        if (!hasPlace && workers.Values.Count(w => incarnations.ContainsKey(w.Ref)) >= options.MaxWorkers)
        {
            return new Failure(
                Catalogue.RegistrationFailed,
                $"Registration rejected: the cluster is at its capacity of {options.MaxWorkers} workers (manager.max_workers)"
            );
        }

        if (!incarnations.TryGetValue(reference, out var incarnation))
        {
            incarnation = new Incarnation(reference);
            incarnations[reference] = incarnation;
        }
        else if (incarnation.Info is not null)
        {
            metrics.Reconnected(info.Worker);
        }

        if (incarnation.Session is { } before)
        {
            // Its old connection broke, whether its end is noticed here or not.
            CountDrop(incarnation, reason: null);
            CloseSeat(incarnation);
            before.Close(new Failure(Catalogue.ConnectionLost, "The same incarnation opened a new session"));
        }

        // A new incarnation of the same worker proves that the earlier ones are dead: one state directory, one lock, one process.
        foreach (var earlier in incarnations.Values.Where(i => i.Ref.Worker == info.Worker && i != incarnation).ToList())
        {
            if (earlier.Releasing)
            {
                earlier.GoneFor ??= "a new incarnation registered";
                continue;
            }

            Disconnect(earlier, new Failure(Catalogue.ConnectionLost, "A new incarnation of the worker registered"));
            Release(earlier, ReturnReason.WorkerLost, "a new incarnation registered");
        }

        var tally = TallyOf(info.Worker);
        if (known is not null && known != incarnation)
        {
            tally.Restarts++;
            tally.Heartbeat = null;
        }

        var now = time.GetUtcNow();
        workers[info.Worker] = incarnation;
        incarnation.Info = info;
        incarnation.Identity = info.Identity;
        incarnation.Session = session;
        incarnation.State = WorkerState.Registering;
        incarnation.IsStopping = false;
        incarnation.IsToldToRestart = false;
        incarnation.LastHeard = now;
        incarnation.HeardAt = time.GetTimestamp();
        incarnation.ConnectedAt = now;
        incarnation.LastPeer = session.Peer;
        incarnation.Problem = null;
        registered = incarnation;
        PostRegistration(incarnation, session);
        return null;
    }

    // Whoever can connect may say anything; what it says ends up in lines, labels and rows.
    private static string? ProblemOf(Register info) =>
        info.Worker.Length == 0 || info.Incarnation <= 0 || info.Slots <= 0 ? "worker id, incarnation and slots are required"
        : Encoding.UTF8.GetByteCount(info.Worker) > TaskLimits.MaxNameBytes || info.Worker.Any(char.IsControl)
            ? $"a worker id has at most {TaskLimits.MaxNameBytes} bytes and no control characters"
        : info.Slots > MostSlots || info.Prefetch is < 0 or > MostPrefetch
            ? $"slots may be 1 to {MostSlots} and prefetch 0 to {MostPrefetch}"
        : info.HeartbeatIntervalMs is < 1 or > MostHeartbeatMs ? $"the interval of heartbeats may be 1 to {MostHeartbeatMs} ms"
        : ProblemOf(info.Types_) is { } types ? types
        : info.Identity.Length > MostIdentityChars || info.Identity.Any(char.IsControl)
            ? $"a worker's mark has at most {MostIdentityChars} characters and no control characters"
        : null;

    private static string? ProblemOf(IReadOnlyList<TaskType> types) =>
        types.Count > TaskLimits.MaxTypes ? $"a worker serves at most {TaskLimits.MaxTypes} types"
        : types.Any(t => Encoding.UTF8.GetByteCount(t.Name) > TaskLimits.MaxNameBytes)
            ? $"the name of a type has at most {TaskLimits.MaxNameBytes} bytes"
        : types.Any(t => t.ReassignAfterMs < 0 || t.ReassignAfterMs > TaskLimits.MaxSpan.TotalMilliseconds)
            ? $"attempts of a type go to others after 0 to {TaskLimits.MaxSpan.TotalMilliseconds:0} ms"
        : null;

    private const int MostSlots = 65_536;
    private const int MostPrefetch = 1 << 20;
    private const int MostIdentityChars = 128;
    private const int LeastHeartbeatMs = 100;
    private const int MostHeartbeatMs = 3_600_000;

    // Once more within limits, whatever was let in: a span that overflows would end the loop, and the manager with it.
    private static TimeSpan HeartbeatOf(Register info) =>
        TimeSpan.FromMilliseconds(Math.Clamp(info.HeartbeatIntervalMs, LeastHeartbeatMs, MostHeartbeatMs));

    // A restart of the same worker takes its id over, another worker is refused.
    private Failure? RefusalOf(Incarnation known, Register info)
    {
        // A lease of a version that kept no mark tells nothing of whose it is: whoever comes first is taken for its worker.
        var unmarked = known.Info is null && known.Identity.Length == 0;
        var sameProcess = known.Ref.Incarnation == info.Incarnation && (unmarked || known.Identity == info.Identity);
        var sameWorker = unmarked || (info.Identity.Length > 0 && known.Identity == info.Identity);
        if (sameProcess || (sameWorker && info.Incarnation > known.Ref.Incarnation))
        {
            return null;
        }

        if (sameWorker)
        {
            return new Failure(
                Catalogue.RegistrationFailed,
                $"Registration rejected: a later incarnation of worker '{info.Worker}' has registered; this one must end"
            );
        }

        // Not seen since this manager started: it may be on its way back, and would find its name taken.
        var mayComeBack = known.Info is null && !known.Releasing && incarnations.ContainsKey(known.Ref);
        return known.IsConnected || known.State == WorkerState.Registering || (mayComeBack && known.Held.Count == 0)
                ? new Failure(
                    Catalogue.RegistrationFailed,
                    $"Registration rejected: worker ID '{info.Worker}' already exists in cluster",
                    "Give this worker an id of its own (cluster.worker_id), or wait until the other's lease ends"
                )
            : known.Held.Count == 0 || known.State == WorkerState.Stopped ? null
            : new Failure(
                Catalogue.RegistrationFailed,
                $"Registration rejected: worker ID '{info.Worker}' belongs to an unreachable worker that still holds {known.Held.Count} tasks",
                "Give this worker an id of its own, or wait until the other's lease ends"
            );
    }

    // The lease goes through the writer behind everything that was posted for this worker before. When it settles, Held is exactly
    // what the store has assigned to the incarnation.
    private void PostRegistration(Incarnation incarnation, IWorkerSession session) =>
        InOrder(() =>
        {
            incarnation.LeaseUntil = time.GetUtcNow() + options.TaskReassignAfter;
            post(
                new LeaseOperation([LeaseOf(incarnation)])
                {
                    Settled = Then<LeaseOperation>((_, failure) => OnRegistered(incarnation, session, failure)),
                }
            );
        });

    private void OnRegistered(Incarnation incarnation, IWorkerSession session, Failure? failure)
    {
        if (incarnation.Session != session)
        {
            return;
        }

        if (failure is not null)
        {
            Again(failure, () => PostRegistration(incarnation, session));
            return;
        }

        var info = incarnation.Info!;
        var answer = new Registered
        {
            Cluster = options.ClusterName,
            Manager = options.ManagerId,
            Version = options.Version,
            LeaseMs = (long)options.TaskReassignAfter.TotalMilliseconds,
            LeaseStopMs = (long)options.LeaseStop.TotalMilliseconds,
        };

        var holding = new Dictionary<long, int>(info.Holding.Count);
        foreach (var attempt in info.Holding)
        {
            holding[attempt.Task] = attempt.Attempt_;
            if (!incarnation.Held.TryGetValue(attempt.Task, out var held) || held.Attempt != attempt.Attempt_)
            {
                answer.Superseded.Add(attempt);
            }
        }

        // Assigned in the store, and never arrived: the connection broke before. Nobody is blamed.
        var missing = incarnation.Held.Where(h => !holding.TryGetValue(h.Key, out var attempt) || attempt != h.Value.Attempt).ToList();
        foreach (var (task, held) in missing)
        {
            incarnation.Held.Remove(task);
            dispatcher.Free(null, held.Lane);
        }

        if (missing.Count > 0)
        {
            Return(incarnation.Ref, [.. missing.Select(m => new AttemptRef(m.Key, m.Value.Attempt))]);
        }

        session.Send(new ManagerMessage { Registered = answer });
        if (IsFlapping(incarnation))
        {
            incarnation.HeldBackUntil = time.GetUtcNow() + options.FlapHold;
            incarnation.HeldBackFor = $"its connection broke {incarnation.Drops.Count} times within {options.FlapWindow.TotalSeconds:0} s";
            LogFlapping(logger, info.Worker, incarnation.Drops.Count, options.FlapWindow.TotalSeconds, options.FlapHold.TotalSeconds);
        }

        if (time.GetUtcNow() < incarnation.HeldBackUntil)
        {
            // Without a seat either way, until the hold is over: one that breaks off once more does not shorten it.
            incarnation.State = IsDrained(incarnation) ? WorkerState.Draining : WorkerState.Flapping;
            incarnation.Problem = incarnation.HeldBackFor;
        }
        else
        {
            incarnation.State = IsDrained(incarnation) ? WorkerState.Draining : WorkerState.Healthy;
            OpenSeat(incarnation, info);
        }

        if (incarnation.IsBack)
        {
            LogReconnected(logger, info.Worker, session.Peer, info.Slots, incarnation.Held.Count, missing.Count);
        }
        else
        {
            LogRegistered(logger, info.Worker, session.Peer, info.Slots, incarnation.Held.Count, missing.Count);
        }

        incarnation.IsBack = true;
        ForgetRefusals(info, session.Peer);
        WorkersChanged.Tell();
    }

    private void OpenSeat(Incarnation incarnation, Register info)
    {
        var seat = new WorkerSeat(incarnation.Ref, info.Slots, info.Prefetch)
        {
            Held = incarnation.Held.Count,
            LastFreed = time.GetUtcNow(),
            Draining = TakesNothing(incarnation),
        };
        foreach (var type in info.Types_)
        {
            seat.Types.Add(type.Name);
        }

        incarnation.Seat = seat;
        dispatcher.AddSeat(seat);
    }

    public void OnTypesChanged(Incarnation from, TypesChanged message)
    {
        if (ProblemOf(message.Types_) is { } problem)
        {
            from.Session?.Close(new Failure(Catalogue.Protocol, problem));
            return;
        }

        from.SetTypes(message.Types_);
        from.Info!.Refused.Clear();
        from.Info.Refused.AddRange(message.Refused);
        if (from.Seat is { } seat)
        {
            seat.Types.Clear();
            seat.Types.UnionWith(message.Types_.Select(t => t.Name));
        }
    }

    /// <summary>Which connected workers have a file for the type that they cannot take, and why: a line each, a few of them.</summary>
    public IReadOnlyList<string> RefusersOf(string type) =>
        [
            .. workers
                .Values.Where(w => w is { Session: not null, Info: not null })
                .OrderBy(w => w.Ref.Worker, StringComparer.Ordinal)
                .SelectMany(w =>
                    w.Info!.Refused.Where(r => r.Type == type)
                        .Take(1)
                        .Select(r => $"{w.Ref.Worker} refuses {Short(r.Problem)}")
                        .Concat(
                            IsDrained(w) && w.Info.Types_.Any(t => t.Name == type)
                                ? [$"{w.Ref.Worker} serves it and is drained: clw cluster undrain {w.Ref.Worker}"]
                                : []
                        )
                )
                .Take(MostRefusers),
        ];

    private const int MostRefusers = 5;
    private const int MostRefusalChars = 200;

    private static string Short(string text) => text.Length <= MostRefusalChars ? text : text[..MostRefusalChars];

    /// <summary>Any message is a sign of life: a busy stream is a live one.</summary>
    public void OnHeard(Incarnation from)
    {
        var now = time.GetUtcNow();
        from.LastHeard = now;
        from.HeardAt = time.GetTimestamp();
        from.LeaseUntil = now + options.TaskReassignAfter;
    }

    public void OnHeartbeat(Incarnation from, Heartbeat heartbeat)
    {
        from.OutboxEntries = heartbeat.Outbox;
        TallyOf(from.Ref.Worker).Heartbeat = heartbeat;
        from.Session?.Send(new ManagerMessage { HeartbeatAck = new HeartbeatAck { Sequence = heartbeat.Sequence } });
    }

    [LoggerMessage(
        30,
        LogLevel.Information,
        "Worker {worker} registered from {peer}: {slots} slots, goes on with {held} tasks, {missing} sent again"
    )]
    private static partial void LogRegistered(ILogger logger, string worker, string peer, int slots, int held, int missing);

    [LoggerMessage(
        40,
        LogLevel.Information,
        "Worker {worker} reconnected from {peer}: {slots} slots, goes on with {held} tasks, {missing} sent again"
    )]
    private static partial void LogReconnected(ILogger logger, string worker, string peer, int slots, int held, int missing);

    [LoggerMessage(
        38,
        LogLevel.Warning,
        "Worker {worker} is flapping: its connection broke {drops} times within {window:0} s; it gets no new tasks for {hold:0} s"
    )]
    private static partial void LogFlapping(ILogger logger, string worker, int drops, double window, double hold);

    [LoggerMessage(37, LogLevel.Warning, "clw-registration-failed: worker {worker} from {peer} was not registered: {reason}")]
    private static partial void LogRefused(ILogger logger, string worker, string peer, string reason);
}
