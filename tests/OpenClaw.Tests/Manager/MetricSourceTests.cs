using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager;
using OpenClaw.Manager.Metrics;
using OpenClaw.Store;
using OpenClaw.Tests.Store;
using OpenClaw.Tests.Support;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Manager;

/// <summary>Every row of the catalogue of metrics is measured by somebody: what dashboards are promised is there.</summary>
public sealed class MetricSourceTests
{
    [Fact]
    public async Task EveryRowHasASource()
    {
        var measured = new HashSet<string>(StringComparer.Ordinal);
        void Add(Instrument instrument)
        {
            lock (measured)
            {
                measured.Add(instrument.Name);
            }
        }

        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == MetricNames.Meter)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => Add(instrument));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Add(instrument));
        listener.Start();
        AManagersDay(listener);
        await AStoresDayAsync();
        listener.RecordObservableInstruments();
        lock (measured)
        {
            // The lines that logs drop: LogPipeTests.
            Assert.Empty(MetricNames.All.Select(m => m.Name).Except(measured).Except([MetricNames.LogDropped.Name]));
        }
    }

    private static void AManagersDay(MeterListener listener)
    {
        using var rig = new ManagerRig(
            new ManagerOptions
            {
                ManagerId = "m1",
                DataDirectory = "/nowhere",
                QueueCapacity = 10,
                MostRetries = 1,
            }
        );
        var worker = new TestWorker(rig, slots: 4);
        Assert.Null(worker.Connect());
        Enumerable.Range(0, 4).ToList().ForEach(_ => rig.Submit());
        var tasks = worker.Session.Assigned.ToArray();
        worker.Finish(tasks[0]);
        worker.Finish(tasks[1], ok: false);
        var crash = TestWorker.Outcome(tasks[2], ok: false);
        (crash.Failure.Code, crash.Failure.Signal) = (Catalogue.WorkerCrash.Code, "SIGSEGV");
        rig.Core.OnOutcomes(worker.Incarnation, new Outcomes { Outcomes_ = { crash } });
        rig.Settle();
        worker.Lose();
        Assert.Null(worker.Connect(tasks[3]));

        // A new process: its predecessor's task is lost, and its outcome comes too late.
        var next = new TestWorker(rig, incarnation: 2, slots: 4);
        Assert.Null(next.Connect());
        rig.Core.OnEarlierOutcomes(
            next.Session,
            new EarlierOutcomes
            {
                Worker = "w1",
                Incarnation = 1,
                Outcomes = { TestWorker.Outcome(tasks[3]) },
            }
        );
        rig.Settle();
        rig.Submit("unserved");
        rig.Core.Submit([.. Enumerable.Range(0, 20).Select(_ => rig.NewTask("unserved"))]);
        rig.Settle();

        next.Finish(next.Session.Assigned.First(), settle: false);
        rig.Commit(failure: ManagerRig.DiskFull);
        next.Finish(next.Session.Assigned.Last(), settle: false);
        Assert.True(next.Session.IsClosed);

        using var timers = new ManagerTimers(
            new OwnerLoop(static () => { }, static _ => { }, NullLogger<OwnerLoop>.Instance),
            rig.Core,
            static () => new Dictionary<string, long>(),
            new VirtualTime()
        );
        rig.Core.OnHeartbeat(
            worker.Incarnation,
            new Heartbeat
            {
                MemoryBytes = 1,
                CpuSeconds = 1,
                UptimeMs = 1,
                RunnerStarts = 1,
            }
        );
        timers.Look(rig.Core);
        rig.Metrics.Observe(
            timers,
            rig.Options,
            () => [new(86_400, new KeyValuePair<string, object?>("owner", "manager"), new KeyValuePair<string, object?>("name", "m1"))]
        );
        rig.Metrics.Observe(
            new MetricHistory(
                static (_, _) => throw new InvalidOperationException("it is not opened"),
                new MetricHistoryOptions(),
                new VirtualTime(),
                NullLogger<MetricHistory>.Instance
            )
        );
        listener.RecordObservableInstruments();
    }

    private static async Task AStoresDayAsync()
    {
        var store = new GatedStore();
        await using var writer = new StoreWriter(store, new StoreWriterOptions { InboxHardLimitRows = 1 }, static _ => { });
        var first = new PromoteOperation();
        var stored = first.Committed;
        writer.Post(first);
        await store.BegunAsync();
        writer.Post(new PromoteOperation());
        writer.Post(new PromoteOperation());
        store.Permit(2);
        await stored;
    }
}
