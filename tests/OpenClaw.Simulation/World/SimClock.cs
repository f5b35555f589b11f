namespace OpenClaw.Simulation.World;

/// <summary>The clocks of one machine: a wall clock that is off and can be set, and a steady one that nobody sets.</summary>
internal sealed class SimClock(SimWorld world) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    /// <summary>How far the wall clock is off, in microseconds.</summary>
    public long Offset { get; set; }

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => world.Now;

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks((world.Now + Offset) * TimeSpan.TicksPerMicrosecond);
}
