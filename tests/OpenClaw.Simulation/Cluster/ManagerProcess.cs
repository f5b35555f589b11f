using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Core.Errors;
using OpenClaw.Manager;
using OpenClaw.Manager.Core;
using OpenClaw.Simulation.World;
using OpenClaw.Store;

namespace OpenClaw.Simulation.Cluster;

/// <summary>
/// One life of a manager: the real core, its loop, and the writer that commits in batches. A life that has ended does nothing more:
/// what it had not committed is gone.
/// </summary>
internal sealed class ManagerProcess
{
    private readonly ManagerMachine machine;
    private readonly ManagerCore core;
    private readonly ForwardClock clock;
    private readonly Queue<Action> loop = new();
    private readonly Action tick;
    private readonly Action tickWhenDue;
    private readonly long startedAt;
    private List<StoreOperation> posted = [];
    private List<StoreOperation> committing = [];
    private DateTimeOffset? armed;
    private bool dead;

    public ManagerProcess(SimWorld world, ManagerMachine machine, int life)
    {
        World = world;
        Life = life;
        this.machine = machine;
        startedAt = world.Now;
        clock = new ForwardClock(machine.Clock);
        tick = Tick;
        tickWhenDue = TickWhenDue;
        core = new ManagerCore(
            machine.Options,
            clock,
            posted_ => posted.Add(posted_),
            loop.Enqueue,
            machine.Metrics,
            NullLogger<ManagerCore>.Instance
        );
        Restore();
        world.After(SimWorld.Second, tick);
        After();
    }

    public SimWorld World { get; }

    public int Life { get; }

    public TimeProvider Clock => clock;

    /// <summary>Work in the loop, and what follows from it.</summary>
    public void Run(Action<ManagerCore> work)
    {
        if (!dead)
        {
            work(core);
            After();
        }
    }

    /// <summary>Posted to the loop: after what runs now.</summary>
    public void Later(Action<ManagerCore> work) => loop.Enqueue(() => work(core));

    public void Die()
    {
        dead = true;
        if (committing.Count > 0 && World.Chance(0.5))
        {
            // The commit had reached the disk; nobody was told.
            Execute(committing);
        }
    }

    private void Restore()
    {
        var store = World.Store;
        store.Reopen(clock);
        store.Execute([ManagerCore.AtStart(clock.GetUtcNow(), machine.Options.TaskReassignAfter)]);
        core.Restore(
            [.. store.CountLanes()],
            [
                .. store
                    .Leases.Values.OrderBy(l => l.Worker.Worker, StringComparer.Ordinal)
                    .ThenBy(l => l.Worker.Incarnation)
                    .Select(l => (l, store.HeldBy(l.Worker))),
            ],
            store.Drains
        );
    }

    private void Tick()
    {
        if (!dead)
        {
            World.After(SimWorld.Second, tick);
            core.Tick();
            After();
            World.Checker.SilentWorkersAreShown(core, startedAt);
        }
    }

    private void TickWhenDue()
    {
        if (!dead && armed is not null)
        {
            armed = null;
            core.Tick();
            After();
        }
    }

    // What the real loop does after every run of posts.
    private void After()
    {
        while (loop.TryDequeue(out var work))
        {
            work();
        }

        core.Dispatch();
        if (core.NextDue is { } due && due != armed)
        {
            armed = due;
            var wait = (due - clock.GetUtcNow()).Ticks / TimeSpan.TicksPerMicrosecond;
            World.After(Math.Clamp(wait, SimWorld.Millisecond, SimWorld.Hour), tickWhenDue);
        }

        Commit();
    }

    private void Commit()
    {
        if (committing.Count > 0 || posted.Count == 0)
        {
            return;
        }

        (committing, posted) = (posted, committing);
        if (World.Options.Plant == Plant.AckBeforeCommit)
        {
            committing.ForEach(o => World.Clients.Settled(o, null));
        }

        var slow = World.Chance(0.001);
        World.After(slow ? World.Spread(50 * SimWorld.Millisecond, 5 * SimWorld.Second) : World.Between(500, 5000), Committed);
    }

    private void Committed()
    {
        if (dead)
        {
            return;
        }

        var failure = World.Now < machine.StoreRefusesUntil ? new Failure(Catalogue.StoreFull, "no space left on device") : null;
        if (failure is null)
        {
            Execute(committing);
        }

        foreach (var operation in committing)
        {
            operation.Settle(failure);
            World.Clients.Settled(operation, failure ?? operation.Refused);
        }

        committing.Clear();
        After();
    }

    private void Execute(List<StoreOperation> operations)
    {
        World.Store.Execute(operations);
        operations.ForEach(World.Checker.Committed);
    }
}
