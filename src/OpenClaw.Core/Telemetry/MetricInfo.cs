namespace OpenClaw.Core.Telemetry;

/// <summary>The kinds of metrics, as Prometheus names them.</summary>
public enum MetricKind
{
    /// <summary>Only rises; its name ends in <c>_total</c>.</summary>
    Counter,

    /// <summary>Rises and falls.</summary>
    Gauge,

    /// <summary>Counts values by size.</summary>
    Histogram,
}

/// <summary>One metric: its name is public, alerts and dashboards stand on it, and it is never renamed.</summary>
/// <param name="Name">Prometheus spelling, unit included: <c>openclaw_task_run_seconds</c>.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Help">One sentence without a final stop.</param>
/// <param name="Labels">The labels' names. Their values come from small sets: no ids of tasks.</param>
public sealed record MetricInfo(string Name, MetricKind Kind, string Help, IReadOnlyList<string> Labels)
{
    /// <summary>Upper bounds of a histogram's buckets, in the unit of the name, rising.</summary>
    public IReadOnlyList<double> Buckets { get; init; } = [];

    /// <summary>
    /// A counter that somebody else's process keeps and only tells: when it is met for the first time, what it shows did not happen just now.
    /// </summary>
    public bool IsTold { get; init; }

    /// <summary>How many combinations of label values are kept; further ones are counted together.</summary>
    public int MaxSeries { get; init; } = 2000;

    /// <summary>The place of a label among <see cref="Labels"/>; unknown ones come last.</summary>
    public int RankOf(string label)
    {
        for (var i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label)
            {
                return i;
            }
        }
        return int.MaxValue;
    }
}
