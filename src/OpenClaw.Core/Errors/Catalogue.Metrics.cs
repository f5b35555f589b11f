namespace OpenClaw.Core.Errors;

// Failures of asking for metrics.
public static partial class Catalogue
{
    private static ErrorEntry[] MetricEntries => [MetricUnknown, MetricQuery, MetricLimit];

    public static ErrorEntry MetricUnknown { get; } =
        new()
        {
            Code = "clw-metric-unknown",
            Title = "There is no metric of this name",
            Meaning = "The query names a metric that no program of OpenClaw measures. Nothing was asked for.",
            Causes = ["A slip in the name", "A metric of another program: only OpenClaw's own are kept"],
            Checks = ["clw metrics list shows every name and what it means"],
            Cure = ["Look for the name: clw metrics list"],
            Related = ["clw-metric-query"],
            Exit = ExitCode.NotFound,
            Kind = FailureKind.NotFound,
        };

    public static ErrorEntry MetricQuery { get; } =
        new()
        {
            Code = "clw-metric-query",
            Title = "The query of metrics is not understood",
            Meaning = "A query is a name, conditions in braces, or a function of both. The message names the column where it goes wrong.",
            Causes =
            [
                "The shell took quotes or braces away: a query with braces stands in single quotes",
                "A label that the metric does not have",
                "A function that does not fit: rate and increase are for counters, p50, p95 and p99 for histograms",
            ],
            Checks = ["clw metrics list --json shows the labels of each metric"],
            Cure = ["Write it like this: clw metrics query 'rate(task_retries{type=\"image\"}[5m])'"],
            Related = ["clw-metric-unknown", "clw-metric-limit"],
            Exit = ExitCode.Usage,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry MetricLimit { get; } =
        new()
        {
            Code = "clw-metric-limit",
            Title = "The query asks for more than one answer holds",
            Meaning = "The work and the answer of a query are limited, so that no question slows the manager down. Nothing was answered.",
            Causes = ["Many series over a long range with a short step"],
            Checks = ["clw metrics query NAME --range=10s --json shows how many series there are"],
            Cure =
            [
                "Ask for less: a condition in braces, a longer --step, a shorter --range, or sums with --by LABEL",
                "Let a Prometheus server take the metrics, where questions of any size are asked: docs/deploy.md",
            ],
            Related = ["clw-metric-query"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Exhausted,
        };
}
