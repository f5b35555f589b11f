using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Core.Metrics;

/// <summary>A metric that a query means.</summary>
/// <param name="Row">Its row; of one that is computed from others, a row of its own.</param>
/// <param name="Name">The name of its series: the row's, or of a histogram's part.</param>
/// <param name="Kind">What those are: the parts of a histogram are counters.</param>
public sealed record ResolvedMetric(MetricInfo Row, string Name, MetricKind Kind)
{
    /// <summary>Computed from other metrics.</summary>
    public bool IsDerived => MetricIndex.Derived.Contains(Row);
}

/// <summary>Finds metrics by what people call them. Pure.</summary>
public static class MetricIndex
{
    /// <summary>The label that every answer carries.</summary>
    public const string ClusterLabel = "cluster";

    private const string Prefix = "openclaw_";
    private const string CounterSuffix = "_total";
    private const int MostNear = 3;
    private static readonly string[] HistogramParts = ["_bucket", "_sum", "_count"];

    /// <summary>Crashed attempts ÷ finished attempts.</summary>
    public static MetricInfo CrashRate { get; } =
        new(
            "worker_crash_rate",
            MetricKind.Gauge,
            "Share of the finished attempts whose process crashed, in the range; by type, cause and signal, or by worker",
            ["type", "cause", "signal", "worker"]
        );

    /// <summary>What is computed from other metrics when it is asked for.</summary>
    public static IReadOnlyList<MetricInfo> Derived { get; } = [CrashRate];

    /// <summary>Everything that can be asked for, by name.</summary>
    public static IEnumerable<MetricInfo> All => MetricNames.All.Concat(Derived).OrderBy(m => m.Name, StringComparer.Ordinal);

    /// <summary>The names of all series that are kept: a histogram has several.</summary>
    public static IReadOnlyList<string> SeriesNames { get; } =
    [.. MetricNames.All.SelectMany(m => m.Kind == MetricKind.Histogram ? HistogramParts.Select(part => m.Name + part) : [m.Name])];

    /// <summary>The metric of a name, with or without <c>openclaw_</c> and <c>_total</c>; for an unknown one a failure that names the nearest.</summary>
    public static Result<ResolvedMetric> Resolve(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var bare = Bare(name);
        foreach (var row in All)
        {
            var known = Bare(row.Name);
            if (bare == known)
            {
                return new ResolvedMetric(row, row.Name, row.Kind);
            }

            if (row.Kind == MetricKind.Histogram && HistogramParts.FirstOrDefault(part => bare == known + part) is { } end)
            {
                return new ResolvedMetric(row, row.Name + end, MetricKind.Counter);
            }
        }

        var near = Near(bare);
        return new Failure(
            Catalogue.MetricUnknown,
            near.Count == 0 ? $"There is no metric '{name}'" : $"There is no metric '{name}'; the nearest: {string.Join(", ", near)}"
        );
    }

    /// <summary>The label that was meant; a failure when the metric has none of this name.</summary>
    public static Failure? ProblemOf(ResolvedMetric metric, string label)
    {
        ArgumentNullException.ThrowIfNull(metric);
        IEnumerable<string> known = metric.Row.Labels;
        if (metric.Name.EndsWith("_bucket", StringComparison.Ordinal) && metric.Row.Kind == MetricKind.Histogram)
        {
            known = known.Append("le");
        }

        known = known.Append(ClusterLabel);
        return known.Contains(label)
            ? null
            : new Failure(
                Catalogue.MetricQuery,
                $"{metric.Name} has no label '{label}'{(NearestName.Find(label, known) is { } near ? $"; did you mean {near}?" : $"; it has {string.Join(", ", known)}")}"
            );
    }

    private static string Bare(string name)
    {
        var bare = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return bare.EndsWith(CounterSuffix, StringComparison.Ordinal) ? bare[..^CounterSuffix.Length] : bare;
    }

    // What shares a word or is a slip away; the nearest first.
    private static List<string> Near(string bare)
    {
        var words = bare.Split('_', StringSplitOptions.RemoveEmptyEntries);
        return
        [
            .. All.Select(row => (row.Name, Known: Bare(row.Name)))
                .Select(m =>
                    (
                        m.Name,
                        Distance: NearestName.Distance(bare, m.Known),
                        Shared: m.Known.Split('_').Count(words.Contains),
                        Most: Math.Clamp(bare.Length / 3, 2, 6)
                    )
                )
                .Where(m => m.Distance <= m.Most || m.Shared > 0)
                .OrderBy(m => m.Distance - (m.Shared * 4))
                .ThenBy(m => m.Name, StringComparer.Ordinal)
                .Take(MostNear)
                .Select(m => m.Name),
        ];
    }
}
