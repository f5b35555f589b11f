using OpenClaw.Core.Tasks;
using OpenClaw.Simulation.Cluster;

namespace OpenClaw.Simulation.World;

/// <summary>What a run was.</summary>
internal sealed record SimResult(
    int Seed,
    double Hours,
    long Events,
    ulong Hash,
    int Tasks,
    long Outcomes,
    long Handovers,
    int MostAttempts
);

/// <summary>Runs a cluster from its first start until every task has ended.</summary>
internal static class SimRun
{
    /// <summary>After the last fault: long enough for what waits, retries, leases, and clocks that are an hour off.</summary>
    private const long Longest = 24 * SimWorld.Hour;

    /// <exception cref="SimulationException">A rule was broken.</exception>
    public static SimResult Run(SimOptions options)
    {
        var world = new SimWorld(options);
        world.ManagerMachine.Start();
        foreach (var worker in world.Workers)
        {
            world.After(world.Between(0, 3 * SimWorld.Second), worker.Start);
        }

        world.Clients.Begin();
        void LookAround()
        {
            world.After(SimWorld.Minute, LookAround);
            world.Checker.WorkersKnowWhatTheyHold();
        }

        world.After(SimWorld.Minute, LookAround);
        if (options.WithFaults)
        {
            world.Faults.Begin();
        }

        world.RunUntil((long)(options.Hours * SimWorld.Hour));
        world.Faults.Stop();
        world.Clients.HaveStopped = true;
        var stopped = world.Now;
        while (world.Clients.Unanswered > 0 || world.Checker.NotEnded().Any())
        {
            world.RunUntil(world.Now + (10 * SimWorld.Minute));
            if (world.Now - stopped > Longest)
            {
                var left = world
                    .Checker.NotEnded()
                    .Take(5)
                    .Select(r => $"{new TaskId(r.Number)} {Transitions.Name(r.State)} attempt {r.Attempt} of {r.Holder?.Worker}");
                world.Checker.Fail($"Tasks do not end although nothing is wrong any more: {string.Join(", ", left)}");
            }
        }

        world.Note(Saw.AllEnded);
        world.Checker.NothingIsLost();
        return new SimResult(
            options.Seed,
            world.Now / (double)SimWorld.Hour,
            world.Events,
            world.Trace.Hash,
            world.Store.Rows.Count,
            world.Checker.Outcomes,
            world.Checker.Handovers,
            world.Checker.MostAttempts
        );
    }

    /// <summary>Every slot runs an hour-long task; the manager is killed at some moment and is away for a while; nothing else fails.</summary>
    public static SimResult WithoutManager(int seed, TimeSpan away)
    {
        var world = new SimWorld(new SimOptions { Seed = seed, WithFaults = false });
        world.ManagerMachine.Start();
        foreach (var worker in world.Workers)
        {
            world.After(world.Between(0, 3 * SimWorld.Second), worker.Start);
        }

        world.RunUntil(10 * SimWorld.Second);
        var slots = world.Options.Workers * world.Options.SlotsPerWorker;
        world.Clients.Submit([.. Enumerable.Range(0, slots).Select(_ => world.Clients.NewTask(Clients.Hours) with { DueAt = 0 })]);
        world.RunUntil(world.Between(SimWorld.Minute, 2 * SimWorld.Minute));
        world.ManagerMachine.Die(withMachine: false, away.Ticks / TimeSpan.TicksPerMicrosecond);
        world.RunUntil(2 * SimWorld.Hour);
        world.Checker.NothingIsLost();
        return new SimResult(
            seed,
            world.Now / (double)SimWorld.Hour,
            world.Events,
            world.Trace.Hash,
            world.Store.Rows.Count(r => r.State == TaskState.Succeeded),
            world.Checker.Outcomes,
            world.Checker.Handovers,
            world.Checker.MostAttempts
        );
    }
}
