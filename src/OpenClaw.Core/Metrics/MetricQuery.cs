namespace OpenClaw.Core.Metrics;

/// <summary>What is done with a series.</summary>
public enum MetricFunction
{
    /// <summary>Its latest value; of a histogram the quantiles.</summary>
    None,

    /// <summary>How much it rose in a second, on average.</summary>
    Rate,

    /// <summary>By how much it rose.</summary>
    Increase,

    /// <summary>The median of a histogram.</summary>
    P50,

    /// <summary>What 95 of 100 values of a histogram are below.</summary>
    P95,

    /// <summary>What 99 of 100 values of a histogram are below.</summary>
    P99,
}

/// <summary>A query as it was written: <c>rate(task_retries{type="image"}[5m])</c>.</summary>
/// <param name="Function">What to do.</param>
/// <param name="Name">The metric as it was named.</param>
/// <param name="NameAt">Where the name begins in the text.</param>
/// <param name="Matchers">All of them have to hold.</param>
/// <param name="Window">What stood in brackets.</param>
public sealed record MetricQuery(MetricFunction Function, string Name, int NameAt, IReadOnlyList<LabelMatcher> Matchers, TimeSpan? Window);
