using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

/// <summary>Draws operations that mean something to what the model holds now: mostly right ones, some stale, some of nobody.</summary>
internal static class ModelSteps
{
    private static readonly WorkerRef[] Workers = [new("w1", 1), new("w1", 2), new("w2", 1), new("w3", 1)];

    /// <summary>Two equal operations: one for the model, one for the store.</summary>
    public static (StoreOperation Model, StoreOperation Store) Draw(ModelStore model, ManualClock clock, int seed)
    {
        // Drawn twice from one seed, before the model changes.
        return (Draw(model, clock, new Random(seed)), Draw(model, clock, new Random(seed)));
    }

    private static StoreOperation Draw(ModelStore model, ManualClock clock, Random random)
    {
        var worker = Workers[random.Next(Workers.Length)];
        return random.Next(24) switch
        {
            < 6 => Submit(clock, random),
            < 10 => Claim(model, random, worker),
            < 12 => new StartedOperation(worker, [.. Attempts(model, random, worker).Select(a => (a, (long)random.Next(1, 1000)))]),
            < 16 => new OutcomeOperation([.. Attempts(model, random, worker).Select(a => Outcome(a, random, worker))]),
            16 => new ReturnOperation(worker, [.. Attempts(model, random, worker)], (ReturnReason)random.Next(2))
            {
                MaxLosses = random.Next(3),
            },
            17 => new ReleaseOperation(worker, (ReturnReason)random.Next(2))
            {
                MaxLosses = random.Next(3),
                OnlyIfExpired = random.Next(2) == 0,
            },
            18 => new CancelOperation(AnyTask(model, random), "because", "anna") { Force = random.Next(2) == 0 },
            19 => new RetryOperation(AnyTask(model, random)),
            20 or 21 => new LeaseOperation([
                .. Workers.Where(_ => random.Next(2) == 0).Select(w => Lease(w, clock, random) with { Length = random.Next(3) * 10_000 }),
            ]),
            22 when random.Next(4) == 0 => new ExtendLeasesOperation(clock.Now + random.Next(10_000))
            {
                Latest = clock.Now + random.Next(20_000),
                Now = clock.Now,
            },
            22 when random.Next(3) == 0 => new DrainOperation(
                [.. Workers.Where(_ => random.Next(3) == 0).Select(w => w.Worker).Distinct().Select(w => Drained(w, clock, random))],
                [.. Workers.Where(_ => random.Next(3) == 0).Select(w => w.Worker)]
            ),
            22 => new PromoteOperation(random.Next(1, 10)),
            _ => new PruneOperation(clock.Now - random.Next(20_000), random.Next(1, 10)),
        };
    }

    private static Drain Drained(string worker, ManualClock clock, Random random) =>
        new()
        {
            Worker = worker,
            Since = clock.Now,
            By = "anna",
            Reason = random.Next(2) == 0 ? "" : "a new disk",
        };

    private static SubmitOperation Submit(ManualClock clock, Random random)
    {
        var tasks = Enumerable
            .Range(0, random.Next(1, 5))
            .Select(_ =>
                StoreActions.Task(
                    "t" + random.Next(2),
                    payload: random.Next(2).ToString(),
                    priority: random.Next(3) - 1,
                    retries: random.Next(3)
                ) with
                {
                    Key = random.Next(4) == 0 ? "k" + random.Next(6) : null,
                    Queue = "q" + random.Next(2),
                    Project = "p" + (random.Next(8) / 7),
                    DueAt = random.Next(4) == 0 ? clock.Now + random.Next(-1000, 9000) : 0,
                }
            )
            .ToArray();
        return new(tasks)
        {
            Capacity = random.Next(3) == 0 ? random.Next(1, 25) : 0,
            Credits =
                random.Next(3) == 0
                    ? [.. tasks.Select(_ => random.Next(2) == 0 ? (WorkerRef?)null : Workers[random.Next(Workers.Length)])]
                    : null,
        };
    }

    private static ClaimOperation Claim(ModelStore model, Random random, WorkerRef worker)
    {
        var lanes = model.Tasks.Values.Select(model.LaneOf).Distinct().Where(_ => random.Next(3) > 0);
        return new(worker, [.. lanes.Select(l => new LaneShare(l, random.Next(5)))], random.Next(1, 8));
    }

    private static IEnumerable<AttemptRef> Attempts(ModelStore model, Random random, WorkerRef worker)
    {
        var held = model.HeldBy(worker).Select(t => new AttemptRef(t.Number, t.Attempt)).Where(_ => random.Next(2) == 0);
        var stale = model
            .Tasks.Values.Where(_ => random.Next(12) == 0)
            .Select(t => new AttemptRef(t.Number, Math.Max(1, t.Attempt - random.Next(2))));
        return held.Concat(stale).Append(new AttemptRef(random.Next(1, 60), 1)).Take(6).ToList();
    }

    private static Outcome Outcome(AttemptRef attempt, Random random, WorkerRef worker) =>
        (random.Next(2) == 0 ? attempt.Success(worker, random.Next(100).ToString()) : attempt.Failure(worker, random.Next(3) > 0)) with
        {
            StartedAt = random.Next(1000),
            RunMicros = random.Next(1000),
        };

    private static Lease Lease(WorkerRef worker, ManualClock clock, Random random) =>
        new()
        {
            Worker = worker,
            Manager = "m" + random.Next(2),
            Identity = "mark" + random.Next(2),
            Until = clock.Now + random.Next(-1000, 5000),
        };

    private static long AnyTask(ModelStore model, Random random) =>
        random.Next(1, model.Tasks.Count == 0 ? 2 : (int)model.Tasks.Keys.Max() + 2);
}
