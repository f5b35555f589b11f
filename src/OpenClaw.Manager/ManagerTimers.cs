using System.Diagnostics.Metrics;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;

namespace OpenClaw.Manager;

/// <summary>Ticks the core every second and when a delayed task is due; keeps the figures that gauges read, since those are asked for by other threads.</summary>
internal sealed class ManagerTimers : IDisposable
{
    private readonly TimeProvider time;
    private readonly Func<IReadOnlyDictionary<string, long>> delayed;
    private readonly ITimer everySecond;
    private readonly ITimer due;
    private DateTimeOffset? armed;
    private volatile IReadOnlyList<Measurement<long>> workers = [];
    private volatile IReadOnlyList<Measurement<long>> depth = [];
    private volatile IReadOnlyList<Measurement<long>> slots = [];
    private volatile IReadOnlyList<Measurement<long>> outboxes = [];
    private volatile IReadOnlyList<WorkerFigures> workerFigures = [];

    public ManagerTimers(OwnerLoop loop, ManagerCore core, Func<IReadOnlyDictionary<string, long>> delayed, TimeProvider time)
    {
        this.delayed = delayed;
        this.time = time;
        void Tick()
        {
            core.Tick();
            Look(core);
        }

        everySecond = time.CreateTimer(_ => loop.Post(Tick), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        due = time.CreateTimer(
            _ =>
                loop.Post(() =>
                {
                    armed = null;
                    var before = core.Silences;
                    core.Tick();
                    if (core.Silences != before)
                    {
                        Look(core);
                    }
                }),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    public IReadOnlyList<Measurement<long>> Workers => workers;

    public IReadOnlyList<Measurement<long>> Depth => depth;

    public IReadOnlyList<Measurement<long>> Slots => slots;

    public IReadOnlyList<Measurement<long>> Outboxes => outboxes;

    public IReadOnlyList<WorkerFigures> WorkerFigures => workerFigures;

    /// <summary>Called in the loop: takes the figures of this moment.</summary>
    internal void Look(ManagerCore core)
    {
        workers = core.WorkerMeasurements();
        depth = core.DepthMeasurements(delayed());
        slots = core.SlotMeasurements();
        outboxes = core.OutboxMeasurements();
        workerFigures = core.WorkerFigures();
    }

    /// <summary>Called in the loop: the next delayed task is due then.</summary>
    public void Arm(DateTimeOffset? at)
    {
        if (at == armed)
        {
            return;
        }

        armed = at;
        var wait = at is null ? Timeout.InfiniteTimeSpan : at.Value - time.GetUtcNow();
        due.Change(
            wait < TimeSpan.Zero && at is not null ? TimeSpan.Zero
                : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1)
                : wait,
            Timeout.InfiniteTimeSpan
        );
    }

    public void Dispose()
    {
        everySecond.Dispose();
        due.Dispose();
    }
}
