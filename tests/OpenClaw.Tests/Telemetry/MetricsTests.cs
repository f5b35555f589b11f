using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Tests.Telemetry;

public sealed class MetricsTests
{
    [Fact]
    public void The_text_is_as_Prometheus_defines_it()
    {
        var text = new StringBuilder();
        PrometheusText.Write(
            text,
            [
                new("a_total", MetricKind.Counter, "Back\\slash and\nbreak \"quoted\"", [new([new("x", "q\"b\\n\nl"), new("y", "é")], 3)]),
                new(
                    "b",
                    MetricKind.Gauge,
                    "Odd values",
                    [new([], double.NaN), new([new("z", "1")], double.NegativeInfinity), new([new("z", "2")], 0.5)]
                ),
                new(
                    "c_seconds",
                    MetricKind.Histogram,
                    "A histogram",
                    [new([new("t", "a")], 7.25) { Count = 3, Buckets = [(0.1, 1), (1, 2), (double.PositiveInfinity, 3)] }]
                ),
            ]
        );
        Assert.Equal(
            """
            # HELP a_total Back\\slash and\nbreak "quoted"
            # TYPE a_total counter
            a_total{x="q\"b\\n\nl",y="é"} 3
            # HELP b Odd values
            # TYPE b gauge
            b NaN
            b{z="1"} -Inf
            b{z="2"} 0.5
            # HELP c_seconds A histogram
            # TYPE c_seconds histogram
            c_seconds_bucket{t="a",le="0.1"} 1
            c_seconds_bucket{t="a",le="1"} 2
            c_seconds_bucket{t="a",le="+Inf"} 3
            c_seconds_sum{t="a"} 7.25
            c_seconds_count{t="a"} 3

            """,
            text.ToString()
        );
    }

