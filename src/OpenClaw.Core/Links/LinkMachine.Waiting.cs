using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

// Waits, and the probes that end them early.
public sealed partial class LinkMachine
{
    /// <summary>Waits up to this long are not worth a probe.</summary>
    public static readonly TimeSpan ProbeWaitsOver = TimeSpan.FromSeconds(1);

    /// <summary>Probes are spread by this share, so that many clients of one server do not knock together.</summary>
    public const double ProbeJitter = 0.2;

    // The least that is left of a wait which a probe interrupted in vain.
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(100);

    private TimeSpan? waitUntil;

    // The end of the wait that a probe interrupted.
    private TimeSpan? resumeAt;

    // The wait is the other side's wish: neither a probe nor a network change cuts it short.
    private bool waitIsOrdered;

    private TimeSpan? probeDue;
    private TimeSpan? probeDeadline;
    private long probeNumber;
    private int probeAddress;

    private void EnterWait()
    {
        var delay = backoff.Next();
        if (TakeOrderedWait() is { } ordered)
        {
            waitIsOrdered = true;
            delay = Later(delay, ordered);
        }

        waitUntil = now + delay;
        resumeAt = null;
        if (delay > ProbeWaitsOver && !waitIsOrdered)
        {
            ScheduleProbe();
        }

        effects.Add(new LinkEffect.RetryScheduled(delay, Attempts + 1));
    }

    // A probe was answered but the dial after it failed: something listens and does not serve. The wait goes on as if
    // nothing had been, without probes: else they would knock every second, spend no attempt and never end.
    private void ResumeWait()
    {
        var rest = resumeAt ?? now;
        if (TakeOrderedWait() is { } ordered)
        {
            waitIsOrdered = true;
            rest = Later(rest, now + ordered);
        }

        waitUntil = Later(rest, now + LeastRest);
        resumeAt = null;
    }

    private void EnterHold()
    {
        var hold = Backoff.Spread(options.Flap!.Hold, BackoffOptions.NarrowJitter, random);
        if (TakeOrderedWait() is { } ordered)
        {
            hold = Later(hold, ordered);
        }

        waitUntil = now + hold;
        effects.Add(new LinkEffect.RetryScheduled(hold, Attempts + 1));
    }

    // When something listens but does not serve, knock at the longest interval of the backoff.
    private void EnterDormancy(bool listens)
    {
        ScheduleProbe();
        if (listens)
        {
            probeDue = Later(probeDue!.Value, now + backoff.Longest());
        }

        if (TakeOrderedWait() is { } ordered)
        {
            probeDue = Later(probeDue!.Value, now + ordered);
        }
    }

    // What the other side asked for, at most what we allow; never sooner than asked, so the jitter goes on top.
    private TimeSpan? TakeOrderedWait()
    {
        if (orderedWait is not { } ordered)
        {
            return null;
        }

        orderedWait = null;
        var asked = Sooner(ordered, options.MaxRetryAfter);
        return asked + (Backoff.Spread(asked, BackoffOptions.NarrowJitter, random) - asked).Duration();
    }

    private void LeaveWait(LinkOn on)
    {
        resumeAt = on == LinkOn.ProbeAnswered ? waitUntil : null;
        waitUntil = null;
        waitIsOrdered = false;
        probeDue = null;
        if (probeDeadline is not null)
        {
            probeDeadline = null;
            effects.Add(new LinkEffect.CancelProbe(probeNumber));
        }
    }

    private void TendProbe()
    {
        if (probeDeadline <= now)
        {
            probeDeadline = null;
            effects.Add(new LinkEffect.CancelProbe(probeNumber));
            ScheduleProbe();
        }
        else if (probeDue <= now)
        {
            probeDue = null;
            probeDeadline = now + options.ProbeTimeout;
            probeNumber++;
            probeAddress = (probeAddress + 1) % options.Addresses.Count;
            effects.Add(new LinkEffect.Probe(probeNumber, options.Addresses[probeAddress]));
        }
    }

    private void ProbeReported(bool succeeded)
    {
        probeDeadline = null;
        if (succeeded)
        {
            Fire(LinkOn.ProbeAnswered, null);
        }
        else
        {
            ScheduleProbe();
        }
    }

    private void ScheduleProbe()
    {
        if (options.ProbeInterval is { } interval)
        {
            probeDue = now + Backoff.Spread(interval, ProbeJitter, random);
        }
    }

    private void NetworkChanged()
    {
        switch (Phase)
        {
            case LinkPhase.Waiting when !waitIsOrdered:
                // What was learnt about the old network says nothing about the new one. A burst of changes only ever
                // shortens the wait: it cannot push it away.
                backoff.Reset();
                waitUntil = Sooner(waitUntil!.Value, now + Backoff.Spread(options.Backoff.Initial, random));
                ProbeNow();
                break;
            case LinkPhase.Dormant:
                ProbeNow();
                break;
            case LinkPhase.Dialing or LinkPhase.Redialing:
                backoff.Reset();
                break;
            case LinkPhase.Open:
                CheckConnectionNow();
                break;
        }
    }

    private void ProbeNow()
    {
        if (options.ProbeInterval is not null && probeDeadline is null)
        {
            probeDue = now;
        }
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Sooner(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
