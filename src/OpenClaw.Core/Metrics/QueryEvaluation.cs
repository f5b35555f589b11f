using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Core.Metrics;

/// <summary>
/// Carries a query out: says which series it wants, takes their samples in the order of time, and answers. Samples are not kept: what is
/// held in memory is a number for each step of each series. Does no I/O. Not thread-safe.
/// </summary>
public sealed class QueryEvaluation
{
    /// <summary>Series that a query may look at.</summary>
    public const int MostSeries = 20_000;

    /// <summary>Numbers that a query may hold in memory.</summary>
    public const int MostPlaces = 2_000_000;

    /// <summary>Values in an answer.</summary>
    public const int MostValues = 200_000;

    /// <summary>Steps in an answer.</summary>
    public const int MostSteps = 11_000;

    private static readonly double[] Shares = [0.5, 0.95, 0.99];

    private readonly MetricQuery query;
    private readonly ResolvedMetric metric;
    private readonly QueryWindow window;
    private readonly IReadOnlyList<string> by;
    private readonly string cluster;
    private readonly Dictionary<SeriesKey, Found> found = [];

    private QueryEvaluation(MetricQuery query, ResolvedMetric metric, QueryWindow window, IReadOnlyList<string> by, string cluster)
    {
        (this.query, this.metric, this.window, this.by, this.cluster) = (query, metric, window, by, cluster);
        IsHistogram = metric.Kind == MetricKind.Histogram && query.Function is not (MetricFunction.Rate or MetricFunction.Increase);
        IsCounter = IsHistogram || metric.IsDerived || query.Function != MetricFunction.None;
        SeriesNames =
            metric.Row == MetricIndex.CrashRate ? CrashRate.SourcesOf(GroupLabels)
            : IsHistogram ? [metric.Name + "_bucket"]
            : metric.Kind == MetricKind.Histogram ? [metric.Name + "_count"]
            : [metric.Name];
    }

    private sealed record Found(IReadOnlyList<KeyValuePair<string, string>> Labels, SeriesSteps Steps);

    /// <summary>The names of the series that have to be read.</summary>
    public IReadOnlyList<string> SeriesNames { get; }

    public QueryWindow Window => window;

    private bool IsHistogram { get; }

    private bool IsCounter { get; }

    /// <summary>The labels that a computed metric is told by: those asked for, and those that conditions name.</summary>
    private IReadOnlyList<string> GroupLabels =>
        [.. metric.Row.Labels.Where(l => by.Contains(l) || query.Matchers.Any(m => m.Label == l && m.Label != MetricIndex.ClusterLabel))];

    /// <summary>Checks a query and prepares it.</summary>
    /// <param name="query">As it was read.</param>
    /// <param name="window">The time.</param>
    /// <param name="by">Labels to sum by; empty: each series by itself.</param>
    /// <param name="cluster">The cluster's name, a label of every series.</param>
    public static Result<QueryEvaluation> Create(MetricQuery query, QueryWindow window, IReadOnlyList<string> by, string cluster)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(window);
        ArgumentNullException.ThrowIfNull(by);
        var resolved = MetricIndex.Resolve(query.Name);
        if (!resolved.IsOk)
        {
            return resolved.Failure;
        }

        var meant = resolved.Value;
        var labels = query.Matchers.Select(m => m.Label).Concat(by);
        if (labels.Select(l => MetricIndex.ProblemOf(meant, l)).FirstOrDefault(p => p is not null) is { } problem)
        {
            return problem;
        }

        if (FunctionProblem(query.Function, meant) is { } wrong)
        {
            return wrong;
        }

        if (window.Steps > MostSteps)
        {
            return new Failure(Catalogue.MetricLimit, $"{window.Steps:#,0} steps are more than the {MostSteps:#,0} of an answer");
        }

