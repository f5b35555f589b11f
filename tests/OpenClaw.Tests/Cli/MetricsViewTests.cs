using OpenClaw.Cli.Commands.Metrics;
using OpenClaw.Cli.Shell;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Cli;

/// <summary>Metrics for people: numbers, courses, and the table of workers.</summary>
public sealed class MetricsViewTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(1 / 3.0, "0.333333")]
    [InlineData(0.00000123456789, "0.00000123457")]
    [InlineData(12.5, "12.5")]
    [InlineData(123456, "123456")]
    [InlineData(123456.7, "123457")]
    [InlineData(123456789012.4, "123456789012")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(double.NaN, "-")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    public void A_number_is_short_and_has_no_exponent(double value, string text) => Assert.Equal(text, MetricText.Number(value));

    [Fact]
    public void Sizes_and_shares_fit_a_column()
    {
        Assert.Equal(["512 KiB", "34.1 MiB", "2.05 GiB", "-"], new[] { 524288, 35756442, 2201170740, double.NaN }.Select(MetricText.Bytes));
        Assert.Equal(["0 %", "0.01 %", "25 %", "140 %", "-"], new[] { 0, 0.0001, 0.25, 1.4, double.NaN }.Select(MetricText.Percent));
    }

    [Fact]
    public void A_course_has_gaps_where_nothing_is_known_and_never_more_columns_than_there_is_room()
    {
        Assert.Equal(" ▁▅█", MetricsCommand.Spark([double.NaN, 0, 2, 4], 10));
        Assert.Equal("▁█", MetricsCommand.Spark([0, 0, 3, 3], 2));
        Assert.InRange(MetricsCommand.Spark([.. Enumerable.Range(0, 1000).Select(i => (double)i)], 40).Length, 20, 40);
        Assert.Equal("", MetricsCommand.Spark([], 40));
    }

    private static WorkerRow Row(string id, string state = "healthy", double crash = 0, double memory = 1 << 20) =>
        new(
            new WorkerStatus
            {
                Id = id,
                State = state,
                Slots = 8,
                Running = 3,
            }
        )
        {
            CrashRate = crash,
            Memory = memory,
            Rates = [1, 2],
            Memories = [1, 2],
        };

    [Fact]
    public void Workers_are_sorted_by_what_is_asked_for()
    {
        WorkerRow[] rows =
        [
            Row("b", crash: 0.5, memory: 1),
            Row("a", "UNREACHABLE", double.NaN, double.NaN),
            Row("c", crash: 0.1, memory: 9),
        ];
        string Order(string column) => string.Concat(WorkerRow.Sorted(rows, column).Select(r => r.Status.Id));
        Assert.Equal("abc", Order("name"));
        Assert.Equal("abc", Order("state"));
        Assert.Equal("bca", Order("crash"));
        Assert.Equal("cba", Order("memory"));
        Assert.All(WorkerRow.Columns, column => Assert.Equal(3, Order(column).Length));
    }

    [Fact]
    public void A_pipe_gets_the_whole_table_and_no_colour()
    {
        using var output = new StringWriter();
        using var terminal = new Terminal
        {
            Out = output,
            Error = output,
            OpenInput = () => Stream.Null,
        };
        var lines = WorkersTable.Lines(terminal, [Row("w1", crash: 0.25)]).ToList();
        Assert.Equal(
            [
                "WORKER  STATE    BUSY  TASKS/S  CRASH  P50  P95  MEMORY   CPU  RESTARTS  TASKS/S, 10 MIN  MEMORY, 10 MIN",
                "w1      healthy  3/8   2        25 %   -    -    1.0 MiB  -    -         ▅█               ▅█",
            ],
            lines
        );
        Assert.Equal(["No workers."], WorkersTable.Lines(terminal, []));
    }

    [Theory]
    [InlineData("metrics query", "needs the name of a metric")]
    [InlineData("metrics query x{", "column 3: the name of a label is expected")]
    [InlineData("metrics query x --range=25h", "--range takes 10s to 24h")]
    [InlineData("metrics query x --step=1s", "--step takes 10s to 24h")]
    [InlineData("metrics query rate(x) --rate", "is a function already")]
    [InlineData("metrics watch --workers --sort=memroy", "there is no column 'memroy'; did you mean memory?")]
    [InlineData("metrics watch --interval=1ms", "--interval is at least 200ms")]
    public async Task A_mistake_is_told_before_any_cluster_is_asked(string line, string what)
    {
        var run = await CommandRun.OfAsync(line.Split(' '));
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains(what, run.Error, StringComparison.Ordinal);
    }
}
