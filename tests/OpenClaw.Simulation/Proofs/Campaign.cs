using System.Diagnostics;
using OpenClaw.Simulation.World;

namespace OpenClaw.Simulation.Proofs;

/// <summary>Many runs, each a cluster of its own with a seed of its own, as many at once as there are processors.</summary>
internal static class Campaign
{
    /// <summary>The length of one run: long enough for what needs hours to show, short enough to be repeated in seconds.</summary>
    public const double HoursOfARun = 20;

    internal sealed record Result(double Hours, TimeSpan Took, long Events, long Tasks, long Handovers)
    {
        public override string ToString() =>
            $"{Hours:0} cluster-hours in {Took.TotalSeconds:0} s ({Hours / Took.TotalMinutes:0} a minute): {Tasks} tasks, "
            + $"{Handovers} handed over, {Events} events";
    }

    /// <summary>Runs so many hours of clusters, with the seeds from the first on.</summary>
    /// <exception cref="SimulationException">A rule was broken; of several the one with the smallest seed.</exception>
    public static Result Run(double hours, SimOptions first)
    {
        var watch = Stopwatch.StartNew();
        var runs = Math.Max(1, (int)Math.Ceiling(hours / HoursOfARun));
        var results = new SimResult?[runs];
        var broken = new SimulationException?[runs];
        Parallel.For(
            0,
            runs,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            (i, loop) =>
            {
                try
                {
                    results[i] = SimRun.Run(first with { Seed = first.Seed + i, Hours = Math.Min(hours, HoursOfARun) });
                }
                catch (SimulationException failure)
                {
                    broken[i] = failure;
                    loop.Break();
                }
            }
        );
        if (broken.FirstOrDefault(b => b is not null) is { } found)
        {
            throw found;
        }

        return new Result(
            results.Sum(r => r!.Hours),
            watch.Elapsed,
            results.Sum(r => r!.Events),
            results.Sum(r => (long)r!.Tasks),
            results.Sum(r => r!.Handovers)
        );
    }

    /// <summary>How many hours of clusters it takes to find a fault of ours, and what is found; null when the hours do not suffice.</summary>
    public static (double Hours, SimulationException Found)? Hunt(Plant plant, double most)
    {
        var hours = 0.0;
        for (var seed = 1; hours < most; seed++)
        {
            try
            {
                hours += SimRun
                    .Run(
                        new SimOptions
                        {
                            Seed = seed,
                            Hours = HoursOfARun,
                            Plant = plant,
                        }
                    )
                    .Hours;
            }
            catch (SimulationException found)
            {
                return (hours + found.AtHour, found);
            }
        }

        return null;
    }
}
