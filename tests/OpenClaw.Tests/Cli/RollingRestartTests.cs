using OpenClaw.Cli.Commands.Cluster;
using OpenClaw.Core.Errors;
using OpenClaw.Tests.Support;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Cli;

/// <summary>Workers restarted some at a time (docs/operations.md).</summary>
public sealed class RollingRestartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A cluster whose workers come back when the test says so.</summary>
    private sealed class TestCluster(int count) : IRestartTarget
    {
        private readonly Dictionary<string, WorkerStatus> workers = Enumerable
            .Range(1, count)
            .Select(n => new WorkerStatus
            {
                Id = $"w{n}",
                Incarnation = 1,
                State = "healthy",
            })
            .ToDictionary(w => w.Id, StringComparer.Ordinal);

        public IReadOnlyList<WorkerStatus> Workers => [.. workers.Values.Select(w => w.Clone())];
        public List<string> Told { get; } = [];
        public Failure? Refusal { get; set; }
        public bool IsAway { get; set; }

        public Task<Result<bool>> RestartAsync(string worker, long incarnation)
        {
            if (Refusal is { } refusal)
            {
                return Task.FromResult<Result<bool>>(refusal);
            }

            Told.Add(worker);
            workers[worker].State = "draining";
            return Task.FromResult<Result<bool>>(workers[worker].Incarnation == incarnation);
        }

        public Task<Result<StatusResponse>> LookAsync(IReadOnlyCollection<string> names)
        {
            if (IsAway)
            {
                return Task.FromResult<Result<StatusResponse>>(new Failure(Catalogue.ConnectionRefused, "nobody there"));
            }

            var response = new StatusResponse();
            response.Workers.AddRange(names.Select(n => workers[n].Clone()));
            return Task.FromResult<Result<StatusResponse>>(response);
        }

        public void ComeBack(string worker, string state = "healthy", bool drained = false)
        {
            workers[worker].Incarnation++;
            workers[worker].State = state;
            workers[worker].Drain = drained ? new WorkerDrain { By = "anna" } : null;
        }
    }

    private readonly VirtualTime time = new();
    private readonly List<RestartStep> steps = [];
    private readonly CancellationTokenSource stop = new();

    private Task<RestartReport> Begin(TestCluster cluster, int parallel) =>
        new RollingRestart(cluster, time, parallel, Patience) { Happened = steps.Add }.RunAsync(cluster.Workers, stop.Token);

    private void Look() => time.Advance(TimeSpan.FromMilliseconds(200));

    [Fact]
    public async Task The_next_is_told_when_one_is_back_and_not_before()
    {
        var cluster = new TestCluster(3);
        var running = Begin(cluster, parallel: 1);
        Look();
        Look();
        Assert.Equal(["w1"], cluster.Told);
        cluster.ComeBack("w1", "registering");
        Look();
        Assert.Equal(["w1"], cluster.Told);
        cluster.ComeBack("w1");
        Look();
        Assert.Equal(["w1", "w2"], cluster.Told);
        cluster.ComeBack("w2");
        Look();
        cluster.ComeBack("w3");
        Look();
        var report = await running;
        Assert.Equal(["w1", "w2", "w3"], report.Restarted.Select(r => r.Worker));
        Assert.Empty(report.Failed);
        Assert.Empty(report.Left);
        Assert.Equal(["w1:0", "w1:3", "w2:0", "w2:2", "w3:0", "w3:2"], steps.Select(s => $"{s.Worker}:{s.To}"));
    }

    [Fact]
    public async Task As_many_are_away_at_once_as_was_said()
    {
        var cluster = new TestCluster(5);
        var running = Begin(cluster, parallel: 2);
        Assert.Equal(["w1", "w2"], cluster.Told);
        cluster.ComeBack("w2");
        Look();
        Assert.Equal(["w1", "w2", "w3"], cluster.Told);
        foreach (var name in new[] { "w1", "w3", "w4", "w5" })
        {
            cluster.ComeBack(name);
            Look();
        }

        Assert.Equal(5, (await running).Restarted.Count);
    }

    [Fact]
    public async Task A_drained_worker_is_back_when_it_is_drained_again()
    {
        var cluster = new TestCluster(1);
        var running = Begin(cluster, parallel: 1);
        cluster.ComeBack("w1", "draining", drained: true);
        Look();
        Assert.Single((await running).Restarted);
    }

    [Fact]
    public async Task One_that_does_not_come_back_is_the_last_that_was_told()
    {
        var cluster = new TestCluster(4);
        var running = Begin(cluster, parallel: 2);
        cluster.ComeBack("w1", "UNREACHABLE");
        time.Advance(Patience - TimeSpan.FromSeconds(1));
        Assert.False(running.IsCompleted);
        cluster.ComeBack("w2");
        Look();
        // w2 was back in time, so a third was told before w1 was given up.
        Assert.Equal(["w1", "w2", "w3"], cluster.Told);
        time.Advance(TimeSpan.FromSeconds(2));
        cluster.ComeBack("w3");
        Look();
        var report = await running;
        Assert.Equal(["w2", "w3"], report.Restarted.Select(r => r.Worker));
        var failed = Assert.Single(report.Failed);
        Assert.Equal(("w1", "clw-worker-unreachable"), (failed.Worker, failed.Failure!.Code));
        Assert.Contains("it is UNREACHABLE", failed.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(["w4"], report.Left);
    }

    [Fact]
    public async Task An_interruption_tells_no_further_one_and_waits_for_those_that_were_told()
    {
        var cluster = new TestCluster(3);
        var running = Begin(cluster, parallel: 1);
        await stop.CancelAsync();
        Look();
        Assert.False(running.IsCompleted);
        cluster.ComeBack("w1");
        Look();
        var report = await running;
        Assert.Equal(["w1"], report.Restarted.Select(r => r.Worker));
        Assert.Equal(["w2", "w3"], report.Left);
    }

    [Fact]
    public async Task A_manager_that_is_away_for_a_moment_is_no_workers_fault()
    {
        var cluster = new TestCluster(1) { IsAway = true };
        var running = Begin(cluster, parallel: 1);
        Look();
        Look();
        cluster.IsAway = false;
        cluster.ComeBack("w1");
        Look();
        Assert.Empty((await running).Failed);
    }

    [Fact]
    public async Task A_refusal_ends_it()
    {
        var cluster = new TestCluster(2) { Refusal = new Failure(Catalogue.WorkerUnsupervised, "no") };
        var report = await Begin(cluster, parallel: 1);
        Assert.Equal("clw-worker-unsupervised", Assert.Single(report.Failed).Failure!.Code);
        Assert.Equal(["w2"], report.Left);
    }

    [Theory]
    [InlineData(null, 5, 1)]
    [InlineData(null, 100, 10)]
    [InlineData("3", 100, 3)]
    [InlineData("50%", 9, 4)]
    [InlineData("1%", 9, 1)]
    public void How_many_at_a_time(string? text, int all, int expected) => Assert.Equal(expected, RestartCommand.HowMany(text, all));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("101%")]
    [InlineData("many")]
    public void How_many_at_a_time_is_a_number(string text) =>
        Assert.Equal("clw-usage", Assert.Throws<FailureException>(() => RestartCommand.HowMany(text, 10)).Failure.Code);
}
