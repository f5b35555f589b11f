using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;

namespace OpenClaw.Tests.Metrics;

/// <summary>What a query comes to: counters through restarts, gauges, histograms, the crash rate, and the bounds.</summary>
public sealed class QueryEvaluationTests
{
    private const long End = 1_000_000;

    private static QueryEvaluation Prepare(string query, TimeSpan range, TimeSpan? step = null, params string[] by)
    {
        var parsed = MetricQueryParser.Parse(query).Value;
        return QueryEvaluation.Create(parsed, QueryWindow.Of(End, range, step, parsed.Window), by, "prod").Value;
    }

    private static Failure? Refusal(string query, params string[] by)
    {
        var parsed = MetricQueryParser.Parse(query).Value;
        return QueryEvaluation.Create(parsed, QueryWindow.Of(End, TimeSpan.FromMinutes(5), null, null), by, "prod").Failure;
    }

    private static List<string> Told(QueryEvaluation evaluation) =>
        [
            .. evaluation
                .Answer()
                .Value.Series.Select(s => $"{{{SeriesKey.Join(s.Labels)}}} {string.Join(' ', s.Values.Select(v => $"{v:0.####}"))}"),
        ];

    private static SeriesKey Retries(string type) => new("openclaw_task_retries_total", $"type=\"{type}\"");

    [Fact]
    public void A_counter_that_fell_began_anew_and_one_that_is_fresh_too()
    {
        var increase = Prepare("increase(task_retries)", TimeSpan.FromMinutes(1));
        (double Value, bool Fresh)[] samples = [(100, false), (103, false), (2, false), (5, true), (9, false), (9, false)];
        for (var i = 0; i < samples.Length; i++)
        {
            // The first stands before the range: what it rose by since is counted.
            increase.Add(Retries("a"), End - 6 + i, samples[i].Value, samples[i].Fresh);
        }

        Assert.Equal(["{cluster=\"prod\",type=\"a\"} 14"], Told(increase));
    }

    [Fact]
    public void Nobody_knows_by_how_much_a_counter_rose_before_it_was_met()
    {
        var increase = Prepare("increase(task_retries)", TimeSpan.FromMinutes(1));
        increase.Add(Retries("met"), End - 2, 500, fresh: false);
        increase.Add(Retries("met"), End - 1, 501, fresh: false);
        increase.Add(Retries("born"), End - 1, 500, fresh: true);
        Assert.Equal(["{cluster=\"prod\",type=\"born\"} 500", "{cluster=\"prod\",type=\"met\"} 1"], Told(increase));
    }

    [Fact]
    public void A_rate_is_of_its_window_and_steps_follow_each_other()
    {
        var plain = Prepare("rate(task_retries[50s])", TimeSpan.FromHours(1));
        var course = Prepare("rate(task_retries)", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20));
        var smooth = Prepare("rate(task_retries[40s])", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20));
        foreach (var evaluation in new[] { plain, course, smooth })
        {
            for (var i = -10; i <= 0; i++)
            {
                evaluation.Add(Retries("a"), End + i, i <= -2 ? (i + 10) * 20 : 160 + ((i + 2) * 100), fresh: i == -10);
            }
        }

        Assert.Equal(["{cluster=\"prod\",type=\"a\"} 5.2"], Told(plain));
        Assert.Equal(["{cluster=\"prod\",type=\"a\"} 2 2 10"], Told(course));
        Assert.Equal(["{cluster=\"prod\",type=\"a\"} 2 2 6"], Told(smooth));
    }

