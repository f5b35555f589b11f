using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

// What an open connection needs: signs of life, health checks, an end when nobody uses it.
public sealed partial class LinkMachine
{
    private TimeSpan connectedAt;
    private TimeSpan lastUse;

    private TimeSpan? keepAliveDue;

    // When the oldest keep-alive without an answer was sent.
    private TimeSpan? unansweredSince;

    private TimeSpan? healthDue;
    private TimeSpan? healthDeadline;
    private long healthNumber;
    private int healthFailures;

    private TimeSpan? ConnectionDue =>
        Earliest(
            Earliest(keepAliveDue, unansweredSince + options.KeepAlive?.Timeout),
            Earliest(Earliest(healthDue, healthDeadline), lastUse + options.IdleTimeout)
        );

    private void EnterConnection()
    {
        connections++;
        connectedAt = lastUse = now;
        resumeAt = null;
        keepAliveDue = now + options.KeepAlive?.Interval;
        unansweredSince = null;
        healthDue = now + options.HealthCheck?.Interval;
        healthDeadline = null;
        healthFailures = 0;
        effects.Add(new LinkEffect.Serve(Generation));
    }

    private void LeaveConnection(Failure? cause)
    {
        keepAliveDue = unansweredSince = healthDue = healthDeadline = null;
        effects.Add(new LinkEffect.Close(Generation, cause));
    }

    private void NoteActivity(LinkEvent.Activity activity)
    {
        lastUse = Later(lastUse, Later(activity.Received ?? lastUse, activity.Sent ?? lastUse));
        if (options.KeepAlive is not { } keepAlive)
        {
            return;
        }

        var answered = activity.Answered;
        if (keepAlive.Style == KeepAliveStyle.WhenSilent && (answered is null || activity.Received > answered))
        {
            answered = activity.Received;
        }

        if (answered is not { } sign)
        {
            return;
        }

        if (sign >= unansweredSince)
        {
            unansweredSince = null;
        }

        if (keepAlive.Style == KeepAliveStyle.WhenSilent && unansweredSince is null)
        {
            keepAliveDue = sign + keepAlive.Interval;
        }
    }

    private void TendConnection()
    {
        if (unansweredSince + options.KeepAlive?.Timeout <= now)
        {
            Lost(KeepAliveFailure(options.KeepAlive!), LinkVerdict.Retry, planned: false, retryAfter: null);
            return;
        }

        if (healthDeadline <= now)
        {
            HealthReported(
                new(Catalogue.HealthCheckFailed, $"{options.Name}: no result within {options.HealthCheck!.Timeout.TotalSeconds:0.###} s")
            );
            if (Phase != LinkPhase.Open)
            {
                return;
            }
        }

        if (lastUse + options.IdleTimeout <= now)
        {
            Fire(LinkOn.IdleTimedOut, null);
            return;
        }

        if (keepAliveDue <= now)
        {
            SendKeepAlive(options.KeepAlive!);
        }

        if (healthDue <= now)
        {
            healthDue = null;
            healthDeadline = now + options.HealthCheck!.Timeout;
            effects.Add(new LinkEffect.CheckHealth(Generation, ++healthNumber));
        }
    }

    private void SendKeepAlive(KeepAliveOptions keepAlive)
    {
        unansweredSince ??= now;

        // When silent, one question at a time: the next is due after the answer.
        keepAliveDue = keepAlive.Style == KeepAliveStyle.Steady ? now + keepAlive.Interval : null;
        effects.Add(new LinkEffect.SendKeepAlive(Generation));
    }

    private Failure KeepAliveFailure(KeepAliveOptions keepAlive) =>
        new(
            keepAlive.Lost,
            $"{options.Name}: no answer from {options.Addresses[address]} within {keepAlive.Timeout.TotalSeconds:0.###} s to a sign of life"
        );

    private void HealthReported(Failure? failure)
    {
        healthDeadline = null;
        healthDue = now + options.HealthCheck!.Interval;
        healthFailures = failure is null ? 0 : healthFailures + 1;
        if (healthFailures >= options.HealthCheck.Failures)
        {
            Lost(failure!, LinkVerdict.Retry, planned: false, retryAfter: null);
        }
    }

    // The network changed under an open connection: it may be dead without knowing.
    private void CheckConnectionNow()
    {
        if (keepAliveDue is not null && unansweredSince is null)
        {
            keepAliveDue = now;
        }
        else if (healthDue is not null)
        {
            healthDue = now;
        }
    }
}
