using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C13 of the guide on workers: <c>clw logs</c> over a manager and workers that have log directories of their own.</summary>
public sealed partial class LogsTests
{
    [Fact]
    public async Task C13_lines_of_all_machines_are_gathered_and_filtered()
    {
        await using var fleet = new Fleet();
        fleet.Room.Plugin("hello.lua", "function process_hello(data) log('hello of ' .. data.n) return 1 end");
        await fleet.StartAsync("w1", "w2");
        using var client = fleet.Client();
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            ids.Add(await client.SubmitAsync("hello", $$"""{"n":"{{i}}"}"""));
        }

        foreach (var id in ids)
        {
            await client.UntilAsync(id, TaskState.Succeeded);
        }

        // Lines of tasks are written a moment later than their outcomes.
        var all = await Until.FoundAsync(
            async () => await fleet.Room.RunAsync("logs") is var said && HelloLine().Count(said.Output) == 6 ? said : null,
            "all lines of tasks are there"
        );
        Assert.Contains("manager | [INFO] [", all.Output, StringComparison.Ordinal);
        Assert.Contains("w1      | [INFO] [", all.Output, StringComparison.Ordinal);
        Assert.Contains("w2      | [INFO] [", all.Output, StringComparison.Ordinal);
        Assert.Equal("", all.Errors);
        var times = Lines(all).Select(l => Shape().Match(l).Groups["time"].Value).ToList();
        Assert.Equal(times.Order(StringComparer.Ordinal), times);

        var one = await fleet.Room.RunAsync("logs", "--task", ids[3]);
        // The worker's word that it starts, and the task's own.
        Assert.Matches($"worker: clw-worker.*Starting task '.*{ids[3]}'", Lines(one)[0]);
        Assert.Equal($"task: {ids[3]}: hello of 3", Lines(one)[^1].Split("] ")[^1]);
        Assert.Equal(2, Lines(one).Count);

