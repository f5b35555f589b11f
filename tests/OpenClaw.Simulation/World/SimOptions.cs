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

    /// <summary>
    /// A grace of a kill that is longer than the fence (<see cref="SimOptions.BeyondTheFence"/>), which the settings' check refuses, and
    /// a manager that does not say its lease, so that the worker cannot cut the grace short.
    /// </summary>
    LongKillGrace,
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

    /// <summary>With what is stopped when the lease has ended, after 5 min 20 s, it lasts until long after the hand-over, at 6 min.</summary>
    public static TimeSpan BeyondTheFence { get; } = TimeSpan.FromMinutes(5);

    /// <summary>From SIGTERM to SIGKILL.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);
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
