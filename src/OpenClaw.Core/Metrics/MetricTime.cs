namespace OpenClaw.Core.Metrics;

/// <summary>How time is cut for the history of metrics: a sample every 10 s, 60 of them in a chunk. Chunks on disk are read by it: never changed.</summary>
public static class MetricTime
{
    /// <summary>Seconds from one sample to the next.</summary>
    public const int StepSeconds = 10;

    /// <summary>Samples in a chunk.</summary>
    public const int ChunkSlots = 60;

    /// <summary>How long samples are kept.</summary>
    public static TimeSpan Retention { get; } = TimeSpan.FromHours(24);

    /// <summary>From one sample to the next.</summary>
    public static TimeSpan Step { get; } = TimeSpan.FromSeconds(StepSeconds);

    /// <summary>The number of the step that a moment is in, counted from 1970.</summary>
    public static long SlotOf(DateTimeOffset at) => Math.DivRem(at.ToUnixTimeSeconds(), StepSeconds).Quotient;

    /// <summary>The first slot of the chunk that a slot is in.</summary>
    public static long ChunkOf(long slot) => slot - (slot % ChunkSlots);

    /// <summary>When a slot begins.</summary>
    public static DateTimeOffset TimeOf(long slot) => DateTimeOffset.FromUnixTimeSeconds(slot * StepSeconds);

    /// <summary>How many whole slots a span has; at least one.</summary>
    public static int SlotsOf(TimeSpan span) => (int)Math.Clamp(span.Ticks / Step.Ticks, 1, int.MaxValue / 2);
}