        var evaluation = new QueryEvaluation(query, meant, window, by, cluster);
        var group = evaluation.GroupLabels;
        return meant.Row == MetricIndex.CrashRate && group.Contains("worker") && group.Count > 1
            ? new Failure(
                Catalogue.MetricQuery,
                $"{meant.Name} is known by worker, or by type, cause and signal, but not by both",
                "Ask for one of the two"
            )
            : evaluation;
    }

    private static Failure? FunctionProblem(MetricFunction function, ResolvedMetric metric)
    {
        var name = MetricQueryParser.NameOf(function);
        return function switch
        {
            MetricFunction.None => null,
            MetricFunction.Rate or MetricFunction.Increase when metric.Kind != MetricKind.Gauge => null,
            MetricFunction.Rate or MetricFunction.Increase => new Failure(
                Catalogue.MetricQuery,
                $"{name} is for what only rises, and {metric.Name} is a gauge",
                $"Ask for its values over time: clw metrics query {metric.Name} --series"
            ),
            _ when metric.Kind == MetricKind.Histogram => null,
            _ => new Failure(
                Catalogue.MetricQuery,
                $"{name} is for histograms, and {metric.Name} is a {metric.Kind.ToString().ToLowerInvariant()}",
                "Which are histograms: clw metrics list"
            ),
        };
    }

    /// <summary>Whether samples of a series are wanted; those that are not need not be read.</summary>
    /// <exception cref="FailureException">More series match than a query may look at.</exception>
    public bool Wants(SeriesKey key) => Of(key) is not null;

    /// <summary>Takes the samples of a chunk of a series that is wanted.</summary>
    public void Add(SeriesKey key, long firstSlot, ReadOnlySpan<byte> chunk) => Of(key)?.Steps.Add(firstSlot, chunk);

    /// <summary>Takes one sample of a series, of any: what is not wanted is passed over.</summary>
    public void Add(SeriesKey key, long slot, double value, bool fresh) => Of(key)?.Steps.Add(slot, value, fresh);

    private Found? Of(SeriesKey key)
    {
        if (found.TryGetValue(key, out var known))
        {
            return known;
        }

        if (!SeriesNames.Contains(key.Name))
        {
            return null;
        }

        var labels = SeriesKey.Split(key.Labels);
        foreach (var matcher in query.Matchers)
        {
            var isCluster = matcher.Label == MetricIndex.ClusterLabel;
            var applies = isCluster || metric.Row != MetricIndex.CrashRate || CrashRate.Has(key.Name, matcher.Label);
            if (applies && !matcher.Accepts(isCluster ? cluster : LabelMatcher.ValueOf(labels, matcher.Label)))
            {
                return null;
            }
        }

        if (found.Count >= MostSeries || (found.Count + 1L) * window.Places > MostPlaces)
        {
            throw new Failure(
                Catalogue.MetricLimit,
                $"More than {found.Count:#,0} series of {metric.Name} with {window.Places:#,0} steps each match"
            ).AsException();
        }

        return found[key] = new(labels, new SeriesSteps(window, IsCounter));
    }

    /// <summary>The answer, when all samples were taken.</summary>
    public Result<QueryAnswer> Answer()
    {
        var notes = new List<string>();
        var series =
            metric.Row == MetricIndex.CrashRate ? CrashRates(notes)
            : IsHistogram ? OfHistogram()
            : Plain();
        if ((long)series.Count * window.Steps > MostValues)
        {
            return new Failure(
                Catalogue.MetricLimit,
                $"{series.Count:#,0} series of {window.Steps:#,0} values each are more than the {MostValues:#,0} of an answer"
            );
        }

        return new QueryAnswer(metric.Name, metric.Kind, window, series, notes);
    }

    private List<AnsweredSeries> Plain() =>
        [
            .. Sums(found.Values.Where(f => f.Steps.HasSamples), by.Count == 0 ? null : by)
                .Select(g => Labelled(g.Labels, query.Function == MetricFunction.Rate ? PerSecond(g.Values) : g.Values)),
        ];

    private double[] PerSecond(double[] values) => [.. values.Select(v => v / window.Seconds)];

    private List<AnsweredSeries> OfHistogram()
    {
        const string Bound = "le";
        var labels = by.Count == 0 ? metric.Row.Labels : by;
        var shares = query.Function switch
        {
            MetricFunction.P50 => [0.5],
            MetricFunction.P95 => [0.95],
            MetricFunction.P99 => [0.99],
            _ => Shares,
        };
        var answered = new List<AnsweredSeries>();
        foreach (
            var histogram in found
                .Values.Where(f => f.Steps.HasSamples)
                .GroupBy(f => SeriesKey.Join(Only(f.Labels, labels)), StringComparer.Ordinal)
        )
        {
            var buckets = histogram
                .GroupBy(f => Number(LabelMatcher.ValueOf(f.Labels, Bound)))
                .OrderBy(g => g.Key)
                .Select(g => (Bound: g.Key, Counts: Sum(g)))
                .ToList();
            foreach (var share in shares)
            {
                var values = Enumerable
                    .Range(0, window.Steps)
                    .Select(i => Quantiles.Of(share, [.. buckets.Select(b => (b.Bound, b.Counts[i]))]))
                    .ToArray();
                answered.Add(
                    Labelled([.. SeriesKey.Split(histogram.Key), new("quantile", share.ToString(CultureInfo.InvariantCulture))], values)
                );
            }
        }

        return [.. answered.Where(a => a.Values.Any(v => !double.IsNaN(v)))];
    }

    private static double Number(string bound) =>
        bound == "+Inf" ? double.PositiveInfinity
        : double.TryParse(bound, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : double.PositiveInfinity;

    private List<AnsweredSeries> CrashRates(List<string> notes)
    {
        var group = GroupLabels;
        var rates = CrashRate.Of(
            Sums(found.Where(f => CrashRate.IsCrash(f.Key.Name, f.Value.Labels)).Select(f => f.Value), group),
            Sums(found.Where(f => CrashRate.IsFinished(f.Key.Name)).Select(f => f.Value), CrashRate.FinishedBy(group)),
            window.Steps,
            [
                .. query
                    .Matchers.Where(m => m.Kind == MatchKind.Equal && m.Label != MetricIndex.ClusterLabel)
                    .Select(m => new KeyValuePair<string, string>(m.Label, m.Value)),
            ]
        );
        if (!rates.HasFinished)
        {
            notes.Add("no attempt has finished in the range");
        }

        return [.. rates.Series.Select(s => Labelled(Only(s.Labels, metric.Row.Labels), s.Values))];
    }

    private AnsweredSeries Labelled(IReadOnlyList<KeyValuePair<string, string>> labels, double[] values) =>
        new([new(MetricIndex.ClusterLabel, cluster), .. labels], values);

    // Grouped by some labels, or each by itself.
    private IEnumerable<AnsweredSeries> Sums(IEnumerable<Found> series, IReadOnlyList<string>? labels) =>
        series
            .GroupBy(f => SeriesKey.Join(labels is null ? f.Labels : Only(f.Labels, labels)), StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new AnsweredSeries(SeriesKey.Split(g.Key), Sum(g)));

    private double[] Sum(IEnumerable<Found> series)
    {
        var sums = new double[window.Steps];
        Array.Fill(sums, double.NaN);
        foreach (var one in series)
        {
            one.Steps.AddTo(sums);
        }

        return sums;
    }

    private static List<KeyValuePair<string, string>> Only(
        IReadOnlyList<KeyValuePair<string, string>> labels,
        IReadOnlyList<string> wanted
    ) => [.. wanted.Select(w => new KeyValuePair<string, string>(w, LabelMatcher.ValueOf(labels, w))).Where(l => l.Value.Length > 0)];
}
