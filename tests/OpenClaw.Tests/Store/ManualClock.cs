namespace OpenClaw.Tests.Store;

/// <summary>A clock that a test moves. It may go back, as real ones do.</summary>
public sealed class ManualClock : TimeProvider
{
    private long milliseconds = 1_700_000_000_000;
    private long steady = 1;

    /// <summary>The wall clock; who sets it leaves the steady one where it is.</summary>
    public long Now
    {
        get => Interlocked.Read(ref milliseconds);
        set => Interlocked.Exchange(ref milliseconds, value);
    }

    public override long TimestampFrequency => 1000;

    public void Advance(TimeSpan by)
    {
        Interlocked.Add(ref milliseconds, (long)by.TotalMilliseconds);
        Interlocked.Add(ref steady, (long)by.TotalMilliseconds);
    }

    public override long GetTimestamp() => Interlocked.Read(ref steady);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
}
