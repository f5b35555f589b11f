namespace OpenClaw.Simulation.World;

/// <summary>A fault of ours that the simulator has to find.</summary>
internal enum Plant
{
    None,

    /// <summary>The store takes an outcome from whoever brings it.</summary>
    NoFence,

    /// <summary>A worker goes on with its attempts when its lease has ended.</summary>
    NoLeaseStop,

    /// <summary>The manager says that a task is stored before it is.</summary>
    AckBeforeCommit,
}

/// <summary>A run. The same options give the same run.</summary>
internal sealed record SimOptions
{
    public required int Seed { get; init; }
    public int Workers { get; init; } = 20;
    public int SlotsPerWorker { get; init; } = 2;

    /// <summary>How long clients submit and things go wrong; what is left then has to end without them.</summary>
    public double Hours { get; init; } = 20;

    public bool WithFaults { get; init; } = true;
    public Plant Plant { get; init; }

    /// <summary>The command that runs it again.</summary>
    public string Command => $"./test --simulate --hours {Hours} --seed {Seed}{(Plant == Plant.None ? "" : $" --plant {Plant}")}";
}

/// <summary>A rule was broken.</summary>
/// <param name="message">Which, the command that shows it again, and the last events.</param>
/// <param name="atHour">Hours of the cluster's time.</param>
internal sealed class SimulationException(string message, double atHour) : Exception(message)
{
    public double AtHour { get; } = atHour;
}