    [Fact]
    public async Task Instruments_are_collected_with_their_rows_buckets_and_names()
    {
        using var meter = Instruments.NewMeter();
        await using var host = new MetricsHost([MetricNames.Meter]);
        var type = new KeyValuePair<string, object?>("type", "metrics-test");
        meter.Counter(MetricNames.TaskRetries).Add(2, type);
        meter.Histogram(MetricNames.TaskRun).Record(0.007, type);
        meter.Histogram(MetricNames.TaskRun).Record(1000, type);
        var text = await host.CollectAsync(TestContext.Current.CancellationToken);
        Assert.Contains("# TYPE openclaw_task_retries_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("openclaw_task_retries_total{type=\"metrics-test\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("openclaw_task_run_seconds_bucket{type=\"metrics-test\",le=\"0.005\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("openclaw_task_run_seconds_bucket{type=\"metrics-test\",le=\"0.01\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("openclaw_task_run_seconds_bucket{type=\"metrics-test\",le=\"+Inf\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("openclaw_task_run_seconds_count{type=\"metrics-test\"} 2\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_left_is_no_longer_served()
    {
        string[] workers = ["gone-1", "gone-2"];
        using var meter = Instruments.NewMeter();
        await using var host = new MetricsHost([MetricNames.Meter]);
        meter.Gauge(
            MetricNames.WorkerStatus,
            () =>
                workers.Select(w => new Measurement<long>(
                    1,
                    new KeyValuePair<string, object?>("worker", w),
                    new KeyValuePair<string, object?>("status", "unreachable")
                ))
        );
        var token = TestContext.Current.CancellationToken;
        Assert.Contains(
            "openclaw_worker_status{worker=\"gone-2\",status=\"unreachable\"} 1\n",
            await host.CollectAsync(token),
            StringComparison.Ordinal
        );
        workers = ["gone-1"];
        var text = await host.CollectAsync(token);
        Assert.Contains("gone-1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("gone-2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_beyond_the_bound_are_counted_together()
    {
        var row = MetricNames.TaskRetries;
        using var meter = Instruments.NewMeter();
        await using var host = new MetricsHost([MetricNames.Meter]);
        var retries = meter.Counter(row);
        for (var i = 0; i < row.MaxSeries + 500; i++)
        {
            retries.Add(1, new KeyValuePair<string, object?>("type", "type-" + i));
        }

        var text = await host.CollectAsync(TestContext.Current.CancellationToken);
        var series = text.Split('\n').Where(l => l.StartsWith(row.Name + "{", StringComparison.Ordinal)).ToList();
        Assert.InRange(series.Count, 2, row.MaxSeries + 1);
        Assert.Equal(row.MaxSeries + 500, series.Sum(l => long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Foreign_instruments_get_names_that_Prometheus_takes()
    {
        using var meter = new Meter("Foreign.Test");
        await using var host = new MetricsHost(["Foreign.Test"]);
        meter.CreateCounter<double>("http.server.time", "s", "Time").Add(1.5, new KeyValuePair<string, object?>("http.route", "/x"));
        meter.CreateUpDownCounter<long>("open-things").Add(-3);
        var text = await host.CollectAsync(TestContext.Current.CancellationToken);
        Assert.Contains("http_server_time_seconds_total{http_route=\"/x\"} 1.5\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE open_things gauge\nopen_things -3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_distinct_named_by_the_rules_and_all_listed()
    {
        var declared = typeof(MetricNames)
            .GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(p => p.GetValue(null))
            .OfType<MetricInfo>();
        Assert.Equal(
            declared.Select(m => m.Name).Order(StringComparer.Ordinal),
            MetricNames.All.Select(m => m.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal(MetricNames.All.Count, MetricNames.All.Select(m => m.Name).Distinct().Count());
        foreach (var row in MetricNames.All)
        {
            Assert.Matches("^openclaw_[a-z_]+$", row.Name);
            Assert.Equal(row.Kind == MetricKind.Counter, row.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.Equal(row.Kind == MetricKind.Histogram, row.Buckets.Count > 0);
            Assert.Equal(row.Buckets.Order(), row.Buckets);
            Assert.False(row.Help.EndsWith('.'));
        }
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_say()
    {
        const string Promtool = "/usr/bin/promtool";
        Assert.SkipUnless(File.Exists(Promtool), "promtool is not installed (Debian package prometheus)");
        using var meter = Instruments.NewMeter();
        await using var host = new MetricsHost([MetricNames.Meter]);
        foreach (var row in MetricNames.All)
        {
            var tags = new TagList([.. row.Labels.Select(l => new KeyValuePair<string, object?>(l, "odd \"\\\n value"))]);
            switch (row.Kind)
            {
                case MetricKind.Counter:
                    meter.Counter(row).Add(1, tags);
                    break;
                case MetricKind.Gauge:
                    meter.Gauge(row).Record(1, tags);
                    break;
                default:
                    meter.Histogram(row).Record(0.5, tags);
                    break;
            }
        }
        var token = TestContext.Current.CancellationToken;
        var text = await host.CollectAsync(token);
        Assert.All(MetricNames.All, row => Assert.Contains($"# TYPE {row.Name} ", text, StringComparison.Ordinal));
        var (exit, output) = await CheckAsync(text, token);
        Assert.True(exit == 0 && output.Length == 0, output);
        // A check that cannot fail proves nothing.
        Assert.NotEqual(0, (await CheckAsync("x{a=\"b} 1\n", token)).Exit);
    }

    private static async Task<(int Exit, string Output)> CheckAsync(string text, CancellationToken cancellation)
    {
        using var promtool = Process.Start(
            new ProcessStartInfo("/usr/bin/promtool", ["check", "metrics"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        await promtool.StandardInput.WriteAsync(text.AsMemory(), cancellation);
        promtool.StandardInput.Close();
        var output = await promtool.StandardOutput.ReadToEndAsync(cancellation) + await promtool.StandardError.ReadToEndAsync(cancellation);
        await promtool.WaitForExitAsync(cancellation);
        return (promtool.ExitCode, output);
    }
}
