using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits;

/// <summary>
/// Looks at what runners and everything below them use, and tells when one has gone over a limit. How often depends on how soon one
/// could be there: ten to twenty times a second at first, up to 200 times for who comes near its limit fast; not at all while nothing
/// is watched. The looking is done here, beside the worker's loop. Thread-safe.
/// </summary>
internal sealed partial class TreeWatch : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan WithMemory = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AtRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenWalks = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time;
    private readonly WorkerBound? bound;
    private readonly Action<Exception>? onTrouble;
    private readonly Lock gate = new();
    private readonly Dictionary<int, Watched> runners = [];
    private readonly ITimer timer;
    private long dueAt = long.MaxValue;
    private bool looking;
    private bool troubled;
    private bool disposed;

    /// <param name="time">When it looks.</param>
    /// <param name="bound">The limit of the worker with everything it runs; null: it has none.</param>
    /// <param name="onTrouble">Told when the processes cannot be looked up (out of descriptors), once until they can.</param>
    public TreeWatch(TimeProvider time, WorkerBound? bound = null, Action<Exception>? onTrouble = null)
    {
        this.time = time;
        this.bound = bound;
        this.onTrouble = onTrouble;
        Tree = new RunnerTrees(time);
        timer = time.CreateTimer(_ => LookAndGoOn(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Who belongs to whom.</summary>
    public RunnerTrees Tree { get; }

    /// <summary>Bytes in a directory, up to some. May take its time.</summary>
    public Func<string, long, long> SizeOf { get; init; } = OutputSize.Of;

    /// <summary>Looks since the start, for who measures what looking costs.</summary>
    public long Looks { get; private set; }

    /// <summary>A runner of ours; its mark is in its environment.</summary>
    public void Add(int runner, string mark)
    {
        lock (gate)
        {
            runners[runner] = new Watched(this, runner, mark);
            if (bound is not null)
            {
                LookWithin(AtRest);
            }
        }
    }

    public void Remove(int runner)
    {
        lock (gate)
        {
            runners.Remove(runner);
        }
    }

    /// <summary>What a runner is watched for from now on; null: nothing. <paramref name="exceeded"/> is called on a thread of the pool.</summary>
    public void Guard(int runner, TaskGuard? guard, Action<Excess>? exceeded = null)
    {
        lock (gate)
        {
            if (!runners.TryGetValue(runner, out var watched))
            {
                return;
            }

            watched.Guard = guard;
            watched.Exceeded = exceeded;
            watched.Looks = 0;
            watched.Told = false;
            if (guard is not (null or { MemoryBytes: null, Processes: null, Cpu: null, OutputBytes: null }))
            {
                LookWithin(guard.MemoryBytes is not null || bound is not null ? Soon : Calm);
            }
        }
    }

    /// <summary>A runner becomes a program: what it leaves before it is watched for that is the program's already.</summary>
    /// <param name="runner">Which.</param>
    /// <param name="handle">The attempt that the program runs for; 0: it serves, and outlives many.</param>
    public void Becomes(int runner, ulong handle)
    {
        lock (gate)
        {
            if (runners.TryGetValue(runner, out var watched))
            {
                watched.Becomes = handle;
            }
        }
    }

    /// <summary>The runners that live with their marks, and the attempts that they run; 0: a program that serves runs none; null: not known.</summary>
    public IReadOnlyList<(int Runner, string Mark, ulong? Handle)> Current()
    {
        lock (gate)
        {
            return [.. runners.Select(r => (r.Key, r.Value.Mark, r.Value.Guard?.Handle ?? r.Value.Becomes))];
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            timer.Dispose();
        }
    }

    // Under the gate.
    private void LookWithin(TimeSpan delay)
    {
        var at = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
        if (disposed || at >= dueAt)
        {
            return;
        }

        dueAt = at;
        if (!looking)
        {
            timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    // One look at a time: the next is due when this one has ended.
    private void LookAndGoOn()
    {
        List<(int Runner, Watched Watched, TaskGuard? Guard, Action<Excess>? Exceeded)> all;
        lock (gate)
        {
            dueAt = long.MaxValue;
            looking = true;
            all = [.. runners.Select(r => (r.Key, r.Value, r.Value.Guard, r.Value.Exceeded))];
        }

        TimeSpan? next = null;
        try
        {
            Looks++;
            next = Look(all);
            troubled = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without descriptors nobody can be looked at; the kernel's own limits hold on.
            next = AtRest;
            if (!troubled)
            {
                troubled = true;
                onTrouble?.Invoke(e);
            }
        }

        lock (gate)
        {
            looking = false;
            var asked = dueAt;
            dueAt = long.MaxValue;
            if (next is { } delay)
            {
                LookWithin(delay);
            }

            if (asked != long.MaxValue)
            {
                var wait = TimeSpan.FromSeconds(Math.Max(0, (double)(asked - time.GetTimestamp()) / time.TimestampFrequency));
                LookWithin(wait);
            }
        }
    }

    /// <summary>Looks at everybody; gives when to look again; null: nobody is watched.</summary>
    private TimeSpan? Look(List<(int Runner, Watched Watched, TaskGuard? Guard, Action<Excess>? Exceeded)> all)
    {
        var now = time.GetTimestamp();
        var families = Tree.Look(all.ToDictionary(r => r.Runner, r => r.Watched.Mark));
        TimeSpan? next = bound is null ? null : AtRest;
        foreach (var (runner, watched, guard, exceeded) in all)
        {
            if (!families.TryGetValue(runner, out var family) || family.Count == 0)
            {
                // Not seen this time, which is no reason never to look again.
                next = guard is null ? next : Min(next ?? Calm, Calm);
                continue;
            }

            watched.Observe(family, guard, now, time);
            if (guard is null)
            {
                continue;
            }

            var within = watched.NextLook(guard, bound is not null);
            next = Min(next ?? within, within);
            if (watched.Told && time.GetElapsedTime(watched.ToldAt) < AtRest)
            {
                continue;
            }

            if (watched.Judge(family, guard, now) is { } excess && IsToBeTold(watched, guard, now))
            {
                exceeded?.Invoke(excess);
            }
        }

        if (bound is not null)
        {
            var within = LookAtBound(bound, all, families);
            next = Min(next ?? within, within);
        }

        return next;
    }

    // Who was given something else to do meanwhile is judged anew: it must not go unwatched for what the one before has used.
    private bool IsToBeTold(Watched watched, TaskGuard guard, long now)
    {
        lock (gate)
        {
            if (!ReferenceEquals(watched.Guard, guard))
            {
                return false;
            }

            watched.Told = true;
            watched.ToldAt = now;
            return true;
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
