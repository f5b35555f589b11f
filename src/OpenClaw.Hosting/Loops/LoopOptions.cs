using OpenClaw.Core.Links;

namespace OpenClaw.Hosting.Loops;

/// <summary>How a background loop runs. Immutable.</summary>
public sealed record LoopOptions
{
    /// <summary>What the loop does, for log lines: <c>outbox</c>, <c>retention</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The rest between passes, ± <see cref="Jitter"/>; zero for a pass that waits for its own signal.</summary>
    public TimeSpan Period { get; init; }

    /// <summary>Share of the period, 0 to 1.</summary>
    public double Jitter { get; init; } = 0.1;

    /// <summary>The rest after a pass that failed. Not even <see cref="SupervisedLoop.Wake"/> shortens it: a fault never spins.</summary>
    public BackoffOptions Fault { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>From one line about a lasting fault to the next.</summary>
    public TimeSpan Reminder { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>How a loop stands. Immutable.</summary>
/// <param name="Passes">Passes that ended well.</param>
/// <param name="FailuresInARow">0 while all is well.</param>
/// <param name="FaultySince">When the running fault began.</param>
/// <param name="LastFault">What it is; null while all is well.</param>
public sealed record LoopStatus(long Passes, int FailuresInARow, DateTimeOffset? FaultySince, Exception? LastFault)
{
    public bool IsHealthy => FailuresInARow == 0;
}