    [Fact]
    public void Conditions_choose_and_labels_sum()
    {
        SeriesKey Depth(string queue, string state) => new("openclaw_queue_depth", $"queue=\"{queue}\",state=\"{state}\"");
        QueryEvaluation Filled(string query, params string[] by)
        {
            var evaluation = Prepare(query, TimeSpan.FromMinutes(1), null, by);
            evaluation.Add(Depth("a", "pending"), End - 3, 99, fresh: false);
            evaluation.Add(Depth("a", "pending"), End - 1, 4, fresh: false);
            evaluation.Add(Depth("a", "assigned"), End - 1, 1, fresh: false);
            evaluation.Add(Depth("b", "pending"), End - 1, 7, fresh: false);
            evaluation.Add(Depth("old", "pending"), End - 20, 7, fresh: false);
            evaluation.Add(new("openclaw_queue_capacity", ""), End - 1, 7, fresh: false);
            return evaluation;
        }

        Assert.Equal(
            ["{cluster=\"prod\",queue=\"a\",state=\"pending\"} 4", "{cluster=\"prod\",queue=\"b\",state=\"pending\"} 7"],
            Told(Filled("queue_depth{state=\"pending\"}"))
        );
        Assert.Equal(["{cluster=\"prod\",queue=\"a\"} 5", "{cluster=\"prod\",queue=\"b\"} 7"], Told(Filled("queue_depth", "queue")));
        Assert.Equal(["{cluster=\"prod\"} 12"], Told(Filled("queue_depth", "cluster")));
        Assert.Equal(["{cluster=\"prod\",queue=\"b\",state=\"pending\"} 7"], Told(Filled("queue_depth{queue=~\"b|c\",cluster=\"prod\"}")));
        Assert.Empty(Told(Filled("queue_depth{cluster!=\"prod\"}")));
    }

    [Fact]
    public void A_histogram_answers_with_quantiles()
    {
        QueryEvaluation Filled(string query)
        {
            var evaluation = Prepare(query, TimeSpan.FromMinutes(1));
            foreach (var (bound, count) in new[] { ("0.1", 50), ("1", 90), ("10", 100), ("+Inf", 100) })
            {
                evaluation.Add(new("openclaw_task_run_seconds_bucket", $"type=\"a\",le=\"{bound}\""), End, count, fresh: true);
            }

            return evaluation;
        }

        Assert.Equal(
            [
                "{cluster=\"prod\",type=\"a\",quantile=\"0.5\"} 0.1",
                "{cluster=\"prod\",type=\"a\",quantile=\"0.95\"} 5.5",
                "{cluster=\"prod\",type=\"a\",quantile=\"0.99\"} 9.1",
            ],
            Told(Filled("task_run_seconds"))
        );
        Assert.Equal(["{cluster=\"prod\",type=\"a\",quantile=\"0.95\"} 5.5"], Told(Filled("p95(task_run_seconds[1m])")));
        Assert.Empty(Told(Prepare("task_run_seconds", TimeSpan.FromMinutes(1))));
        Assert.Equal(10, Quantiles.Of(0.99, [(10, 1), (double.PositiveInfinity, 100)]));
    }

    private static QueryEvaluation Crashes(string query, params string[] by)
    {
        var evaluation = Prepare(query, TimeSpan.FromHours(1), null, by);
        foreach (var (type, finished) in new[] { ("image", 80), ("mail", 120) })
        {
            evaluation.Add(new("openclaw_task_run_seconds_count", $"type=\"{type}\""), End, finished, fresh: true);
        }

        foreach (
            var (labels, crashed) in new[]
            {
                ("\"segfault\",signal=\"SIGSEGV\"", 3),
                ("\"segfault\",signal=\"SIGBUS\"", 1),
                ("\"exit\",signal=\"none\"", 4),
            }
        )
        {
            evaluation.Add(new("openclaw_worker_crashes_total", $"type=\"image\",cause={labels}"), End, crashed, fresh: true);
        }

        foreach (var (result, count) in new[] { ("succeeded", 190), ("failed", 2), ("crashed", 8) })
        {
            evaluation.Add(new("openclaw_worker_attempts_total", $"worker=\"w1\",result=\"{result}\""), End, count, fresh: true);
        }

        return evaluation;
    }

