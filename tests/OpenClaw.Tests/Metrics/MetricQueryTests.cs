using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Tests.Metrics;

/// <summary>The query language: what it takes, what it refuses and where, and which metric a name means.</summary>
public sealed class MetricQueryTests
{
    [Fact]
    public void A_query_is_a_name_with_conditions_and_a_function()
    {
        var query = MetricQueryParser
            .Parse(""" rate( task_retries { type="a\"b", queue!='x' , status=~"FA.*|\d", worker!~"w-\\d+", } [5m] ) """)
            .Value;
        Assert.Equal((MetricFunction.Rate, "task_retries", TimeSpan.FromMinutes(5)), (query.Function, query.Name, query.Window!.Value));
        Assert.Equal(
            [
                ("type", MatchKind.Equal, "a\"b"),
                ("queue", MatchKind.NotEqual, "x"),
                ("status", MatchKind.Matches, "FA.*|\\d"),
                ("worker", MatchKind.MatchesNot, "w-\\d+"),
            ],
            query.Matchers.Select(m => (m.Label, m.Kind, m.Value))
        );
        Assert.True(query.Matchers[2].Accepts("FAILED"));
        Assert.False(query.Matchers[2].Accepts("NOT FAILED"));
        Assert.False(query.Matchers[3].Accepts("w-12"));
        Assert.Empty(MetricQueryParser.Parse("x{}").Value.Matchers);
        Assert.Null(MetricQueryParser.Parse("p95(task_run_seconds)").Value.Window);
    }

    [Theory]
    [InlineData("", 1, "the name of a metric is expected")]
    [InlineData("5m", 1, "the name of a metric is expected")]
    [InlineData("x{", 3, "the name of a label is expected")]
    [InlineData("x{a}", 4, "=, !=, =~ or !~ is expected")]
    [InlineData("x{a=b}", 5, "a value in quotes is expected")]
    [InlineData("x{a=\"b}", 5, "the quotes are not closed")]
    [InlineData("x{a=\"b\" c=\"d\"}", 9, "',' is expected")]
    [InlineData("x{a=~\"(\"}", 6, "a: Invalid pattern")]
    [InlineData("x{a=~\"(b)\\1\"}", 6, "a: ")]
    [InlineData("x[5m]", 2, "a window in brackets stands inside a function only")]
    [InlineData("rate(x[5m)", 7, "the bracket is not closed")]
    [InlineData("rate(x[5 parsecs])", 8, "a span from 10s to 24h is expected, not '5 parsecs'")]
    [InlineData("rate(x[25h])", 8, "a span from 10s to 24h")]
    [InlineData("rate(x", 7, "')' is expected")]
    [InlineData("rat(x)", 1, "there is no function rat; did you mean rate?")]
    [InlineData("x y", 3, "nothing more is expected, not 'y'")]
    public void A_mistake_is_told_with_its_column(string text, int column, string what)
    {
        var failure = MetricQueryParser.Parse(text).Failure;
        Assert.NotNull(failure);
        Assert.Equal(Catalogue.MetricQuery, failure.Entry);
        Assert.Contains($"column {column}: {what}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_comes_is_read_or_refused()
    {
        const string Letters = "ab_{}[]()=!~\"'\\,5m \n";
        var random = new Random(1);
        for (var round = 0; round < 50_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Letters[random.Next(Letters.Length)]));
            Assert.True(MetricQueryParser.Parse(text).Failure is null or { Code: "clw-metric-query" });
        }

        Assert.NotNull(MetricQueryParser.Parse(new string('x', MetricQueryParser.MostChars + 1)).Failure);
    }

    [Theory]
    [InlineData("openclaw_task_retries_total", "openclaw_task_retries_total", MetricKind.Counter)]
    [InlineData("task_retries", "openclaw_task_retries_total", MetricKind.Counter)]
    [InlineData("openclaw_task_retries", "openclaw_task_retries_total", MetricKind.Counter)]
    [InlineData("task_retries_total", "openclaw_task_retries_total", MetricKind.Counter)]
    [InlineData("worker_crash_rate", "worker_crash_rate", MetricKind.Gauge)]
    [InlineData("openclaw_worker_crash_rate", "worker_crash_rate", MetricKind.Gauge)]
    [InlineData("task_run_seconds", "openclaw_task_run_seconds", MetricKind.Histogram)]
    [InlineData("task_run_seconds_count", "openclaw_task_run_seconds_count", MetricKind.Counter)]
    public void A_name_may_go_without_what_is_always_there(string name, string full, MetricKind kind)
    {
        var resolved = MetricIndex.Resolve(name).Value;
        Assert.Equal((full, kind), (resolved.Name, resolved.Kind));
    }

    [Theory]
    [InlineData("worker_crash_rat", "worker_crash_rate")]
    [InlineData("worker_chrashes", "openclaw_worker_crashes_total")]
    [InlineData("memory", "openclaw_worker_memory_bytes")]
    public void An_unknown_name_is_answered_with_the_nearest(string name, string near)
    {
        var failure = MetricIndex.Resolve(name).Failure;
        Assert.Equal(Catalogue.MetricUnknown, failure?.Entry);
        Assert.Contains(near, failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public void No_two_metrics_answer_to_the_same_name()
    {
        Assert.All(MetricIndex.All, row => Assert.Equal(row, MetricIndex.Resolve(row.Name).Value.Row));
        Assert.Equal("There is no metric 'zzzzzzzzzzzzzzzz'", MetricIndex.Resolve("zzzzzzzzzzzzzzzz").Failure?.Message);
    }

    [Fact]
    public void Labels_survive_being_text()
    {
        KeyValuePair<string, string>[] labels = [new("type", "a\"b\\n\n,c=\"d\""), new("x", ""), new("y", "é\\")];
        Assert.Equal(labels, SeriesKey.Split(SeriesKey.Join(labels)));
        Assert.Empty(SeriesKey.Split(""));
    }
}
