using System.Globalization;

namespace OpenClaw.SystemTests.Chaos;

/// <summary>How much chaos. <c>OPENCLAW_CHAOS_SEED</c> repeats a run's draws; what the machine does in between stays its own.</summary>
internal sealed record ChaosOptions
{
    public int Seed { get; init; } =
        int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_CHAOS_SEED"), CultureInfo.InvariantCulture, out var seed)
            ? seed
            : Environment.TickCount & 0xFFFFFF;

    /// <summary>At least this many tasks and this many kills; whichever takes longer.</summary>
    public int Tasks { get; init; } = 20_000;
    public int Kills { get; init; } = 50;

    /// <summary>Tasks that are submitted and have not ended yet.</summary>
    public int Outstanding { get; init; } = 1500;

    /// <summary>Weights of the draw.</summary>
    public int ManagerWeight { get; init; } = 1;
    public int WorkerWeight { get; init; } = 1;
    public int RunnerWeight { get; init; } = 2;

    /// <summary>Whether tasks have to run for the next kill to come.</summary>
    public bool WaitForOutcomes { get; init; } = true;

    public (string Name, string Value)[] ManagerEnvironment { get; init; } = [];
}
