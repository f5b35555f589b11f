using System.Diagnostics.Metrics;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// What an operator sees. One source for the CLI, the metrics and the dashboard.
internal sealed partial class ManagerCore
{
    public static string NameOf(WorkerState state) =>
        state switch
        {
            WorkerState.Registering => "registering",
            WorkerState.Healthy => "healthy",
            WorkerState.Unreachable => "UNREACHABLE",
            WorkerState.Draining => "draining",
            WorkerState.Flapping => "flapping",
            WorkerState.Stopped => "stopped",
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };

    /// <summary>The cluster without the store's counts, which the caller adds.</summary>
    public StatusResponse Status()
    {
        var response = OfManager();
        var sets = new TypeSets(response.TypeSets);
        foreach (var worker in workers.Values.OrderBy(w => w.Ref.Worker, StringComparer.Ordinal))
        {
            response.Workers.Add(StatusOf(worker, sets));
            if (worker.State == WorkerState.Flapping)
            {
                response.Problems.Add($"worker {worker.Ref.Worker} is flapping: {worker.Problem}");
            }

            if (worker.State == WorkerState.Unreachable)
            {
                response.Problems.Add($"worker {worker.Ref.Worker} is UNREACHABLE: {worker.Problem ?? "the connection closed"}");
            }
        }

        foreach (
            var lane in dispatcher.Waiting.Where(l => !dispatcher.IsServed(l.Key.Type)).GroupBy(l => l.Key.Type, StringComparer.Ordinal)
        )
        {
            var refusers = RefusersOf(lane.Key);
            response.Unserved.Add(
                new UnservedType
                {
                    Type = lane.Key,
                    Waiting = lane.Sum(l => l.Ready),
                    Refused = { refusers },
                }
            );
            response.Problems.Add($"no worker serves {lane.Key}: {Waiting(lane.Sum(l => l.Ready))} (clw-type-unserved)");
        }

        response.Problems.AddRange(LoopProblems());
        if (response.Manager.State == "degraded")
        {
            response.Problems.Add($"the store refuses changes: {storeTrouble?.Message} ({storeTrouble?.Code})");
        }

        // Shown, and no alarm: who was turned away is none of this cluster's, and may never have been meant to be.
        response.Refused.AddRange(RecentRefusals());

        // A type that nobody serves is a question to the user, not a fault of the cluster.
        response.Healthy =
            response.Manager.State == "healthy" && !workers.Values.Any(w => w.State is WorkerState.Unreachable or WorkerState.Flapping);
        return response;
    }

    /// <summary>The manager and some workers, without anything that concerns the others.</summary>
    public StatusResponse Status(IReadOnlyCollection<string> names)
    {
        var response = OfManager();
        var sets = new TypeSets(response.TypeSets);
        response.Workers.AddRange(Here(names).Select(w => StatusOf(w, sets)));
        response.Healthy =
            response.Manager.State == "healthy"
            && names.All(n => !workers.TryGetValue(n, out var w) || w.State is not (WorkerState.Unreachable or WorkerState.Flapping));
        return response;
    }

    private StatusResponse OfManager() =>
        new()
        {
            Cluster = options.ClusterName,
            QueueCapacity = options.QueueCapacity,
            NowMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Manager = new ManagerStatus
            {
                Id = options.ManagerId,
                Version = options.Version,
                Leader = true,
                StartedAtMs = StartedAt.ToUnixTimeMilliseconds(),
                State =
                    Stopping ? "stopping"
                    : time.GetUtcNow() < degradedUntil ? "degraded"
                    : "healthy",
                Address = Address,
            },
        };

