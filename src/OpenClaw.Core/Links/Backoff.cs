using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Links;

/// <summary>How long to wait between repeated tries. Immutable.</summary>
/// <param name="Initial">The first wait before jitter, 1 ms or more.</param>
/// <param name="Max">The longest wait before jitter; with jitter at most <c>Max × (1 + WideJitter)</c>.</param>
/// <param name="Multiplier">Growth from wait to wait, 1 to 10; 1 keeps the wait constant.</param>
public sealed record BackoffOptions(TimeSpan Initial, TimeSpan Max, double Multiplier = 2)
{
    /// <summary>Jitter of waits under <see cref="NarrowBelow"/>: small, so that the seconds in a printed line are true.</summary>
    public const double NarrowJitter = 0.10;

    /// <summary>Jitter of longer waits: wide, so that a thousand clients of a restarted server spread out.</summary>
    public const double WideJitter = 0.25;

    /// <summary>Where jitter becomes wide.</summary>
    public static readonly TimeSpan NarrowBelow = TimeSpan.FromSeconds(10);

    /// <summary>1 s, 2 s, 4 s … 30 s.</summary>
    public static BackoffOptions Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>What is wrong with these options, each problem one failure; empty when nothing is.</summary>
    /// <param name="subject">What the options belong to, for the messages.</param>
    public IEnumerable<Failure> Validate(string subject)
    {
        if (Initial < TimeSpan.FromMilliseconds(1))
        {
            yield return new(Catalogue.ConfigInvalid, $"{subject}: the first wait must be at least 1 ms, and is {Initial}");
        }

        if (Max < Initial || Max > TimeSpan.FromDays(1))
        {
            yield return new(
                Catalogue.ConfigInvalid,
                $"{subject}: the longest wait must lie between the first wait and one day, and is {Max}"
            );
        }

        if (!(Multiplier is >= 1 and <= 10))
        {
            yield return new(Catalogue.ConfigInvalid, $"{subject}: the multiplier must lie between 1 and 10, and is {Multiplier}");
        }
    }
}

/// <summary>
/// Exponential backoff with jitter: each <see cref="Next"/> is longer than the one before until the cap. Not thread-safe:
/// it belongs to the loop that waits.
/// </summary>
/// <param name="options">Validated options.</param>
/// <param name="random">Seeded by the owner, so that a run can be repeated.</param>
public sealed class Backoff(BackoffOptions options, Random random)
{
    /// <summary>How many waits were handed out since the last <see cref="Reset"/>.</summary>
    public int Step { get; private set; }

    /// <summary>The next wait, jittered; never under 1 ms.</summary>
    public TimeSpan Next()
    {
        // 10^308 is where a double ends; the exponent is bounded long before the cap could be missed.
        var factor = Math.Pow(options.Multiplier, Math.Min(Step, 300));
        var ticks = Math.Min(options.Initial.Ticks * factor, options.Max.Ticks);
        Step = Math.Min(Step + 1, int.MaxValue - 1);
        return Spread(TimeSpan.FromTicks((long)ticks), random);
    }

    /// <summary>Starts over from the first wait.</summary>
    public void Reset() => Step = 0;

    /// <summary>The longest wait, jittered.</summary>
    public TimeSpan Longest() => Spread(options.Max, random);

    /// <summary>A wait with the jitter that suits its length.</summary>
    public static TimeSpan Spread(TimeSpan wait, Random random) =>
        Spread(wait, wait < BackoffOptions.NarrowBelow ? BackoffOptions.NarrowJitter : BackoffOptions.WideJitter, random);

    /// <summary>A value drawn evenly from <c>wait × (1 ± share)</c>, in ticks and not in whole milliseconds or seconds, so that it never truncates to zero; 1 ms at least.</summary>
    public static TimeSpan Spread(TimeSpan wait, double share, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var ticks = wait.Ticks * (1 + (share * ((2 * random.NextDouble()) - 1)));
        return TimeSpan.FromTicks(Math.Max((long)ticks, TimeSpan.TicksPerMillisecond));
    }
}
