using OpenClaw.Core.Errors;
using OpenClaw.Simulation.Cluster;

namespace OpenClaw.Simulation.World;

/// <summary>What goes wrong, and when.</summary>
internal sealed class Faults(SimWorld world)
{
    private const long MeanPause = 4 * SimWorld.Minute;

    public bool HaveStopped { get; private set; }

    public void Begin() => world.After(world.Arrival(MeanPause), Strike);

    public void Stop()
    {
        HaveStopped = true;
        world.Note(Saw.FaultsStop);
    }

    private void Strike()
    {
        if (HaveStopped)
        {
            return;
        }

        world.After(world.Arrival(MeanPause), Strike);
        switch (world.Random.Next(100))
        {
            case < 20:
                KillWorkers();
                break;
            case < 30:
                KillManager();
                break;
            case < 65:
                Partition();
                break;
            case < 75:
                CutConnection();
                break;
            case < 81:
                SlowNetwork();
                break;
            case < 88:
                SetClock();
                break;
            case < 91:
                RefuseChanges();
                break;
            case < 94:
                Drain();
                break;
            case < 96:
                Restart();
                break;
            default:
                AnyWorker().Process?.Stop();
                break;
        }
    }

    private WorkerMachine AnyWorker() => world.Workers[world.Random.Next(world.Workers.Count)];

    // Mostly one, sometimes a rack, seldom all of them.
    private IEnumerable<WorkerMachine> SomeWorkers()
    {
        var count = world.Random.Next(10) switch
        {
            0 => world.Workers.Count,
            1 => Math.Max(1, world.Workers.Count / 4),
            _ => 1,
        };
        var first = world.Random.Next(world.Workers.Count);
        return Enumerable.Range(0, count).Select(i => world.Workers[(first + i) % world.Workers.Count]);
    }

    private void KillWorkers()
    {
        foreach (var worker in SomeWorkers())
        {
            var away = world.Chance(0.7)
                ? world.Spread(SimWorld.Second, 30 * SimWorld.Second)
                : world.Spread(30 * SimWorld.Second, 20 * SimWorld.Minute);
            worker.Die(withMachine: world.Chance(0.3), reported: world.Chance(0.6), away);
        }
    }

    private void KillManager()
    {
        var away =
            world.Chance(0.6) ? world.Spread(300 * SimWorld.Millisecond, 30 * SimWorld.Second)
            : world.Chance(0.7) ? world.Spread(30 * SimWorld.Second, 5 * SimWorld.Minute)
            : 5 * SimWorld.Minute;
        world.ManagerMachine.Die(withMachine: world.Chance(0.2), away);
    }

    private void Partition()
    {
        var (towards, from) = world.Random.Next(4) switch
        {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
        var span = world.Chance(0.5)
            ? world.Spread(100 * SimWorld.Millisecond, SimWorld.Minute)
            : world.Spread(SimWorld.Minute, 15 * SimWorld.Minute);
        foreach (var worker in SomeWorkers())
        {
            worker.Cut(towards, from, span);
        }
    }

    private void CutConnection()
    {
        var worker = AnyWorker();
        world.Note(Saw.ConnectionCut, worker.Number);
        var reset = new Failure(Catalogue.ConnectionLost, "connection reset");
        foreach (var wire in worker.Wires)
        {
            wire.ToManager.Break(reset);
            wire.ToWorker.Break(reset);
        }
    }

    private void SlowNetwork()
    {
        var (by, span) = (
            world.Spread(50 * SimWorld.Millisecond, 20 * SimWorld.Second),
            world.Spread(SimWorld.Second, 10 * SimWorld.Minute)
        );
        foreach (var worker in SomeWorkers())
        {
            world.Note(Saw.SlowNetwork, worker.Number, by, span);
            worker.SlowBy = by;
            world.After(span, () => worker.SlowBy = 0);
        }
    }

    // Off by up to an hour in either direction: backups, wrong time servers, a battery that is empty.
    private void SetClock()
    {
        var offset = world.Between(-SimWorld.Hour, SimWorld.Hour);
        var manager = world.Chance(0.3);
        var worker = AnyWorker();
        var clock = manager ? world.ManagerMachine.Clock : worker.Clock;
        world.Note(Saw.ClockSet, manager ? -1 : worker.Number, offset - clock.Offset);
        clock.Offset = offset;
    }

    // An operator takes a worker out and gives it back later, through whatever happens to the manager meanwhile.
    private void Drain()
    {
        var worker = AnyWorker();
        var span = world.Spread(SimWorld.Second, 10 * SimWorld.Minute);
        world.Note(Saw.Drained, worker.Number, span);
        world.ManagerMachine.Process?.Run(core => core.Drain([worker.Id], drained: true, "", "anna"));
        world.After(span, () => GiveBack(worker));
    }

    private void GiveBack(WorkerMachine worker)
    {
        if (world.Store.Drains.Any(d => d.Worker == worker.Id))
        {
            world.ManagerMachine.Process?.Run(core => core.Drain([worker.Id], drained: false, "", "anna"));
            world.After(SimWorld.Second, () => GiveBack(worker));
        }
    }

    private void Restart()
    {
        var worker = AnyWorker();
        world.Note(Saw.RestartOrdered, worker.Number);
        world.ManagerMachine.Process?.Run(core => core.Restart(worker.Id, 0));
    }

    private void RefuseChanges()
    {
        var span = world.Spread(SimWorld.Second, 2 * SimWorld.Minute);
        world.Note(Saw.StoreRefuses, span);
        world.ManagerMachine.StoreRefusesUntil = world.Now + span;
    }
}
