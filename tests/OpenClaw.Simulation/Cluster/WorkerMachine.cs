using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Simulation.World;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Simulation.Cluster;

/// <summary>The machine that a worker runs on: its clock, its disk, its way to the manager, its supervisor, and the process while there is one.</summary>
internal sealed class WorkerMachine
{
    public const long Heartbeat = 10 * SimWorld.Second;

    private readonly SimWorld world;
    private long lastIncarnation;

    public WorkerMachine(SimWorld world, int number)
    {
        this.world = world;
        Number = number;
        Clock = new SimClock(world);
    }

    public int Number { get; }
    public string Id => "w" + Number.ToString(CultureInfo.InvariantCulture);
    public SimClock Clock { get; }
    public WorkerProcess? Process { get; private set; }

    /// <summary>What the outbox has on disk, by the incarnation that made it.</summary>
    public List<(long Incarnation, AttemptOutcome Outcome)> Disk { get; } = [];

    /// <summary>Connections of which something may still be under way.</summary>
    public List<Wire> Wires { get; } = [];
    public bool CutTowards { get; private set; }
    public bool CutFrom { get; private set; }

    /// <summary>The most that a message takes, while the network is slow.</summary>
    public long SlowBy { get; set; }

    /// <summary>When the manager had its last message from here; and the last such moment whose silence was looked at.</summary>
    public long HeardAt { get; set; }
    public long SilenceSeenAt { get; set; }

    public static int NumberOf(string id) => int.Parse(id.AsSpan(1), CultureInfo.InvariantCulture);

    public long Delay() => SlowBy > 0 ? world.Between(SimWorld.Millisecond, SlowBy) : world.Between(100, 2000);

    public void Start()
    {
        if (Process is null)
        {
            lastIncarnation++;
            world.Note(Saw.WorkerStarted, Number, lastIncarnation);
            Process = new WorkerProcess(world, this, lastIncarnation);
        }
    }

    /// <summary>Every process of the worker is gone at once.</summary>
    /// <param name="withMachine">Nobody hears of it: no end of the connection, no report.</param>
    /// <param name="reported">The supervisor says to the manager that the incarnation is dead.</param>
    /// <param name="forMicros">Until the next start.</param>
    public void Die(bool withMachine, bool reported, long forMicros)
    {
        if (Process is not { } process)
        {
            return;
        }

        world.Note(Saw.WorkerDied, Number, withMachine ? 1 : 0, forMicros);
        End(process);
        foreach (var wire in Wires)
        {
            if (withMachine)
            {
                wire.ToManager.Vanish();
            }
            else
            {
                wire.ToManager.Break(new Failure(Catalogue.ConnectionLost, "the worker's process ended"));
            }
        }

        if (reported && !withMachine)
        {
            world.After(world.Between(20, 900) * SimWorld.Millisecond, () => Report(process.Incarnation, 60));
        }

        world.After(forMicros, Start);
    }

    /// <summary>The process has ended in good order; the next one comes.</summary>
    public void Stopped(WorkerProcess process)
    {
        End(process);
        world.After(world.Spread(200 * SimWorld.Millisecond, 10 * SimWorld.Second), Start);
    }

    private void End(WorkerProcess process)
    {
        Process = null;
        process.Die();
    }

    private void Report(long incarnation, int tries)
    {
        if (!CutTowards && !CutFrom && world.ManagerMachine.Process is { } manager)
        {
            world.Note(Saw.DeathReported, Number, incarnation);
            manager.Run(core => core.OnDeathReported(new WorkerRef(Id, incarnation), "killed"));
        }
        else if (tries > 0)
        {
            world.After(SimWorld.Second, () => Report(incarnation, tries - 1));
        }
    }

    public void Cut(bool towards, bool from, long forMicros)
    {
        if (CutTowards || CutFrom)
        {
            return;
        }

        (CutTowards, CutFrom) = (towards, from);
        world.Note(Saw.Partition, Number, (towards ? 1 : 0) + (from ? 2 : 0), forMicros);
        world.After(forMicros, Heal);
    }

    private void Heal()
    {
        (CutTowards, CutFrom) = (false, false);
        world.Note(Saw.Healed, Number);
        Wires.ForEach(w => w.Kick());
    }

    public Wire NewWire(Action<object> receive)
    {
        if (Wires.Count == 4)
        {
            Wires.RemoveAt(0);
        }

        var wire = new Wire(world, this, receive, world.ManagerMachine.Receive);
        Wires.Add(wire);
        return wire;
    }
}
