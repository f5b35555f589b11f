using System.Text.RegularExpressions;
using OpenClaw.Core.Telemetry;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>
/// Row C22 and the lines of guide 001: their shape, what people grep them for while all is well and while it is not, and what stands in
/// no line.
/// </summary>
public sealed partial class LogLinesTests
{
    /// <summary>As the guides print their greps of logs.</summary>
    private static readonly string[] Greps =
    [
        """clw logs --component worker | grep -E "(reconnect|UNREACHABLE|heartbeat)" """,
        """cat log-w1/worker.log | grep -E "(disconnected|reconnect|error)" """,
        """cat log-w1/worker.log | grep -E "(FATAL|CRASH)" """,
        """clw logs | grep -i error""",
    ];

    [Fact]
    public async Task C22_lines_have_their_shape_and_healthy_ones_none_of_the_words_that_mean_trouble()
    {
        await using var fleet = new Fleet();
        fleet.Room.Plugin("hello.lua", "function process_hello(data) log('hello, password=hunter-22') return 1 end");
        await fleet.StartAsync("w1");
        using (var client = fleet.Client())
        {
            await client.UntilAsync(await client.SubmitAsync("hello", "{}"), TaskState.Succeeded);
        }

        foreach (var grep in Greps)
        {
            var quiet = await LogsTests.BashAsync(fleet.Room, grep);
            Assert.True(quiet.ExitCode == 1 && quiet.Output.Length == 0, $"{grep}\n{quiet.Said}");
        }

        var all = await fleet.Room.RunAsync("logs");
        Assert.All(LogsTests.Lines(all), line => Assert.Null(LogWords.Find(line)));
        var files = Directory
            .GetFiles(fleet.Room.Directory, "*.log", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetFileName(f), File.ReadAllText, StringComparer.Ordinal);
        Assert.Equal(["manager.log", "task.log", "worker.log", "worker.reconnect.log"], files.Keys.Order(StringComparer.Ordinal));
        var token = (await File.ReadAllTextAsync(fleet.Room.Path("data", "token"), TestContext.Current.CancellationToken)).Trim();
        Assert.All(
            files.Values.SelectMany(f => f.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            line =>
            {
                Assert.True(InFile().IsMatch(line) || OfProcess().IsMatch(line), line);
                Assert.DoesNotContain(token, line, StringComparison.Ordinal);
                Assert.DoesNotContain("hunter-22", line, StringComparison.Ordinal);
            }
        );

        // On the console without the time, which the journal adds.
        Assert.Matches(OnConsole(), fleet.Workers["w1"].Errors.Split('\n')[0]);
        var only = Assert.Single(files["worker.reconnect.log"].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.EndsWith(
            $"] Connected to manager at {fleet.Address}",
            only.Replace("this machine", $"{fleet.Address}", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task C22_the_lines_that_the_guide_prints_come_when_the_manager_goes_away()
    {
        await using var fleet = new Fleet();
        await fleet.StartManagerAsync();
        fleet.LaunchWorker(
            "w1",
            ("OPENCLAW_CLUSTER_RECONNECT_INTERVAL", "200ms"),
            ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", $"{fleet.Address}")
        );
        await fleet.StateAsync("w1", "healthy");
        var follower = LogsTests.Bash(
            fleet.Room,
            """clw logs --follow --component worker | grep --line-buffered -E "(reconnect|UNREACHABLE|heartbeat)" """
        );

        // The whole manager, as when its machine goes away: itself first, for it would stop in good order without its supervisor.
        Signals.Send(fleet.ManagerProcess.Id, Signals.Kill);
        fleet.Manager.Kill();
        await fleet.Manager.EndAsync();
        var log = fleet.Room.Path("log-w1", "worker.log");
        await SaysAsync(log, @"\[ERROR\] \[.*\] Worker connection lost: .*\(clw-connection-lost, manager at .*\)");
        await SaysAsync(
            log,
            $@"\[ERROR\] \[.*\] dial tcp {fleet.Address}: connect: connection refused \(clw-connection-refused, manager at .*\)"
        );
        await SaysAsync(log, @"\[WARN\] \[.*\] Retrying connection in [0-9.]+ seconds?\.\.\.");
        await SaysAsync(log, @"\[ERROR\] \[.*\] Failed to send heartbeat to manager after 3 attempts \(clw-heartbeat-failure\)");
        await fleet.StartManagerAsync();
        await fleet.StateAsync("w1", "healthy");
        await SaysAsync(log, @"\[INFO\] \[.*\] Connection to manager at .* reconnected after .*");
        await follower.SaidAsync("Failed to send heartbeat to manager after 3 attempts");
        await follower.SaidAsync("reconnected");

        foreach (
            var reader in ProcessTable.DescendantsOf(follower.Id).Where(p => p.CommandLine.Contains(" logs ", StringComparison.Ordinal))
        )
        {
            Signals.Send(reader.Id, Signals.Interrupt);
        }

        Assert.Equal(0, await follower.EndAsync());

        // Comings and goings alone.
        var comings = fleet.Room.Path("log-w1", "worker.reconnect.log");
        await SaysAsync(comings, @"Connected to manager[^\n]*\n[^\n]*Worker connection lost[^\n]*\n[^\n]*reconnected after");
        var transitions = await File.ReadAllTextAsync(comings, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("Retrying", transitions, StringComparison.Ordinal);
        Assert.DoesNotContain("dial tcp", transitions, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C16_C22_silence_of_either_side_is_told_in_the_guides_words()
    {
        await using var fleet = new Fleet();
        await fleet.StartManagerAsync();
        fleet.LaunchWorker("w1", ("OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL", "200ms"), ("OPENCLAW_CLUSTER_ACK_TIMEOUT", "1s"));
        await fleet.StateAsync("w1", "healthy");

        var worker = fleet.ProcessOf("w1").Id;
        Signals.Send(worker, Signals.Stop);
        await fleet.StateAsync("w1", "UNREACHABLE");
        Signals.Send(worker, Signals.Continue);
        await fleet.StateAsync("w1", "healthy");
        var seen = await LogsTests.BashAsync(fleet.Room, Greps[0]);
        Assert.Matches(@"\[ERROR\] \[.*\] Worker w1 is UNREACHABLE at .*clw-heartbeat-failure: nothing heard for .* seconds?", seen.Output);
        Assert.Matches(@"\[INFO\] \[.*\] Worker w1 reconnected from ", seen.Output);

        var manager = fleet.ManagerProcess.Id;
        Signals.Send(manager, Signals.Stop);
        var log = fleet.Room.Path("log-w1", "worker.log");
        await SaysAsync(log, @"\[WARN\] \[.*\] No heartbeat acknowledgment received for 1 second\n");
        await SaysAsync(log, @"\[ERROR\] \[.*\] Assuming manager connection lost \(clw-heartbeat-lost, manager at .*\)");
        Signals.Send(manager, Signals.Continue);
        await fleet.StateAsync("w1", "healthy");
    }

    [Fact]
    public async Task C22_a_second_worker_of_the_same_name_is_told_so_in_the_guides_words()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("w1");
        await File.WriteAllTextAsync(fleet.ConfigOf("other"), "cluster:\n  worker_id: w1\n", TestContext.Current.CancellationToken);
        fleet.LaunchWorker("other");
        await SaysAsync(
            fleet.Room.Path("log-other", "worker.log"),
            @"\[ERROR\] \[.*\] Registration rejected: worker ID 'w1' already exists in cluster \(clw-registration-failed, manager at .*\)"
        );
        var about = await fleet.Room.RunAsync("logs", "--component", "worker", "--grep", "not registered");
        Assert.Contains("clw-registration-failed: worker w1 from ", about.Output, StringComparison.Ordinal);
    }

    private static Task SaysAsync(string file, string pattern) =>
        Until.TrueAsync(
            () => File.Exists(file) && Regex.IsMatch(File.ReadAllText(file), pattern, RegexOptions.None, TimeSpan.FromSeconds(10)),
            $"{file} says {pattern}",
            details: () => File.Exists(file) ? File.ReadAllText(file) : "there is no such file"
        );

    [GeneratedRegex(@"^\[[A-Z]+\] \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] \S", RegexOptions.None, 10_000)]
    private static partial Regex InFile();

    [GeneratedRegex(@"^clw-worker\[pid=\d+\]: [A-Z]+: \S", RegexOptions.None, 10_000)]
    private static partial Regex OfProcess();

    [GeneratedRegex(@"^\[[A-Z]+\] [^\[]", RegexOptions.None, 10_000)]
    private static partial Regex OnConsole();
}
