using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager;
using OpenClaw.Manager.Core;
using OpenClaw.Store;
using OpenClaw.Tests.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Tests.Manager;

/// <summary>
/// The manager's core over the model of the store. Nothing happens by itself: operations wait for <see cref="Commit"/>, what they
/// settle runs in order, and the clock is moved by hand.
/// </summary>
internal sealed class ManagerRig : IDisposable
{
    private readonly Queue<StoreOperation> posted = new();
    private readonly Queue<Action> loop = new();
    private readonly ILogger<ManagerCore> logger;

    public ManagerRig(ManagerOptions? options = null, ILogger<ManagerCore>? logger = null)
    {
        this.logger = logger ?? NullLogger<ManagerCore>.Instance;
        Options = options ?? new ManagerOptions { ManagerId = "m1", DataDirectory = "/nowhere" };
        Store = new ModelStore(Clock);
        Core = NewCore();
    }

    public ManagerOptions Options { get; private set; }
    public ManualClock Clock { get; } = new();
    public ModelStore Store { get; }
    public ManagerCore Core { get; private set; }
    public ManagerMetrics Metrics { get; } = new();
    public int Posted => posted.Count;

    private ManagerCore NewCore() => new(Options, Clock, posted.Enqueue, loop.Enqueue, Metrics, logger);

    /// <summary>A manager that dies here and starts again: what was posted is gone, the store is not.</summary>
    public void Restart(ManagerOptions? other = null)
    {
        Options = other ?? Options;
        posted.Clear();
        loop.Clear();
        Core = NewCore();
        Store.Execute(ManagerCore.AtStart(Clock.GetUtcNow(), Options.TaskReassignAfter));
        Core.Restore(
            [.. Store.CountLanes()],
            [
                .. Store.Leases.Values.Select(l =>
                    (
                        l,
                        (IReadOnlyList<(AttemptRef, Lane)>)
                            [.. Store.HeldBy(l.Worker).Select(t => (new AttemptRef(t.Number, t.Attempt), Store.LaneOf(t)))]
                    )
                ),
            ],
            [.. Store.Drains.Values]
        );
    }

    /// <summary>One transaction of the oldest operations; with a failure nothing of them is stored.</summary>
    public void Commit(int most = int.MaxValue, Failure? failure = null)
    {
        var batch = new List<StoreOperation>();
        while (batch.Count < most && posted.TryDequeue(out var operation))
        {
            batch.Add(operation);
        }

        if (failure is null)
        {
            batch.ForEach(Store.Execute);
        }

        batch.ForEach(o => o.Settle(failure));
        RunLoop();
    }

    /// <summary>What the owner loop does after every run.</summary>
    public void RunLoop()
    {
        while (loop.TryDequeue(out var work))
        {
            work();
        }

        Core.Dispatch();
    }

    /// <summary>Commits until nothing is left to do.</summary>
    public void Settle()
    {
        RunLoop();
        for (var rounds = 0; posted.Count > 0; rounds++)
        {
            Assert.True(rounds < 1000, "The manager does not come to rest.");
            Commit();
        }
    }

    public void Advance(TimeSpan by)
    {
        Clock.Advance(by);
        Core.Tick();
        Settle();
    }

    public static readonly Failure DiskFull = new(Catalogue.StoreUnwritable, "no space left on device");

    public long Submit(string type = "noop", string queue = "default", long delayMs = 0, int retries = 3, string payload = "{}")
    {
        var operation = Core.Submit([NewTask(type, queue, delayMs, retries, payload)]);
        Settle();
        return operation.Numbers[0];
    }

    public NewTask NewTask(string type = "noop", string queue = "default", long delayMs = 0, int retries = 3, string payload = "{}") =>
        new()
        {
            Type = type,
            Queue = queue,
            Payload = Encoding.UTF8.GetBytes(payload),
            DueAt = delayMs == 0 ? 0 : Clock.Now + delayMs,
            MaxRetries = retries,
            SubmittedBy = "local",
        };

    public TaskRecord Task(long number) => Store.Tasks[number];

    public TaskState State(long number) => Store.Tasks[number].State;

    public WorkerStatus Status(string worker) => Core.Status().Workers.Single(w => w.Id == worker);

    /// <summary>What the manager believes and what the store knows, when nothing is under way.</summary>
    public void CheckCounts()
    {
        Assert.Empty(posted);
        foreach (var lane in Store.CountLanes())
        {
            var known = Core
                .Dispatcher.Waiting.Where(w =>
                    w.Key == new OpenClaw.Manager.Dispatch.LaneKey(lane.Lane.Project, lane.Lane.Queue, lane.Lane.Type)
                )
                .Sum(w => w.Ready);
            Assert.True(known >= lane.Ready, $"{lane.Ready} tasks of {lane.Lane.Type} wait, the manager knows {known}.");
        }

        // Every held task has a lease: looking after the leases looks after every task.
        Assert.All(
            Store.Tasks.Values.Where(t => Transitions.IsHeld(t.State)),
            t => Assert.Contains(new WorkerRef(t.Worker!, t.Incarnation), Store.Leases.Keys)
        );
        var held = Core.DepthMeasurements(new Dictionary<string, long>()).Sum(m => Is(m, "state", "assigned") ? m.Value : 0);
        Assert.Equal(Store.Tasks.Values.LongCount(t => Transitions.IsHeld(t.State)), held);
    }

    private static bool Is(System.Diagnostics.Metrics.Measurement<long> measurement, string tag, string value)
    {
        foreach (var (key, found) in measurement.Tags)
        {
            if (key == tag && Equals(found, value))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => Metrics.Dispose();
}
