using OpenClaw.Simulation.Cluster;
using OpenClaw.Simulation.Store;

namespace OpenClaw.Simulation.World;

/// <summary>
/// One cluster in virtual time: a manager, its store, workers, clients, and what goes wrong. Everything happens in one thread, in the
/// order of the heap; every draw comes from one seed, so a seed is a run. Times are microseconds since the start.
/// </summary>
internal sealed class SimWorld
{
    public const long Millisecond = 1_000;
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;

    private readonly EventHeap heap = new();

    public SimWorld(SimOptions options)
    {
        Options = options;
        Random = new Random(options.Seed);
        Trace = new Trace();
        Checker = new Checker(this);
        ManagerMachine = new ManagerMachine(this);
        Store = new MemoryTaskStore(ManagerMachine.Clock) { WithoutFence = options.Plant == Plant.NoFence };
        Workers = [.. Enumerable.Range(0, options.Workers).Select(n => new WorkerMachine(this, n))];
        Clients = new Clients(this);
        Faults = new Faults(this);
    }

    public SimOptions Options { get; }
    public long Now { get; private set; }
    public Random Random { get; }
    public Trace Trace { get; }
    public Checker Checker { get; }
    public MemoryTaskStore Store { get; }
    public ManagerMachine ManagerMachine { get; }
    public IReadOnlyList<WorkerMachine> Workers { get; }
    public Clients Clients { get; }
    public Faults Faults { get; }
    public long Events { get; private set; }

    public void After(long delay, Action run) => heap.Add(Now + delay, run);

    public void Note(Saw what, long a = 0, long b = 0, long c = 0) => Trace.Note(Now, what, a, b, c);

    /// <summary>Everything that is planned up to a time.</summary>
    public void RunUntil(long end)
    {
        while (heap.Count > 0 && heap.NextAt <= end)
        {
            var (at, run) = heap.Take();
            Now = at;
            Events++;
            run();
        }

        Now = end;
    }

    public bool Chance(double share) => Random.NextDouble() < share;

    public long Between(long least, long most) => Random.NextInt64(least, most + 1);

    /// <summary>Between the two, the small as likely as the large: seconds as often as minutes.</summary>
    public long Spread(long least, long most) => (long)(least * Math.Pow((double)most / least, Random.NextDouble()));

    /// <summary>The wait for something that comes so often on average.</summary>
    public long Arrival(long mean) => (long)(-Math.Log(1 - Random.NextDouble()) * mean) + 1;
}
