using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Simulation.World;
using OpenClaw.Worker;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Simulation.Cluster;

/// <summary>
/// One life of a worker: the real core with its runners and its outbox, and the link to the manager (the other part). A life that has
/// ended does nothing more.
/// </summary>
internal sealed partial class WorkerProcess
{
    public static readonly IReadOnlyDictionary<string, TaskHandler> Handlers = Clients.Types.ToDictionary(
        t => t,
        t => new TaskHandler(t, HandlerForm.Builtin, "", ""),
        StringComparer.Ordinal
    );

    private static readonly PluginSet Plugins = new(Handlers, []);
    private static readonly TimeSpan MostGrace = TimeSpan.FromSeconds(30);

    private readonly SimWorld world;
    private readonly WorkerOptions options;
    private readonly WorkerCore core;
    private readonly List<SimRunner> runners = [];
    private readonly Action tick;
    private long tickAt = long.MaxValue;
    private int runnersStarted;
    private bool dead;

    public WorkerProcess(SimWorld world, WorkerMachine machine, long incarnation)
    {
        this.world = world;
        Machine = machine;
        Incarnation = incarnation;
        tick = Tick;
        origin = world.Now;
        options = new WorkerOptions
        {
            WorkerId = machine.Id,
            Identity = "mark of " + machine.Id,
            Incarnation = incarnation,
            StateDirectory = "/nowhere",
            PluginDirectory = "/nowhere",
            RunnerPath = "/nowhere",
            Slots = world.Options.SlotsPerWorker,
            IsRestartable = true,
            TaskTimeout = TimeSpan.FromHours(2),
            KillGrace = world.Options.Plant == Plant.LongKillGrace ? SimOptions.BeyondTheFence : world.Options.KillGrace,
            ContinueOnLinkLoss = world.Options.Plant == Plant.NoLeaseStop,
        };
        core = new WorkerCore(
            options,
            machine.Clock,
            new MemoryOutbox(machine.Disk, incarnation),
            type => Handlers.GetValueOrDefault(type),
            _ => NewRunner(),
            NullLogger<WorkerCore>.Instance
        );
        core.Start();
        link = NewLink();
        Step(new OpenClaw.Core.Links.LinkEvent.StartRequested());
        After();
    }

    public WorkerMachine Machine { get; }

    public long Incarnation { get; }

    public void Run(Action<WorkerCore> work)
    {
        if (!dead)
        {
            work(core);
            After();
        }
    }

    public void Die()
    {
        dead = true;
        runners.ForEach(r => r.Vanish());
        runners.Clear();
    }

    public void Forget(SimRunner runner) => runners.Remove(runner);

    /// <summary>A stop in good order, as the real host makes it.</summary>
    public void Stop()
    {
        if (!core.Stopping)
        {
            world.Note(Saw.WorkerStops, Machine.Number);
            Run(c => c.BeginStop());
            Drain(MostGrace.Ticks / TimeSpan.TicksPerMicrosecond + world.Now, handBack: false);
        }
    }

    private void Drain(long until, bool handBack)
    {
        if (dead)
        {
            return;
        }

        if (!core.IsDrained && world.Now < until)
        {
            world.After(100 * SimWorld.Millisecond, () => Drain(until, handBack));
        }
        else if (!handBack)
        {
            Run(c => c.HandBackAll());
            Drain(world.Now + (10 * SimWorld.Second), handBack: true);
        }
        else
        {
            Run(c => c.CloseRunners());
            CloseRunners(world.Now + (10 * SimWorld.Second));
        }
    }

    private void CloseRunners(long until)
    {
        if (dead)
        {
            return;
        }

        if (core.HasRunners && world.Now < until)
        {
            world.After(100 * SimWorld.Millisecond, () => CloseRunners(until));
            return;
        }

        // Whatever is left is killed; then the stream ends in good order and the process with it.
        Run(c => c.KillRunners());
        wire?.ToManager.Send(new Closing(null));
        Machine.Stopped(this);
    }

    private SimRunner NewRunner()
    {
        var runner = new SimRunner(world, this, ++runnersStarted);
        runners.Add(runner);
        return runner;
    }

    // What the real loop does after every run of posts. The real one ticks ten times a second; here after a tenth of a second when
    // something has happened, and otherwise every second while there is something that time could change.
    private void After()
    {
        core.AfterRun();
        TickIn(100 * SimWorld.Millisecond);
    }

    private void TickIn(long delay)
    {
        if (tickAt > world.Now + delay)
        {
            tickAt = world.Now + delay;
            world.After(delay, tick);
        }
    }

    private void Tick()
    {
        if (dead || tickAt != world.Now)
        {
            return;
        }

        tickAt = long.MaxValue;
        core.Tick();
        core.AfterRun();
        if (core.Held > 0 || core.Stopping || runners.Count < options.Slots || !runners.TrueForAll(static r => r.IsIdle))
        {
            TickIn(SimWorld.Second);
        }
    }
}
