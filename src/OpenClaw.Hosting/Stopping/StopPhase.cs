namespace OpenClaw.Hosting.Stopping;

/// <summary>How far a program's stop has come. Only ever forward.</summary>
public enum StopPhase
{
    /// <summary>No stop was asked for: new work is taken.</summary>
    Accepting,

    /// <summary>No new work; what runs may end by itself.</summary>
    Draining,

    /// <summary>What still runs is told to end.</summary>
    Cancelling,

    /// <summary>What did not listen is left behind; only what must be written is written.</summary>
    Abandoning,

    /// <summary>The time is up: the program ends now.</summary>
    Over,
}

/// <summary>How long each phase of a stop may take at most. Immutable; a phase of zero is over as soon as it begins.</summary>
public sealed record StopOptions
{
    public TimeSpan Draining { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Cancelling { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Abandoning { get; init; } = TimeSpan.FromSeconds(5);
}
