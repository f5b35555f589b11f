using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

/// <summary>
/// What happened to a link. Results carry the generation of the dial or the number of the probe that they belong to:
/// what a superseded one says is ignored, as with attempts of tasks.
/// </summary>
public abstract record LinkEvent
{
    private LinkEvent() { }

    /// <summary>Somebody wants the connection.</summary>
    public sealed record StartRequested : LinkEvent;

    /// <summary>Nobody wants the connection any more.</summary>
    public sealed record StopRequested : LinkEvent;

    /// <summary>A person wants a try now: budget and backoff start over.</summary>
    public sealed record RetryRequested : LinkEvent;

    /// <summary>New credentials are in place.</summary>
    public sealed record CredentialsChanged : LinkEvent;

    /// <summary>An address of this machine came or went.</summary>
    public sealed record NetworkChanged : LinkEvent;

    /// <summary>Time has passed; what is due is done.</summary>
    public sealed record Tick : LinkEvent;

    public sealed record DialSucceeded(long Generation) : LinkEvent;

    /// <param name="RetryAfter">How long the other side asks us to stay away, if it does.</param>
    public sealed record DialFailed(long Generation, Failure Failure, LinkVerdict Verdict = LinkVerdict.Retry, TimeSpan? RetryAfter = null)
        : LinkEvent;

    /// <param name="Planned">The other side said that it would go (a restart); not counted as flapping.</param>
    public sealed record Lost(
        long Generation,
        Failure Failure,
        LinkVerdict Verdict = LinkVerdict.Retry,
        bool Planned = false,
        TimeSpan? RetryAfter = null
    ) : LinkEvent;

    /// <summary>When last something was received, sent, and an answer to a keep-alive came, on the link's monotonic clock. Reported in bulk, not per message.</summary>
    public sealed record Activity(long Generation, TimeSpan? Received, TimeSpan? Sent, TimeSpan? Answered) : LinkEvent;

    public sealed record ProbeReported(long Probe, bool Succeeded) : LinkEvent;

    /// <param name="Failure">Null: healthy.</param>
    public sealed record HealthReported(long Check, Failure? Failure) : LinkEvent;
}

/// <summary>What a failure means for going on.</summary>
public enum LinkVerdict
{
    /// <summary>Try again.</summary>
    Retry,

    /// <summary>Wait for other credentials.</summary>
    Auth,

    /// <summary>Repeating makes it no better, or worse.</summary>
    Fatal,
}

/// <summary>A moment on two clocks on purpose: durations by the monotonic one, what people read by the wall clock.</summary>
/// <param name="Monotonic">Since an arbitrary origin of the link; never goes back.</param>
/// <param name="Wall">For records alone; nothing is decided by it.</param>
public readonly record struct LinkInstant(TimeSpan Monotonic, DateTimeOffset Wall);
