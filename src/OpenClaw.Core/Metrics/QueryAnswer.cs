using OpenClaw.Core.Telemetry;

namespace OpenClaw.Core.Metrics;

/// <summary>One series of an answer.</summary>
/// <param name="Labels">The cluster's name first, then in the order of the metric's row.</param>
/// <param name="Values">A value for each step; NaN where there is none.</param>
public sealed record AnsweredSeries(IReadOnlyList<KeyValuePair<string, string>> Labels, double[] Values);

/// <summary>What a query found.</summary>
/// <param name="Name">The metric's full name.</param>
/// <param name="Kind">What the values are.</param>
/// <param name="Window">The steps.</param>
/// <param name="Series">Ordered by labels.</param>
/// <param name="Notes">What a reader should know beside the values.</param>
public sealed record QueryAnswer(
    string Name,
    MetricKind Kind,
    QueryWindow Window,
    IReadOnlyList<AnsweredSeries> Series,
    IReadOnlyList<string> Notes
);
