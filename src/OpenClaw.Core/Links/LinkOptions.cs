using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

/// <summary>Everything that one link is told about how to behave. Immutable; check it with <see cref="Validate"/> at start.</summary>
public sealed record LinkOptions
{
    /// <summary>Most addresses that one link may have.</summary>
    public const int MostAddresses = 64;

    /// <summary>What the link leads to, as it shall stand in log lines: <c>manager</c>, <c>telegram</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whose link it is, at the beginning of a line about its loss: <c>Worker connection lost: …</c>; null: nobody's in particular.</summary>
    public string? Owner { get; init; }

    /// <summary>Where to dial, in order of preference, 1 to 64. The machine treats them as opaque text.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Waits between rounds of attempts.</summary>
    public BackoffOptions Backoff { get; init; } = BackoffOptions.Default;

    /// <summary>False: a link that is lost or cannot be opened stays disconnected until it is started again.</summary>
    public bool Reconnect { get; init; } = true;

    /// <summary>
    /// How many rounds of reconnection (each tries all addresses) may fail in a row; 0 = never give up.
    /// The first connection is not counted, nor is a dial that a probe, a person or a failover to another address started;
    /// a probe's connection that does not live for <see cref="StableAfter"/> is.
    /// </summary>
    public int MaxAttempts { get; init; }

    /// <summary>What happens when the attempts are used up.</summary>
    public LinkExhaustion WhenExhausted { get; init; } = LinkExhaustion.StayAndProbe;

    /// <summary>How long one dial, handshake included, may take.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a long wait is interrupted by a bare dial, ± 20 %; null = never.</summary>
    public TimeSpan? ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one probe may take.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection that lives this long clears attempts and backoff; one that ends sooner counts as a failed attempt.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait that the other side may ask for (Retry-After); longer wishes are cut.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A connection without use for this long is closed on purpose and stays closed until the next start; null = never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Null = no keep-alive.</summary>
    public KeepAliveOptions? KeepAlive { get; init; }

    /// <summary>Null = no health checks.</summary>
    public HealthCheckOptions? HealthCheck { get; init; }

    /// <summary>Null = no flap damping.</summary>
    public FlapOptions? Flap { get; init; } = new();

    /// <summary>How many changes of state the history keeps, 1 to 10,000.</summary>
    public int HistoryLimit { get; init; } = 64;

    /// <summary>What is wrong with these options, each problem one failure; empty when nothing is.</summary>
    public IReadOnlyList<Failure> Validate()
    {
        var subject = $"link {Name}";
        var found = new List<Failure>(Backoff.Validate(subject));
        void Check(bool good, string rule)
        {
            if (!good)
            {
                found.Add(new(Catalogue.ConfigInvalid, $"{subject}: {rule}"));
            }
        }

        Check(!string.IsNullOrWhiteSpace(Name), "a name is needed");
        Check(Addresses.Count is >= 1 and <= MostAddresses, $"1 to {MostAddresses} addresses are needed, and there are {Addresses.Count}");
        Check(Addresses.All(a => !string.IsNullOrWhiteSpace(a)), "an address is empty");
        Check(MaxAttempts >= 0, $"the number of attempts cannot be negative, and is {MaxAttempts}");
        Check(DialTimeout > TimeSpan.Zero, "the time for a dial must be positive");
        Check(ProbeInterval is not { } p || p >= TimeSpan.FromMilliseconds(10), "the probe interval must be at least 10 ms");
        Check(ProbeTimeout > TimeSpan.Zero, "the time for a probe must be positive");
        Check(StableAfter >= TimeSpan.Zero, "the time until a connection counts as stable cannot be negative");
        Check(MaxRetryAfter > TimeSpan.Zero, "the longest wait on the other side's wish must be positive");
        Check(IdleTimeout is not { } i || i > TimeSpan.Zero, "the idle timeout must be positive");
        Check(HistoryLimit is >= 1 and <= 10_000, $"the history keeps 1 to 10,000 changes, not {HistoryLimit}");
        Check(
            MaxAttempts == 0 || WhenExhausted != LinkExhaustion.StayAndProbe || ProbeInterval is not null,
            "staying disconnected after the last attempt needs a probe interval"
        );
        Check(
            KeepAlive is null || (KeepAlive.Interval > TimeSpan.Zero && KeepAlive.Timeout > TimeSpan.Zero),
            "keep-alive times must be positive"
        );
        Check(
            HealthCheck is null
                || (HealthCheck.Interval > TimeSpan.Zero && HealthCheck.Timeout > TimeSpan.Zero && HealthCheck.Failures >= 1),
            "health check times and the number of failures must be positive"
        );
        Check(
            Flap is null || (Flap.Drops is >= 1 and <= 1000 && Flap.Window > TimeSpan.Zero && Flap.Hold > TimeSpan.Zero),
            "flap damping needs 1 to 1000 drops and positive times"
        );
        return found;
    }
}

/// <summary>What a link does when its attempts are used up.</summary>
public enum LinkExhaustion
{
    /// <summary>Stay disconnected and probe; a probe that succeeds leads back.</summary>
    StayAndProbe,

    /// <summary>Give up: the program ends, and its service manager starts it again.</summary>
    Exit,
}

/// <summary>Signs of life while connected.</summary>
/// <param name="Interval">After this long without a sign of life (or always, see <paramref name="Style"/>) one is sent.</param>
/// <param name="Timeout">After this long without an answer to it the connection is lost.</param>
/// <param name="Style">When to send, and what counts as an answer.</param>
public sealed record KeepAliveOptions(TimeSpan Interval, TimeSpan Timeout, KeepAliveStyle Style = KeepAliveStyle.WhenSilent)
{
    /// <summary>The failure that a missing answer is.</summary>
    public ErrorEntry Lost { get; init; } = Catalogue.KeepAliveTimeout;
}

/// <summary>When a keep-alive is sent and what answers it.</summary>
public enum KeepAliveStyle
{
    /// <summary>Sent after an interval in which nothing was received; whatever is received answers it.</summary>
    WhenSilent,

    /// <summary>Sent every interval, traffic or not (a heartbeat that renews a lease); only an answer to it counts.</summary>
    Steady,
}

/// <summary>Questions to the other side that a live connection alone does not answer.</summary>
/// <param name="Interval">From the end of one check to the next.</param>
/// <param name="Timeout">A check without a result by then has failed.</param>
/// <param name="Failures">So many failed checks in a row are a loss.</param>
public sealed record HealthCheckOptions(TimeSpan Interval, TimeSpan Timeout, int Failures = 2);

/// <summary>More than <see cref="Drops"/> losses within <see cref="Window"/> hold the link back for <see cref="Hold"/>.</summary>
public sealed record FlapOptions
{
    public int Drops { get; init; } = 3;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>± 10 %.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(30);
}