    private WorkerStatus StatusOf(Incarnation worker, TypeSets sets)
    {
        var status = new WorkerStatus
        {
            Id = worker.Ref.Worker,
            State = NameOf(worker.State),
            Incarnation = worker.Ref.Incarnation,
            Held = HeldOf(worker),
            LastHeartbeatMs = worker.LastHeard.ToUnixTimeMilliseconds(),
            ConnectedAtMs = worker.ConnectedAt == default ? 0 : worker.ConnectedAt.ToUnixTimeMilliseconds(),
            Problem = worker.Problem ?? "",
        };
        if (drains.TryGetValue(worker.Ref.Worker, out var drain))
        {
            status.Drain = new WorkerDrain
            {
                SinceMs = drain.Since,
                By = drain.By,
                Reason = drain.Reason,
            };
        }

        if (worker.Info is { } info)
        {
            status.Restartable = info.Restartable;
            // A worker without a health endpoint has no port to show.
            status.Address = info.HealthPort > 0 ? $"{HostOf(worker.LastPeer)}:{info.HealthPort}" : HostOf(worker.LastPeer);
            status.Slots = info.Slots;
            status.Running = Math.Min(worker.Held.Count, info.Slots);
            status.Version = info.Version;
            status.Environment = info.Environment;
            status.Pid = info.Pid;
            status.Host = info.Host;
            status.Labels.Add(info.Labels);
            status.TypeSet = sets.PlaceOf(worker);
        }

        return status;
    }

    // Whoever waits until a drained worker is empty waits also for what is still on its way to it.
    private static int HeldOf(Incarnation worker) =>
        worker.Seat is { Draining: true } seat ? Math.Max(worker.Held.Count, seat.Held) + seat.Promised : worker.Held.Count;

    private static string Waiting(long tasks) => tasks == 1 ? "1 task waits" : $"{tasks} tasks wait";

    private static string HostOf(string? peer) => peer is null ? "?" : peer[..Math.Max(0, peer.LastIndexOf(':'))];

    public List<Measurement<long>> WorkerMeasurements()
    {
        var all = new List<Measurement<long>>();
        foreach (var worker in workers.Values)
        {
            foreach (var state in Enum.GetValues<WorkerState>())
            {
                // As in the guides' alert rule: lower case, and 1 for the state that it is in.
                all.Add(
                    new Measurement<long>(
                        worker.State == state ? 1 : 0,
                        new KeyValuePair<string, object?>("worker", worker.Ref.Worker),
                        new KeyValuePair<string, object?>("status", NameOf(state).ToLowerInvariant())
                    )
                );
            }
        }

        return all;
    }

    /// <summary>Tasks that wait, due and not due yet, and tasks that are held, by queue.</summary>
    /// <param name="delayed">Those not due yet: the store alone knows them.</param>
    public List<Measurement<long>> DepthMeasurements(IReadOnlyDictionary<string, long> delayed)
    {
        static Measurement<long> Of(long value, string queue, string state) =>
            new(value, new KeyValuePair<string, object?>("queue", queue), new KeyValuePair<string, object?>("state", state));
        var ready = dispatcher
            .Waiting.GroupBy(l => l.Key.Queue, StringComparer.Ordinal)
            .Select(g => Of(g.Sum(l => l.Ready), g.Key, "pending"));
        var held = incarnations
            .Values.SelectMany(i => i.Held.Values)
            .GroupBy(h => h.Lane.Queue, StringComparer.Ordinal)
            .Select(g => Of(g.Count(), g.Key, "assigned"));
        return [.. ready, .. delayed.Select(d => Of(d.Value, d.Key, "delayed")), .. held];
    }

    /// <summary>Slots of connected workers, busy and free.</summary>
    public List<Measurement<long>> SlotMeasurements()
    {
        var (busy, all) = (0L, 0L);
        foreach (var worker in workers.Values)
        {
            if (worker is { Session: not null, Info: { } info })
            {
                busy += Math.Min(worker.Held.Count, info.Slots);
                all += info.Slots;
            }
        }

        return
        [
            new(busy, new KeyValuePair<string, object?>("state", "busy")),
            new(all - busy, new KeyValuePair<string, object?>("state", "free")),
        ];
    }

    public List<Measurement<long>> OutboxMeasurements() =>
        [
            .. workers
                .Values.Where(w => w.Session is not null)
                .Select(w => new Measurement<long>(w.OutboxEntries, new KeyValuePair<string, object?>("worker", w.Ref.Worker))),
        ];

    /// <summary>What each worker has come to.</summary>
    public WorkerFigures[] WorkerFigures() =>
        [.. workers.Values.Select(w => TallyOf(w.Ref.Worker).Figures(w.Ref.Worker, w.Session is not null))];

    /// <summary>Where workers and clients connect, as bound.</summary>
    public string Address { get; set; } = "";
}
