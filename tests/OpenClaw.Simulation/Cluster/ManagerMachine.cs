using OpenClaw.Core.Errors;
using OpenClaw.Manager;
using OpenClaw.Simulation.World;

namespace OpenClaw.Simulation.Cluster;

/// <summary>The machine that a manager runs on: its clock, its disk, and the process while there is one.</summary>
internal sealed class ManagerMachine
{
    private readonly SimWorld world;
    private int starts;

    public ManagerMachine(SimWorld world)
    {
        this.world = world;
        Clock = new SimClock(world);
        Options = new ManagerOptions { ManagerId = "m1", DataDirectory = "/nowhere" };
    }

    public SimClock Clock { get; }
    public ManagerOptions Options { get; }
    public ManagerMetrics Metrics { get; } = new();
    public ManagerProcess? Process { get; private set; }

    /// <summary>The machine is up: who connects without a process there is refused at once, otherwise hears nothing.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Until then the store refuses every change (its disk is full).</summary>
    public long StoreRefusesUntil { get; set; }

    public void Start()
    {
        IsUp = true;
        if (Process is null)
        {
            world.Note(Saw.ManagerStarted);
            Process = new ManagerProcess(world, this, ++starts);
            world.Checker.NothingIsLost();
        }
    }

    /// <summary>Killed; with its machine nobody hears of it.</summary>
    public void Die(bool withMachine, long forMicros)
    {
        if (Process is not { } process)
        {
            return;
        }

        world.Note(Saw.ManagerDied, withMachine ? 1 : 0, forMicros);
        Process = null;
        IsUp = !withMachine;
        process.Die();
        foreach (var wire in world.Workers.SelectMany(w => w.Wires))
        {
            if (wire.Session?.Manager == process)
            {
                if (withMachine)
                {
                    wire.ToWorker.Vanish();
                }
                else
                {
                    wire.ToWorker.Break(new Failure(Catalogue.ConnectionLost, "the manager's process ended"));
                }
            }
        }

        world.After(forMicros, Start);
    }

    /// <summary>Something comes in from a worker's connection.</summary>
    public void Receive(Wire wire, object message)
    {
        if (Process is { } process)
        {
            if (message is WireOpens)
            {
                wire.Session = new ManagerSession(process, wire);
            }
            else if (wire.Session?.Manager == process)
            {
                process.Run(core => wire.Session.Receive(core, message));
            }
            else
            {
                wire.ToWorker.Send(new Closing(new Failure(Catalogue.ConnectionLost, "the connection is not known here")));
            }
        }
        else if (IsUp)
        {
            wire.ToWorker.Send(new Closing(new Failure(Catalogue.ConnectionRefused, "nothing listens")));
        }
    }
}

/// <summary>The first thing on a wire: a connection is wanted.</summary>
internal sealed record WireOpens
{
    public static WireOpens Instance { get; } = new();
}