        var workers = await fleet.Room.RunAsync("logs", "--component", "worker");
        Assert.All(
            ["w1 is up", "w2 is up", "Worker w1 registered"],
            text => Assert.Contains(text, workers.Output, StringComparison.Ordinal)
        );
        Assert.DoesNotContain("Manager is up", workers.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hello of", workers.Output, StringComparison.Ordinal);

        var second = await fleet.Room.RunAsync("logs", "--worker", "w2");
        Assert.Contains("Worker w2 registered", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("w1", second.Output, StringComparison.Ordinal);

        var found = await fleet.Room.RunAsync("logs", "--grep", "hello of [0-2]", "--json");
        var documents = Lines(found).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(3, documents.Count);
        Assert.All(documents, d => Assert.Equal("task", d.GetProperty("component").GetString()));

        Assert.Equal(2, Lines(await fleet.Room.RunAsync("logs", "-n", "2")).Count);
        Assert.Equal(Lines(all).Count, Lines(await fleet.Room.RunAsync("logs", "--since", "10m")).Count);
        Assert.Empty(Lines(await fleet.Room.RunAsync("logs", "--since", "2100-01-01")));
    }

    [Fact]
    public async Task C13_following_loses_and_doubles_nothing_through_two_deaths_of_the_manager()
    {
        await using var fleet = new Fleet();
        fleet.Room.Plugin("count", Counting(250));
        fleet.Room.Plugin("hello.lua", "function process_hello(data) log('hello') return 1 end");
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var follower = fleet.Room.Clw("logs", "--follow", "--component", "task");
        await client.SubmitAsync("hello", "{}");
        await follower.SaidAsync(": hello");

        var id = await client.SubmitAsync("count", "{}");
        await follower.SaidAsync("number 20\n");
        Signals.Send(fleet.ManagerProcess.Id, Signals.Kill);
        await follower.SaidAsync("number 90\n");
        Signals.Send(fleet.ManagerProcess.Id, Signals.Kill);
        await follower.SaidAsync("number 249\n");
        await client.UntilAsync(id, TaskState.Succeeded);
        Assert.Equal(Enumerable.Range(0, 250), Numbers(follower.Output));
        Assert.Contains("asking again until it answers", follower.Errors, StringComparison.Ordinal);

        // Ctrl-C is how following ends.
        follower.Signal(Signals.Interrupt);
        Assert.Equal(0, await follower.EndAsync());
        Assert.DoesNotContain("error:", follower.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C13_a_reader_whose_connection_is_reset_goes_on_at_its_place()
    {
        await using var fleet = new Fleet();
        fleet.Room.Plugin("count", Counting(400));
        await fleet.StartAsync("w1");
        await using var cable = new Cable(fleet.Address);
        using var here = fleet.Client();
        using var client = WireClient.Connect(
            new WireOptions
            {
                Addresses = [cable.Address],
                Token = () => LocalCluster.ReadToken(fleet.Room.Path("data")),
                Patience = TimeSpan.FromSeconds(60),
            }
        );
        var told = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        var request = new LogsRequest
        {
            Follow = true,
            BeganMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            Last = 5,
            Filter = new LogFilter { Components = { "task" } },
        };
        var reading = ReadAsync();
        var id = await here.SubmitAsync("count", "{}");

        // In the middle of what it writes, and of batches: the server's end of the connection is gone each time, by a real RST.
        foreach (var number in new[] { 20, 80, 150, 290 })
        {
            await Until.TrueAsync(() => told.Any(l => l.EndsWith($"number {number}", StringComparison.Ordinal)), $"{number} is told");
            Assert.True(cable.Reset() > 0);
        }

        await Until.TrueAsync(() => told.Any(l => l.EndsWith("number 399", StringComparison.Ordinal)), "the last line is told");
        await here.UntilAsync(id, TaskState.Succeeded);
        await enough.CancelAsync();
        await reading;
        Assert.Equal(Enumerable.Range(0, 400), Numbers(string.Join('\n', told)));

        async Task ReadAsync()
        {
            try
            {
                await foreach (var batch in client.LogsAsync(request, enough.Token))
                {
                    foreach (var line in batch.Lines)
                    {
                        told.Enqueue($"{line.Component}: {line.Text}");
                    }
                }
            }
            catch (Exception e) when (enough.IsCancellationRequested && e is OperationCanceledException or FailureException)
            {
                // The test has enough.
            }
        }
    }

    [Fact]
    public async Task C13_an_unreachable_worker_is_named_and_its_lines_follow()
    {
        await using var fleet = new Fleet();
        fleet.Room.Plugin("count", Counting(200));
        Directory.CreateDirectory(fleet.Room.Path("nothing"));
        await using var cable = new Cable(fleet.Address);
        await fleet.StartManagerAsync();
        fleet.LaunchWorker("w1", ("OPENCLAW_TASK_PLUGIN_DIR", fleet.Room.Path("nothing")));
        fleet.LaunchWorker("w2", ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        await fleet.StateAsync("w1", "healthy");
        await fleet.StateAsync("w2", "healthy");
        using var client = fleet.Client();
        var follower = fleet.Room.Clw("logs", "--follow", "--since", "10m");
        await client.SubmitAsync("count", "{}");
        await follower.SaidAsync("number 10\n");
        cable.Cut();
        await follower.SaidAsync("note: w2 is unreachable: its lines follow when it is back");
        await follower.SaidAsync("worker: Worker w2 is UNREACHABLE");
        var away = Numbers(follower.Output).Count;
        await Until.TrueAsync(
            () => File.ReadAllText(fleet.Room.Path("log-w2", "task.log")).Contains($"number {away + 40}\n", StringComparison.Ordinal),
            "the task goes on writing"
        );
        Assert.DoesNotContain($"number {away + 40}\n", follower.Output, StringComparison.Ordinal);
        var asked = await fleet.Room.RunAsync("logs", "-n", "5");
        Assert.Contains("note: w2 is unreachable: its lines are missing here", asked.Errors, StringComparison.Ordinal);

        cable.Mend();
        await follower.SaidAsync("number 199\n");
        Assert.Equal(Enumerable.Range(0, 200), Numbers(follower.Output));
        await follower.SaidAsync("reconnected");
    }

    [Fact]
    public async Task C13_a_reader_that_stands_still_costs_no_memory_holds_nobody_up_and_misses_nothing()
    {
        await using var fleet = new Fleet();
        fleet.Room.Plugin(
            "flood",
            """
            #!/bin/sh
            pad=$(printf 'x%.0s' $(seq 300))
            i=0
            while [ $i -lt 15 ]; do
              seq -f "number %.0f $pad" $((i * 4000)) $((i * 4000 + 3999)) >&2
              i=$((i + 1))
              sleep 0.1
            done
            echo '{}'
            """
        );
        await fleet.StartAsync("w1");
        using var client = fleet.Client();

        // What the lines cost without a reader, on their way to whoever watches the task, is not the reader's.
        await client.UntilAsync(await client.SubmitAsync("flood", "{}"), TaskState.Succeeded);
        var reader = fleet.Room.Clw("logs", "--follow", "--component", "task", "-n", "1");
        await reader.SaidAsync("number 59999 ");
        var before = Resident(fleet.ManagerProcess.Id);
        reader.Signal(Signals.Stop);
        await client.UntilAsync(await client.SubmitAsync("flood", "{}"), TaskState.Succeeded);
        var grown = Resident(fleet.ManagerProcess.Id) - before;

        // 20 MB of lines were written meanwhile: as text in memory twice that, and messages besides.
        Assert.True(grown < 40 << 20, $"the manager has grown by {grown >> 20} MiB");
        Assert.Equal("healthy", (await fleet.StateAsync("w1", "healthy")).State);
        reader.Signal(Signals.Continue);
        await Until.TrueAsync(() => Numbers(reader.Output).Count > 60_000, "all lines came", TimeSpan.FromSeconds(60));
        Assert.Equal([59_999, .. Enumerable.Range(0, 60_000)], Numbers(reader.Output));
        reader.Signal(Signals.Interrupt);
        Assert.Equal(0, await reader.EndAsync());
    }

    [Fact]
    public async Task C13_lines_from_before_a_workers_death_are_still_there()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("w1");
        var before = fleet.ProcessOf("w1").Id;
        Signals.Send(before, Signals.Kill);
        await fleet.StateAsync("w1", "healthy", w => w.Pid != before);
        var said = await fleet.Room.RunAsync("logs", "--since", "30m", "--worker", "w1");
        Assert.Equal(2, Lines(said).Count(l => l.Contains("Worker w1 is up", StringComparison.Ordinal)));

        // Whoever keeps it alive has a log of his own; what he says about the worker is about the worker.
        Assert.Contains($"worker: clw-worker[pid={before}]: FATAL: clw-worker-crash detected", said.Output, StringComparison.Ordinal);
        var above = await fleet.Room.RunAsync("logs", "--component", "supervisor");
        Assert.Contains("Supervisor: Respawning worker... (attempt 1/10)", above.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C13_a_log_directory_that_cannot_be_written_leaves_the_last_lines_in_memory()
    {
        await using var fleet = new Fleet();
        await fleet.StartManagerAsync();
        await File.WriteAllTextAsync(
            fleet.Room.Path("log-w1"),
            "a file where the directory should be",
            TestContext.Current.CancellationToken
        );
        fleet.LaunchWorker("w1");
        await fleet.StateAsync("w1", "healthy");
        var said = await fleet.Room.RunAsync("logs", "--worker", "w1");
        Assert.Contains("Worker w1 is up", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C13_pipes_and_mistakes_end_in_good_order()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("w1");
        var head = await BashAsync(fleet.Room, "clw logs | head -1");
        Assert.Equal((0, ""), (head.ExitCode, head.Errors));
        Assert.Single(Lines(head));

        (await fleet.Room.RunAsync("logs", "--component", "wroker")).FailedWith("clw-usage", 2);
        var pattern = await fleet.Room.RunAsync("logs", "--grep", "a(b");
        pattern.FailedWith("clw-usage", 2);
        Assert.Contains("at character 3", pattern.Errors, StringComparison.Ordinal);
        var worker = await fleet.Room.RunAsync("logs", "--worker", "w11");
        worker.FailedWith("clw-worker-unknown", 3);
        Assert.Contains("did you mean w1?", worker.Errors, StringComparison.Ordinal);
        (await fleet.Room.RunAsync("logs", "--task", "task-zzzzzz")).FailedWith("clw-task-not-found", 3);
        (await fleet.Room.RunAsync("logs", "--since", "yesterday")).FailedWith("clw-usage", 2);
    }

    internal static async Task<RealProcess> BashAsync(Room room, string command)
    {
        var bash = Bash(room, command);
        bash.CloseInput();
        await bash.EndWithOutputAsync(TimeSpan.FromSeconds(60));
        return bash;
    }

    internal static RealProcess Bash(Room room, string command) =>
        room.Start(Checkout.Need("bash"), ["-c", command], ("PATH", $"{Checkout.Bin}:{room.Environment["PATH"]}"));

    internal static List<string> Lines(RealProcess said) => [.. said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static string Counting(int to) =>
        $"""
            #!/bin/sh
            i=0
            while [ $i -lt {to} ]; do
              echo "number $i" >&2
              i=$((i + 1))
              sleep 0.01
            done
            echo null
            """;

    private static List<int> Numbers(string output) =>
        [.. Number().Matches(output).Select(m => int.Parse(m.Groups["n"].Value, CultureInfo.InvariantCulture))];

    private static long Resident(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    [GeneratedRegex(@": number (?<n>\d+)\b", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Number();

    [GeneratedRegex(@"task: task-\w+: hello of \d", RegexOptions.None, 10_000)]
    private static partial Regex HelloLine();

    [GeneratedRegex(@"\[[A-Z]+\] \[(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] ", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Shape();
}
