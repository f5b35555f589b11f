using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

/// <summary>One change of a link's public state. Immutable.</summary>
/// <param name="From">The state that ended.</param>
/// <param name="To">The state that began.</param>
/// <param name="At">When, for people to read.</param>
/// <param name="Lasted">How long <paramref name="From"/> had lasted, by the monotonic clock.</param>
/// <param name="Address">The address that it is about.</param>
/// <param name="Cause">The failure behind it; null when nothing failed.</param>
/// <param name="Attempts">Reconnection attempts spent so far.</param>
public sealed record LinkChange(
    LinkState From,
    LinkState To,
    DateTimeOffset At,
    TimeSpan Lasted,
    string Address,
    Failure? Cause,
    int Attempts
);

/// <summary>The last changes of a link, oldest first; older ones are forgotten. Not thread-safe.</summary>
public sealed class LinkHistory(int limit)
{
    private readonly Queue<LinkChange> changes = new(Math.Min(limit, 64));

    public int Count => changes.Count;

    public void Add(LinkChange change)
    {
        if (changes.Count == limit)
        {
            changes.Dequeue();
        }

        changes.Enqueue(change);
    }

    /// <summary>A copy that does not change any more.</summary>
    public IReadOnlyList<LinkChange> ToArray() => changes.ToArray();
}

/// <summary>How a link stands at one moment. Immutable; safe to share.</summary>
public sealed record LinkSnapshot
{
    public required LinkState State { get; init; }

    public required LinkPhase Phase { get; init; }

    /// <summary>When the state began, for people to read.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The address connected to, being dialled, or dialled last.</summary>
    public required string Address { get; init; }

    /// <summary>Reconnection attempts spent since the last stable connection.</summary>
    public required int Attempts { get; init; }

    /// <summary>0 = no limit.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>The last failure; kept through a recovery, so that one can see what it was.</summary>
    public required Failure? LastFailure { get; init; }

    /// <summary>When the running wait ends, on the wall clock; null when none runs.</summary>
    public required DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Connections opened since the link exists.</summary>
    public required long Connections { get; init; }
}
