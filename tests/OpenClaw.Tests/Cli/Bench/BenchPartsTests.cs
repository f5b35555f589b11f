using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Cli.Bench;
using OpenClaw.Cli.Shell;
using OpenClaw.V1;
using Task = OpenClaw.V1.Task;

namespace OpenClaw.Tests.Cli.Bench;

public sealed class BenchPartsTests
{
    private static Task Ended(TaskState state, string code = "", int retries = 0, int losses = 0) =>
        new()
        {
            Id = "task-000001",
            State = state,
            CreatedAtMs = 1000,
            StartedAtMs = 1004,
            FinishedAtMs = 1010,
            Retries = retries,
            Losses = losses,
            Failure = code.Length > 0 ? new TaskFailure { Code = code, Message = "two\nlines" } : null,
        };

    [Fact]
    public void BeforeTheFirstLatencyThereIsNone()
    {
        var progress = new BenchProgress();
        progress.Submitted(5);
        Assert.Equal(("-", "-"), (Figures.Took(progress.Now().P50), Figures.Took(progress.Now().P99)));
        progress.Took(TimeSpan.FromMilliseconds(2));
        Assert.All(new[] { progress.Now().P50, progress.Now().P99 }, p => Assert.InRange(p!.Value, 1950, 2050));
        Assert.Equal("0 µs", Figures.Took(0));
    }

    private static BenchResult Result(params Task[] tasks)
    {
        var tally = new BenchTally();
        foreach (var task in tasks)
        {
            tally.Add(task);
        }

        return new()
        {
            Options = new()
            {
                Scenario = Scenario.EndToEnd,
                Type = "noop",
                Payload = ByteString.CopyFromUtf8("{}"),
            },
            OwnCluster = true,
            Slots = 2,
            Took = TimeSpan.FromSeconds(2),
            SubmitTook = TimeSpan.FromSeconds(1),
            Submitted = tasks.Length,
            Tally = tally,
            Crashes = tally.Crashes,
            Latencies = [("submit → start", tally.Start), ("submit → result", tally.Result)],
            CpuPerTask = new Dictionary<string, double>(StringComparer.Ordinal) { [ProcessFigures.Manager] = 12.34 },
            Memory = new Dictionary<string, ProgramUse>(StringComparer.Ordinal) { [ProcessFigures.Manager] = new(0, 64 << 20, 1) },
            AllocatedPerTask = 2048.4,
        };
    }

    [Fact]
    public void A_crash_makes_a_measurement_bad()
    {
        Assert.True(Result(Ended(TaskState.Succeeded)).IsGood);
        Assert.False(Result(Ended(TaskState.Dead, "clw-worker-crash")).IsGood);
        Assert.False(Result(Ended(TaskState.Succeeded, losses: 1)).IsGood);
    }

    [Fact]
    public void One_retry_in_a_hundred_makes_it_bad_and_one_in_a_hundred_and_one_does_not()
    {
        var tasks = Enumerable
            .Range(0, 99)
            .Select(_ => Ended(TaskState.Succeeded))
            .Append(Ended(TaskState.Succeeded, retries: 1))
            .ToArray();
        Assert.False(Result(tasks).IsGood);
        Assert.True(Result([.. tasks, Ended(TaskState.Succeeded)]).IsGood);
    }

    [Fact]
    public void The_json_has_what_programs_read()
    {
        using var document = JsonDocument.Parse(
            Json.ToText(writer => BenchJson.Write(writer, Result(Ended(TaskState.Succeeded), Ended(TaskState.Succeeded))), Json.Compact)
        );
        var root = document.RootElement;
        Assert.Equal("end-to-end", root.GetProperty("scenario").GetString());
        Assert.Equal(1, root.GetProperty("tasks_per_second").GetDouble());
        Assert.Equal(2, root.GetProperty("submitted_per_second").GetDouble());
        Assert.Equal(10, root.GetProperty("latency_ms").GetProperty("submit_to_result").GetProperty("p99").GetDouble());
        Assert.Equal(12.34, root.GetProperty("programs").GetProperty("manager").GetProperty("cpu_us_per_task").GetDouble());
        Assert.Equal(64 << 20, root.GetProperty("programs").GetProperty("manager").GetProperty("pss_bytes").GetInt64());
        Assert.True(root.GetProperty("good").GetBoolean());
    }

    [Fact]
    public void The_report_is_plain_where_no_colours_are_wanted()
    {
        using var terminal = new Terminal
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            OpenInput = () => Stream.Null,
        };
        var lines = BenchReport.Lines(terminal, Result(Ended(TaskState.Succeeded), Ended(TaskState.Dead, "clw-worker-crash"))).ToList();
        Assert.DoesNotContain(lines, l => l.Contains('\u001b', StringComparison.Ordinal) || l.Contains('\n', StringComparison.Ordinal));
        Assert.Contains("throughput             1 tasks/s", lines);
        Assert.Contains("crashes                1", lines);
        Assert.Contains(
            lines,
            l => l.StartsWith("submit → result", StringComparison.Ordinal) && l.Contains("10.00", StringComparison.Ordinal)
        );
        Assert.Contains(lines, l => l.StartsWith("manager ", StringComparison.Ordinal) && l.Contains("64.0", StringComparison.Ordinal));
        Assert.EndsWith("clw-worker-crash: two lines", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_are_read_from_the_metrics_text()
    {
        var counters = ManagerCounters.Parse(
            """
            # HELP openclaw_process_allocated_bytes_total Bytes
            # TYPE openclaw_process_allocated_bytes_total counter
            openclaw_process_allocated_bytes_total 123456789
            openclaw_store_commits_total{result="ok"} 40
            openclaw_store_commits_total{result="failed"} 2
            openclaw_store_commits_total_other 7
            openclaw_worker_crashes_total{type="image",signal="SIGSEGV"} 3
            openclaw_worker_crashes_total{type="other",signal="SIGSEGV"} 5
            """,
            "image"
        );
        Assert.Equal(new ManagerCounters(123456789, 42, 3), counters);
        Assert.Null(ManagerCounters.Parse("", "image").AllocatedBytes);
    }

    [Fact]
    public void A_sparkline_shows_the_last_figures_against_the_largest()
    {
        Assert.Equal("▁▅█", Sparkline.Of([0, 50, 100], 10));
        Assert.Equal("▅█", Sparkline.Of([900, 50, 100], 2));
        Assert.Equal("▁▁", Sparkline.Of([0, 0], 10));
        Assert.Equal("", Sparkline.Of([], 10));
    }
}
