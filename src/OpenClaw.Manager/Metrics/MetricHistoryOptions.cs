namespace OpenClaw.Manager.Metrics;

/// <summary>The bounds of the history of metrics. Immutable.</summary>
internal sealed record MetricHistoryOptions
{
    /// <summary>Series that are kept at the same time; of further ones nothing is kept.</summary>
    public int MostSeries { get; init; } = 20_000;

    /// <summary>Bytes on disk; beyond them the oldest chunks go before their time.</summary>
    public long MostBytes { get; init; } = 256 << 20;

    /// <summary>Bytes of ended chunks that wait in memory while the disk refuses them; beyond them the oldest are dropped.</summary>
    public long MostWaitingBytes { get; init; } = 8 << 20;
}
