using System.Globalization;
using OpenClaw.Simulation.Proofs;
using OpenClaw.Simulation.World;

namespace OpenClaw.Simulation;

/// <summary>The tests, or with --hours a run of the simulator by itself.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) =>
        args.Contains("--hours", StringComparer.Ordinal)
            ? Task.FromResult(Simulate(args))
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

    private static int Simulate(string[] args)
    {
        string Of(string name, string fallback) => args.SkipWhile(a => a != name).Skip(1).FirstOrDefault() ?? fallback;
        if (
            !double.TryParse(Of("--hours", ""), CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(Of("--seed", "1"), CultureInfo.InvariantCulture, out var seed)
            || !Enum.TryParse<Plant>(Of("--plant", nameof(Plant.None)), ignoreCase: true, out var plant)
            || !(hours > 0)
        )
        {
            Console.Error.WriteLine($"usage: --hours N [--seed N] [--plant {string.Join('|', Enum.GetNames<Plant>())}]");
            return 2;
        }

        try
        {
            Console.WriteLine(Campaign.Run(hours, new SimOptions { Seed = seed, Plant = plant }));
            return 0;
        }
        catch (SimulationException broken)
        {
            Console.WriteLine(broken.Message);
            return 1;
        }
    }
}
