using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

// Dials, rounds over the addresses, and the budget.
public sealed partial class LinkMachine
{
    private bool dialOutstanding;
    private TimeSpan? dialDeadline;

    // The address being dialled, connected to, or dialled last.
    private int address;

    // How many addresses of this round have failed.
    private int tried;

    // A probe started this dial: it stands outside the rounds and spends nothing.
    private bool probeStarted;

    // What the other side asked for in this round, if anything.
    private TimeSpan? orderedWait;

    private bool BudgetUsedUp => options.MaxAttempts > 0 && Attempts >= options.MaxAttempts;

    private void EnterDial(LinkOn on)
    {
        switch (on)
        {
            case LinkOn.Start or LinkOn.Retry or LinkOn.Credentials:
                ResetBudget();
                tried = 0;
                probeStarted = false;
                break;
            case LinkOn.WaitOver:
                Attempts++;
                tried = 0;
                probeStarted = false;
                NextAddress();
                break;
            case LinkOn.ProbeAnswered:
                probeStarted = true;
                address = probeAddress;
                break;
            case LinkOn.NextAddress:
                probeStarted = false;
                NextAddress();
                break;
        }

        Generation++;
        dialOutstanding = true;
        dialDeadline = now + options.DialTimeout;
        effects.Add(new LinkEffect.Dial(Generation, options.Addresses[address]));
    }

    private void LeaveDial(Failure? cause)
    {
        if (dialOutstanding)
        {
            dialOutstanding = false;
            effects.Add(new LinkEffect.Close(Generation, cause));
        }

        dialDeadline = null;
    }

    private void DialTimedOut()
    {
        dialOutstanding = false;
        var failure = new Failure(
            Catalogue.ConnectionTimeout,
            $"{options.Name}: no connection to {options.Addresses[address]} within {options.DialTimeout.TotalSeconds:0.###} s"
        );
        effects.Add(new LinkEffect.Close(Generation, failure));
        DialFailed(failure, LinkVerdict.Retry, null);
    }

    private void DialFailed(Failure failure, LinkVerdict verdict, TimeSpan? retryAfter)
    {
        lastFailure = failure;
        effects.Add(new LinkEffect.AttemptFailed(options.Addresses[address], failure));
        tried++;
        orderedWait = retryAfter;
        if (verdict == LinkVerdict.Retry && probeStarted)
        {
            // Without a wait to go back to, the probe came out of dormancy.
            Fire(resumeAt is null ? LinkOn.Exhausted : LinkOn.ResumeWait, failure);
            return;
        }

        Fail(
            verdict switch
            {
                LinkVerdict.Auth => LinkOn.AuthRefused,
                LinkVerdict.Fatal => LinkOn.Fatal,
                _ when tried < options.Addresses.Count && retryAfter is null => LinkOn.NextAddress,
                _ when !options.Reconnect => LinkOn.NoReconnect,
                _ => NextRound(),
            },
            failure
        );
    }

    private void Lost(Failure failure, LinkVerdict verdict, bool planned, TimeSpan? retryAfter)
    {
        lastFailure = failure;
        orderedWait = retryAfter;
        var stable = now - connectedAt >= options.StableAfter;
        if (stable)
        {
            ResetBudget();
        }
        else if (probeStarted && !BudgetUsedUp)
        {
            // It came without an attempt of its own. Free, an address that takes connections and drops them would be asked for ever.
            Attempts++;
        }

        var flaps = !planned && NoteDrop();
        tried = 1;
        Fail(
            verdict switch
            {
                LinkVerdict.Auth => LinkOn.AuthRefused,
                LinkVerdict.Fatal => LinkOn.Fatal,
                _ when !options.Reconnect => LinkOn.NoReconnect,
                _ when flaps && !BudgetUsedUp => LinkOn.Flapped,
                _ when stable && tried < options.Addresses.Count && retryAfter is null => LinkOn.NextAddress,
                _ => NextRound(),
            },
            failure
        );
    }

    private LinkOn NextRound() =>
        !BudgetUsedUp ? LinkOn.BackOff
        : options.WhenExhausted == LinkExhaustion.Exit ? LinkOn.GaveUp
        : LinkOn.Exhausted;

    // Where the failure of one address or connection amounts to more, the history names the greater one.
    private void Fail(LinkOn on, Failure failure) =>
        Fire(
            on,
            on switch
            {
                LinkOn.Exhausted or LinkOn.GaveUp => lastFailure = BudgetFailure(failure),
                LinkOn.Flapped => lastFailure = FlapFailure(failure),
                _ => failure,
            }
        );

    private Failure FlapFailure(Failure last) =>
        new(
            Catalogue.LinkFlapping,
            $"{options.Name}: lost {drops.Count} times within {options.Flap!.Window.TotalSeconds:0.###} s, last by {last}"
        );

    private Failure BudgetFailure(Failure last) =>
        new(Catalogue.ReconnectExhausted, $"Maximum reconnection attempts ({options.MaxAttempts}) exceeded")
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["link"] = options.Name,
                ["attempts"] = $"{Attempts}",
                ["cause"] = last.ToString(),
            },
        };

    private void ResetBudget()
    {
        Attempts = 0;
        backoff.Reset();
        resumeAt = null;
    }

    private void NextAddress() => address = (address + 1) % options.Addresses.Count;

    // Remembers a loss; true when there were more within the window than are allowed.
    private bool NoteDrop()
    {
        if (options.Flap is not { } flap)
        {
            return false;
        }

        drops.Enqueue(now);
        while (drops.Count > flap.Drops + 1 || now - drops.Peek() > flap.Window)
        {
            drops.Dequeue();
        }

        return drops.Count > flap.Drops;
    }
}
