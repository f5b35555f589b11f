using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

/// <summary>What the shell has to do for a link, in the order of the list. When to wake the machine again is <see cref="LinkMachine.NextDue"/>.</summary>
public abstract record LinkEffect
{
    private LinkEffect() { }

    /// <summary>Open a connection; report <see cref="LinkEvent.DialSucceeded"/> or <see cref="LinkEvent.DialFailed"/>.</summary>
    public sealed record Dial(long Generation, string Address) : LinkEffect;

    /// <summary>The dialled connection is the link's; use it, and report <see cref="LinkEvent.Lost"/> when it ends.</summary>
    public sealed record Serve(long Generation) : LinkEffect;

    /// <summary>End this dial or connection, whatever it is doing. Ending what has ended is nothing.</summary>
    /// <param name="Reason">Null: on purpose.</param>
    public sealed record Close(long Generation, Failure? Reason) : LinkEffect;

    /// <summary>See whether the address answers at all; report <see cref="LinkEvent.ProbeReported"/>.</summary>
    public sealed record Probe(long Number, string Address) : LinkEffect;

    /// <summary>The result of this probe is of no interest any more.</summary>
    public sealed record CancelProbe(long Number) : LinkEffect;

    public sealed record SendKeepAlive(long Generation) : LinkEffect;

    /// <summary>Report <see cref="LinkEvent.HealthReported"/> with this number; a check that still runs is superseded.</summary>
    public sealed record CheckHealth(long Generation, long Check) : LinkEffect;

    /// <summary>The public state changed; for logs, metrics, listeners.</summary>
    public sealed record StateChanged(LinkChange Change) : LinkEffect;

    /// <summary>One address failed.</summary>
    public sealed record AttemptFailed(string Address, Failure Failure) : LinkEffect;

    /// <summary>The next round comes after this wait, unless a probe ends it sooner.</summary>
    /// <param name="Attempt">Its number, from 1.</param>
    public sealed record RetryScheduled(TimeSpan Delay, int Attempt) : LinkEffect;

    /// <summary>Attempts are used up and the policy is to exit.</summary>
    public sealed record GiveUp(Failure Failure) : LinkEffect;
}
