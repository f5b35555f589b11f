using System.Globalization;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Simulation.World;

/// <summary>What is worth telling about a run.</summary>
internal enum Saw
{
    ManagerStarted,
    ManagerDied,
    WorkerStarted,
    WorkerDied,
    WorkerStops,
    DeathReported,
    Partition,
    Healed,
    ConnectionCut,
    SlowNetwork,
    ClockSet,
    StoreRefuses,
    Drained,
    RestartOrdered,
    Dialed,
    Connected,
    Lost,
    Accepted,
    Assigned,
    Began,
    Ended,
    Recorded,
    Returned,
    Cancelled,
    Retried,
    FaultsStop,
    AllEnded,
}

/// <summary>The last events of a run, and a hash over all of them: the same seed gives the same hash.</summary>
internal sealed class Trace
{
    private const int Kept = 400;

    private readonly (long At, Saw What, long A, long B, long C)[] last = new (long, Saw, long, long, long)[Kept];

    public long Count { get; private set; }

    public ulong Hash { get; private set; } = 14695981039346656037;

    public void Note(long at, Saw what, long a, long b, long c)
    {
        last[Count++ % Kept] = (at, what, a, b, c);
        Mix(at);
        Mix((long)what);
        Mix(a);
        Mix(b);
        Mix(c);
    }

    /// <summary>The last lines that are about a task or about the cluster.</summary>
    public IEnumerable<string> Lines()
    {
        for (var i = Math.Max(0, Count - Kept); i < Count; i++)
        {
            var (at, what, a, b, c) = last[i % Kept];
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{TimeSpan.FromMicroseconds(at):d\\.hh\\:mm\\:ss\\.fff} {Say(what, a, b, c)}"
            );
        }
    }

    private void Mix(long value) => Hash = (Hash ^ (ulong)value) * 1099511628211;

    private static string Say(Saw what, long a, long b, long c) =>
        what switch
        {
            Saw.ManagerStarted => "manager starts",
            Saw.ManagerDied => $"manager dies{(a == 1 ? " with its machine" : "")} for {b / 1e6:0.0} s",
            Saw.WorkerStarted => $"w{a} starts as incarnation {b}",
            Saw.WorkerDied => $"w{a} dies{(b == 1 ? " with its machine" : "")} for {c / 1e6:0.0} s",
            Saw.WorkerStops => $"w{a} stops in good order",
            Saw.DeathReported => $"w{a}: the death of incarnation {b} is reported",
            Saw.Partition =>
                $"w{a} is cut off ({(b == 3 ? "both ways" : b == 1 ? "towards the manager" : "from the manager")}) for {c / 1e6:0.0} s",
            Saw.Healed => $"w{a} can be reached again",
            Saw.ConnectionCut => $"w{a}: its connection is cut",
            Saw.SlowNetwork => $"w{a}: messages take up to {b / 1e6:0.0} s for {c / 1e6:0.0} s",
            Saw.ClockSet => $"{(a < 0 ? "manager" : $"w{a}")}: clock set by {b / 1e6:0.0} s",
            Saw.StoreRefuses => $"store refuses for {a / 1e6:0.0} s",
            Saw.Drained => $"w{a} is drained for {b / 1e6:0.0} s",
            Saw.RestartOrdered => $"w{a} is told to restart",
            Saw.Dialed => $"w{a} dials",
            Saw.Connected => $"w{a} is connected",
            Saw.Lost => $"w{a} has lost its connection",
            Saw.Accepted => $"{Name(a)} is acknowledged",
            Saw.Assigned => $"{Name(a)} attempt {b} is assigned to w{c}",
            Saw.Began => $"{Name(a)} attempt {b} begins at w{c}",
            Saw.Ended => $"{Name(a)} attempt {b} is over at w{c}",
            Saw.Recorded => $"{Name(a)} attempt {b}: outcome recorded, now {Transitions.Name((TaskState)c)}",
            Saw.Returned => $"{Name(a)} goes back, now {Transitions.Name((TaskState)c)}",
            Saw.Cancelled => $"{Name(a)} is cancelled",
            Saw.Retried => $"{Name(a)} is retried by hand",
            Saw.FaultsStop => "faults stop",
            Saw.AllEnded => "every task has ended",
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };

    private static string Name(long task) => new TaskId(task).ToString();
}
