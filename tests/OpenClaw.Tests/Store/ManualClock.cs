namespace OpenClaw.Tests.Store;

/// <summary>A clock that a test moves. It may go back, as real ones do.</summary>
public sealed class ManualClock : TimeProvider
{
    private long milliseconds = 1_700_000_000_000;

    public long Now
    {
        get => Interlocked.Read(ref milliseconds);
        set => Interlocked.Exchange(ref milliseconds, value);
    }

    public void Advance(TimeSpan by) => Interlocked.Add(ref milliseconds, (long)by.TotalMilliseconds);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
}
