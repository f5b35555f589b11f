namespace OpenClaw.Manager;

/// <summary>
/// The clock of a manager and its store: the wall clock, but never back. When the wall clock is set back, this one goes on at its own
/// pace until the other is set forward again, so that what waits for a time (delays, pauses before retries) waits as long as was asked
/// for. Both must have the same one: what one calls due must be due for the other. Thread-safe.
/// </summary>
/// <remarks>
/// It forgets at the process' end: after a restart times that were stored meanwhile lie as far ahead as the clock was set back.
/// </remarks>
internal sealed class ForwardClock(TimeProvider inner) : TimeProvider
{
    /// <summary>What is no more than the unevenness of two clocks that are read one after the other.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private DateTimeOffset last = inner.GetUtcNow();
    private long lastStamp = inner.GetTimestamp();

    /// <summary>How far the wall clock is behind.</summary>
    private TimeSpan behind;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, dueTime, period);

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            var wall = inner.GetUtcNow();
            var now = wall + behind;
            var expected = last + inner.GetElapsedTime(lastStamp);
            if (now < last || (behind > TimeSpan.Zero && now - expected > Slack))
            {
                // Set back, or forward again after that: this clock goes on as if nothing had happened, and leaps only ahead of that.
                now = expected > wall ? expected : wall;
                behind = now - wall;
            }

            last = now;
            lastStamp = inner.GetTimestamp();
            return now;
        }
    }
}
