using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Manager.Watch;
using OpenClaw.Store;

namespace OpenClaw.Manager.Core;

/// <summary>
/// What a manager decides, one method per thing that can happen. Every method runs in the <see cref="OwnerLoop"/>; none blocks and
/// none does I/O: changes go to the store as operations (<paramref name="post"/>), whose results come back as further calls, and
/// messages go to sessions. The simulator runs this same class against a store and sessions of its own.
/// </summary>
/// <remarks>
/// A crash between any two steps is safe because the store is the only truth: what was not committed was not acknowledged, and what
/// was committed is read again at start. Credits, sessions and waiters are rebuilt by the workers and clients that come back.
/// </remarks>
internal sealed partial class ManagerCore(
    ManagerOptions options,
    TimeProvider time,
    Action<StoreOperation> post,
    Action<Action> schedule,
    ManagerMetrics metrics,
    ILogger<ManagerCore> logger
)
{
    /// <summary>Replaced as a whole when settings change (<see cref="Reconfigure"/>).</summary>
    private ManagerOptions options = options;
    private readonly Dispatcher dispatcher = new(options.Limits);
    private readonly Dictionary<string, Incarnation> workers = new(StringComparer.Ordinal);

    /// <summary>Earlier incarnations whose release is under way, and those known from the store alone while a newer one has registered.</summary>
    private readonly Dictionary<WorkerRef, Incarnation> incarnations = [];
    private DateTimeOffset? nextDue;
    private bool promoting;

    /// <summary>While the store refuses, claims wait until then.</summary>
    private DateTimeOffset storeTroubleUntil;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>How long a refused submission shows in the status: only the next one tells more.</summary>
    private static readonly TimeSpan RefusalShown = TimeSpan.FromSeconds(5);

    /// <summary>The store has refused lately; a submission is not tried again here, so it alone makes nothing wait.</summary>
    private DateTimeOffset degradedUntil;

    /// <summary>Why the store refused last; null when it has taken a change since.</summary>
    private Failure? storeTrouble;

    public TaskWatchers Watchers { get; } = new();

    public Dispatcher Dispatcher => dispatcher;

    /// <summary>Set by a graceful stop: submissions are refused, nothing new is dispatched.</summary>
    public bool Stopping { get; private set; }

    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>Rebuilds what the store knows. Before any session or call.</summary>
    public void Restore(
        IReadOnlyList<LaneCount> lanes,
        IReadOnlyList<(Lease Lease, IReadOnlyList<(AttemptRef Attempt, Lane Lane)> Held)> leases,
        IReadOnlyList<Drain> drained
    )
    {
        foreach (var drain in drained)
        {
            drains[drain.Worker] = drain;
        }

        foreach (var count in lanes)
        {
            dispatcher.AddReady(KeyOf(count.Lane), count.Lane, count.Ready);
            if (count.Delayed > 0)
            {
                // When exactly is found by the first promotion.
                nextDue = DateTimeOffset.MinValue;
            }
        }

        var now = time.GetUtcNow();
        foreach (var (lease, held) in leases)
        {
            var incarnation = new Incarnation(lease.Worker)
            {
                LastHeard = now,
                HeardAt = time.GetTimestamp(),
                LeaseUntil = now + options.TaskReassignAfter,
                StoredUntil = now + options.TaskReassignAfter,
                Identity = lease.Identity,
                Problem = "not seen since this manager started",
                IsBack = true,
            };
            foreach (var (attempt, lane) in held)
            {
                incarnation.Held[attempt.Task] = new HeldAttempt(attempt.Attempt, KeyOf(lane));
                dispatcher.Hold(null, KeyOf(lane));
            }

            incarnations[lease.Worker] = incarnation;
            if (!workers.TryGetValue(lease.Worker.Worker, out var other) || other.Ref.Incarnation < lease.Worker.Incarnation)
            {
                workers[lease.Worker.Worker] = incarnation;
            }
        }
    }

    /// <summary>Hands waiting tasks to free credits. After every run of the loop.</summary>
    public void Dispatch()
    {
        if (Stopping || time.GetUtcNow() < storeTroubleUntil)
        {
            return;
        }

        foreach (var plan in dispatcher.Plan())
        {
            post(
                new ClaimOperation(plan.Seat.Worker, plan.Shares(), plan.Count)
                {
                    Settled = Then<ClaimOperation>((claim, failure) => OnClaimed(plan, claim, failure)),
                }
            );
        }
    }

    public void BeginStop()
    {
        Stopping = true;
    }

    /// <summary>Back from the store's thread into the loop, in commit order.</summary>
    private Action<StoreOperation, Failure?> Then<T>(Action<T, Failure?> handler)
        where T : StoreOperation => (operation, failure) => schedule(() => handler((T)operation, failure));

    private static LaneKey KeyOf(Lane lane) => new(lane.Project, lane.Queue, lane.Type);

    /// <summary>
    /// The store refused a change that has to happen (disk full). It is posted again after a pause, until it goes through; meanwhile
    /// nothing is claimed, and what has to happen behind it waits behind it.
    /// </summary>
    private void Again(Failure failure, Action retry, long bytes = 0)
    {
        StoreRefuses(failure, RetryPause);
        storeTroubleUntil = time.GetUtcNow() + RetryPause;
        retries.Add(retry, bytes);
        metrics.RetriesWait(retries.Count);
    }

    /// <summary>The store refuses for a reason of its own: said once, and the status says it until it was asked again in vain or not.</summary>
    private void StoreRefuses(Failure failure, TimeSpan shownFor)
    {
        if (time.GetUtcNow() >= degradedUntil)
        {
            LogStoreTrouble(logger, failure.Code, failure.Message);
        }

        degradedUntil = time.GetUtcNow() + shownFor;
        storeTrouble = failure;
    }

    /// <summary>The store has taken a change that wrote something.</summary>
    private void StoreAccepts()
    {
        if (storeTrouble is { } over)
        {
            LogStoreAccepts(logger, over.Code);
            storeTrouble = null;
            degradedUntil = default;
        }
    }

    /// <summary>Posts a change that must not overtake those that are tried again: a release behind the outcomes of what it releases.</summary>
    private void InOrder(Action change, IReadOnlyList<Outcome>? outcomes = null)
    {
        if (retries.Count > 0)
        {
            retries.Add(change, BytesOf(outcomes));
            metrics.RetriesWait(retries.Count);
        }
        else
        {
            change();
        }
    }

    private static long BytesOf(IReadOnlyList<Outcome>? outcomes) => outcomes?.Sum(o => (long)o.Result.Length + o.Failure.Length) ?? 0;

    private readonly WaitingChanges retries = new(options.MostRetries, options.MostRetryBytes);

    /// <summary>
    /// The store has refused for so long that no more changes are taken on: a worker that delivers some is sent away. It keeps its
    /// outcomes, comes back, and delivers them again: what is not acknowledged is nowhere else to be kept. Null: go on.
    /// </summary>
    private Failure? Crowded()
    {
        if (!retries.IsFull)
        {
            return null;
        }

        metrics.RetryRefused();
        return new Failure(
            Catalogue.StoreFull,
            $"The store refuses changes and {retries.Count} of workers wait for it; no more are taken on",
            "Make room on the manager's disk; the worker keeps its outcomes and comes back"
        )
        {
            Data = new Dictionary<string, string> { [LinkFailures.RetryAfterKey] = "5" },
        };
    }

    internal int RetriesWaiting => retries.Count;

    private bool SentAway(IWorkerSession? session)
    {
        if (Crowded() is not { } failure)
        {
            return false;
        }

        session?.Close(failure);
        return true;
    }

    private void RunRetries(DateTimeOffset now)
    {
        if (retries.Count == 0 || now < storeTroubleUntil)
        {
            return;
        }

        foreach (var retry in retries.TakeAll())
        {
            retry();
        }

        metrics.RetriesWait(retries.Count);
    }

    [LoggerMessage(11, LogLevel.Information, "The store takes changes again ({code} is over)")]
    private static partial void LogStoreAccepts(ILogger logger, string code);

    [LoggerMessage(10, LogLevel.Warning, "{code}: {message}; submissions are refused, other changes wait and are tried again every second")]
    private static partial void LogStoreTrouble(ILogger logger, string code, string message);
}
