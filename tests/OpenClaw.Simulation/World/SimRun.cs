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
}