    [Fact]
    public void The_crash_rate_is_crashed_attempts_by_finished_ones()
    {
        Assert.Equal(["{cluster=\"prod\"} 0.04"], Told(Crashes("worker_crash_rate")));
        Assert.Equal(["{cluster=\"prod\",type=\"image\"} 0.1"], Told(Crashes("worker_crash_rate{type=\"image\"}")));
        Assert.Equal(["{cluster=\"prod\",type=\"mail\"} 0"], Told(Crashes("worker_crash_rate{type=\"mail\"}")));
        Assert.Equal(
            ["{cluster=\"prod\",type=\"image\"} 0.1", "{cluster=\"prod\",type=\"mail\"} 0"],
            Told(Crashes("worker_crash_rate", "type"))
        );
        Assert.Equal(["{cluster=\"prod\",cause=\"segfault\"} 0.02"], Told(Crashes("worker_crash_rate{cause=\"segfault\"}")));
        Assert.Equal(["{cluster=\"prod\",cause=\"abort\"} 0"], Told(Crashes("worker_crash_rate{cause=\"abort\"}")));
        Assert.Equal(
            ["{cluster=\"prod\",cause=\"exit\"} 0.02", "{cluster=\"prod\",cause=\"segfault\"} 0.02"],
            Told(Crashes("worker_crash_rate", "cause"))
        );
        Assert.Equal(
            ["{cluster=\"prod\",type=\"image\",cause=\"segfault\"} 0.05"],
            Told(Crashes("worker_crash_rate{type=\"image\",cause=\"segfault\"}"))
        );
        Assert.Equal(["{cluster=\"prod\",worker=\"w1\"} 0.04"], Told(Crashes("worker_crash_rate", "worker")));
    }

    [Fact]
    public void Where_nothing_has_finished_the_crash_rate_is_0_and_that_is_said()
    {
        foreach (
            var (query, told) in new[]
            {
                ("worker_crash_rate", "{cluster=\"prod\"} 0"),
                ("worker_crash_rate{type=\"x\"}", "{cluster=\"prod\",type=\"x\"} 0"),
            }
        )
        {
            var evaluation = Prepare(query, TimeSpan.FromHours(1));
            Assert.Equal([told], Told(evaluation));
            Assert.Equal(["no attempt has finished in the range"], evaluation.Answer().Value.Notes);
        }

        Assert.Empty(Crashes("worker_crash_rate").Answer().Value.Notes);
    }

    [Fact]
    public void What_has_no_sense_is_refused()
    {
        Assert.Contains(
            "no label 'wroker'; did you mean worker?",
            Refusal("worker_status{wroker=\"a\"}")?.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("it has type, cluster", Refusal("task_retries", "zzzzz")?.Message, StringComparison.Ordinal);
        Assert.Contains("is a gauge", Refusal("rate(queue_depth)")?.Message, StringComparison.Ordinal);
        Assert.Contains("is for histograms", Refusal("p95(task_retries)")?.Message, StringComparison.Ordinal);
        Assert.Contains("not by both", Refusal("worker_crash_rate{type=\"a\"}", "worker")?.Message, StringComparison.Ordinal);
        Assert.Equal(Catalogue.MetricUnknown, Refusal("nothing_of_ours_xyz")?.Entry);
    }

    [Fact]
    public void Neither_the_work_nor_the_answer_is_without_a_bound()
    {
        var much = Prepare("task_retries", TimeSpan.FromHours(24), TimeSpan.FromSeconds(10));
        var failure = Assert.Throws<FailureException>(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                much.Add(Retries($"t{i}"), End, 1, fresh: true);
            }
        });
        Assert.Equal(Catalogue.MetricLimit, failure.Failure.Entry);

        var wide = Prepare("task_retries", TimeSpan.FromHours(24), TimeSpan.FromSeconds(10));
        for (var i = 0; i < 30; i++)
        {
            wide.Add(Retries($"t{i}"), End, 1, fresh: true);
        }

        Assert.Equal(Catalogue.MetricLimit, wide.Answer().Failure?.Entry);
    }
}
