namespace OpenClaw.Core.Settings;

/// <summary>Rows of <c>queue</c>.</summary>
public static class QueueKeys
{
    public static SettingKey<long> Capacity { get; } =
        new(
            "queue.capacity",
            SettingTypes.Int,
            "How many tasks may wait, ready or delayed; beyond it submissions are refused with a retry-after."
        )
        {
            Default = "1000000",
            Min = "1",
            Max = "1000000000",
        };

    public static SettingKey<TimeSpan> RetryAfter { get; } =
        new("queue.retry_after", SettingTypes.Duration, "When a submission that met a full queue is told to come back.")
        {
            Default = "1s",
            Min = "10ms",
            Max = "1h",
        };

    public static SettingKey<TimeSpan> Retention { get; } =
        new("queue.retention", SettingTypes.Duration, "How long ended tasks are kept, with their results and idempotency keys.")
        {
            Default = "7d",
            Min = "1m",
            Max = "3650d",
        };

    public static IReadOnlyList<SettingKey> All => [Capacity, RetryAfter, Retention];
}

/// <summary>The section <c>queue</c>. Immutable.</summary>
public sealed record QueueSettings
{
    /// <summary>Unfinished tasks, at least 1.</summary>
    public required long Capacity { get; init; }

    public required TimeSpan RetryAfter { get; init; }

    public required TimeSpan Retention { get; init; }

    internal static QueueSettings From(OpenClawSettings settings) =>
        new()
        {
            Capacity = settings.Get(QueueKeys.Capacity),
            RetryAfter = settings.Get(QueueKeys.RetryAfter),
            Retention = settings.Get(QueueKeys.Retention),
        };
}
