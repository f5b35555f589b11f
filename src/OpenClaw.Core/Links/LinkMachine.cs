using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

/// <summary>
/// The one state machine behind every connection. Pure: it does no I/O and owns no timer; events and the time go in,
/// effects come out, and randomness is what the owner seeded. It moves only along rows of <see cref="LinkTable"/>.
/// Not thread-safe: it belongs to one owner loop.
/// </summary>
/// <remarks>
/// A round tries every address once, at once after each other; only after a whole round comes a wait. A round that a
/// wait led to spends one attempt. What starts a dial without spending one: the first start, a probe that was answered,
/// a failover after a loss, a person's wish.
/// </remarks>
public sealed partial class LinkMachine
{
    private readonly LinkOptions options;
    private readonly Random random;
    private readonly Backoff backoff;
    private readonly LinkHistory history;
    private readonly Queue<TimeSpan> drops = new();

    // The step that is running: set at its start, so that no method has to hand them on.
    private TimeSpan now;
    private DateTimeOffset wall;
    private List<LinkEffect> effects = [];

    private TimeSpan stateSince;
    private DateTimeOffset stateSinceWall;
    private Failure? lastFailure;
    private long connections;

    /// <param name="options">Options that <see cref="LinkOptions.Validate"/> finds nothing wrong with; else this throws <see cref="ArgumentException"/>.</param>
    /// <param name="random">Seeded by the owner.</param>
    /// <param name="start">The moment from which the first state counts.</param>
    public LinkMachine(LinkOptions options, Random random, LinkInstant start)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is [var first, ..])
        {
            throw new ArgumentException(first.Message, nameof(options));
        }

        this.options = options;
        this.random = random;
        backoff = new(options.Backoff, random);
        history = new(options.HistoryLimit);
        stateSince = start.Monotonic;
        stateSinceWall = start.Wall;
    }

    public LinkPhase Phase { get; private set; }

    public LinkState State => Phase.State();

    /// <summary>The generation of the running or last dial and of the connection that came of it; rises by one per dial.</summary>
    public long Generation { get; private set; }

    /// <summary>Reconnection attempts spent since the last stable connection.</summary>
    public int Attempts { get; private set; }

    public LinkHistory History => history;

    /// <summary>
    /// When the machine must see a <see cref="LinkEvent.Tick"/> at the latest; null when only an event from outside can
    /// lead on. Derived from the state and not announced, so that it cannot be forgotten.
    /// </summary>
    public TimeSpan? NextDue =>
        Phase switch
        {
            LinkPhase.Dialing or LinkPhase.Redialing => dialDeadline,
            LinkPhase.Waiting => Earliest(waitUntil, Earliest(probeDue, probeDeadline)),
            LinkPhase.Held => waitUntil,
            LinkPhase.Dormant => Earliest(probeDue, probeDeadline),
            LinkPhase.Open => ConnectionDue,
            _ => null,
        };

    /// <summary>Takes one event and appends what has to be done to <paramref name="into"/>.</summary>
    /// <param name="what">The event.</param>
    /// <param name="at">Now; its monotonic part never goes back from step to step.</param>
    /// <param name="into">Gets the effects, to be carried out in order.</param>
    public void Step(LinkEvent what, LinkInstant at, List<LinkEffect> into)
    {
        now = at.Monotonic;
        wall = at.Wall;
        effects = into;
        switch (what)
        {
            case LinkEvent.StartRequested:
                Fire(LinkOn.Start, null);
                break;
            case LinkEvent.StopRequested:
                Fire(LinkOn.Stop, null);
                break;
            case LinkEvent.RetryRequested:
                Fire(LinkOn.Retry, null);
                break;
            case LinkEvent.CredentialsChanged:
                Fire(LinkOn.Credentials, null);
                break;
            case LinkEvent.NetworkChanged:
                NetworkChanged();
                break;
            case LinkEvent.DialSucceeded dialed when dialOutstanding && dialed.Generation == Generation:
                dialOutstanding = false;
                Fire(LinkOn.Dialed, null);
                break;
            case LinkEvent.DialSucceeded late when !IsCurrent(late.Generation):
                // Nobody waits for this connection any more: it must not stay open.
                effects.Add(new LinkEffect.Close(late.Generation, null));
                break;
            case LinkEvent.DialFailed failed when dialOutstanding && failed.Generation == Generation:
                dialOutstanding = false;
                DialFailed(failed.Failure, failed.Verdict, failed.RetryAfter);
                break;
            case LinkEvent.Lost lost when IsCurrent(lost.Generation):
                Lost(lost.Failure, lost.Verdict, lost.Planned, lost.RetryAfter);
                break;
            case LinkEvent.Activity activity when IsCurrent(activity.Generation):
                NoteActivity(activity);
                break;
            case LinkEvent.HealthReported health when healthDeadline is not null && health.Check == healthNumber:
                HealthReported(health.Failure);
                break;
            case LinkEvent.ProbeReported probe when probeDeadline is not null && probe.Probe == probeNumber:
                ProbeReported(probe.Succeeded);
                break;
            case LinkEvent.Tick:
                Tick();
                break;
        }
    }

    /// <summary>How the link stands.</summary>
    public LinkSnapshot Snapshot(LinkInstant at) =>
        new()
        {
            State = State,
            Phase = Phase,
            Since = stateSinceWall,
            Address = options.Addresses[address],
            Attempts = Phase == LinkPhase.Open && at.Monotonic - connectedAt >= options.StableAfter ? 0 : Attempts,
            MaxAttempts = options.MaxAttempts,
            LastFailure = lastFailure,
            NextAttempt = waitUntil is { } until ? at.Wall + (until - at.Monotonic) : null,
            Connections = connections,
        };

    private bool IsCurrent(long generation) => Phase == LinkPhase.Open && generation == Generation;

    private void Tick()
    {
        switch (Phase)
        {
            case LinkPhase.Dialing or LinkPhase.Redialing when dialDeadline <= now:
                DialTimedOut();
                break;
            case LinkPhase.Waiting or LinkPhase.Held when waitUntil <= now:
                Fire(LinkOn.WaitOver, null);
                break;
            case LinkPhase.Waiting or LinkPhase.Dormant:
                TendProbe();
                break;
            case LinkPhase.Open:
                TendConnection();
                break;
        }
    }

    // The only place where the phase changes.
    private void Fire(LinkOn on, Failure? cause)
    {
        if (LinkTable.Find(Phase, on) is not { } to)
        {
            return;
        }

        var from = Phase;
        Leave(from, on, cause);
        Phase = to;
        if (from.State() != to.State())
        {
            var change = new LinkChange(from.State(), to.State(), wall, now - stateSince, options.Addresses[address], cause, Attempts);
            stateSince = now;
            stateSinceWall = wall;
            history.Add(change);
            effects.Add(new LinkEffect.StateChanged(change));
        }

        Enter(from, to, on, cause);
    }

    private void Leave(LinkPhase from, LinkOn on, Failure? cause)
    {
        switch (from)
        {
            case LinkPhase.Dialing or LinkPhase.Redialing:
                LeaveDial(cause);
                break;
            case LinkPhase.Waiting or LinkPhase.Dormant or LinkPhase.Held:
                LeaveWait(on);
                break;
            case LinkPhase.Open:
                LeaveConnection(cause);
                break;
        }
    }

    private void Enter(LinkPhase from, LinkPhase to, LinkOn on, Failure? cause)
    {
        switch (to)
        {
            case LinkPhase.Dialing or LinkPhase.Redialing:
                EnterDial(on);
                break;
            case LinkPhase.Waiting when on == LinkOn.ResumeWait:
                ResumeWait();
                break;
            case LinkPhase.Waiting:
                EnterWait();
                break;
            case LinkPhase.Held:
                EnterHold();
                break;
            case LinkPhase.Dormant:
                EnterDormancy(listens: from == LinkPhase.Open || probeStarted);
                break;
            case LinkPhase.Open:
                EnterConnection();
                break;
            case LinkPhase.Failed when on == LinkOn.GaveUp:
                effects.Add(new LinkEffect.GiveUp(cause!));
                break;
        }
    }

    private static TimeSpan? Earliest(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;
}
