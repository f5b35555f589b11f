using System.Diagnostics;
using System.Globalization;
using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Rows W1, W2, W10, W11 and W17 of the guide on crashes: whatever a plugin does, it ends as itself, alone, and without a trace.</summary>
public sealed class TortureTests(ITestOutputHelper output)
{
    private const int Ordinary = 1000;

    [Fact]
    public async Task W11_whatever_plugins_do_each_ends_as_what_it_did_and_1000_ordinary_tasks_beside_them_succeed()
    {
        Checkout.Unless(OperatingSystem.IsLinux(), "limits are held by Linux's means");
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_TASK_KILL_GRACE"] = "500ms";
        cluster.Room.Plugin("ordinary.lua", "function process_ordinary(n) if n == 1 then log('said') end return n * 2 end");
        Torture.Install(cluster.Room, Torture.All);
        await cluster.StartAsync();
        using var client = cluster.Client();

        // What a worker opens once (the log of tasks too), it has open before it is counted.
        await client.UntilAsync(await client.SubmitAsync("ordinary", "1"), TaskState.Succeeded);
        await Until.TrueAsync(() => cluster.Runners.Count == 5, "every slot has its runner, and there is one to spare");
        var before = Trace(cluster);

        var clock = Stopwatch.StartNew();
        var ids = new List<(Torture.Victim Victim, string Id)>();
        var ordinary = new List<string>();
        foreach (var (victim, index) in Torture.All.Select((v, i) => (v, i)))
        {
            ids.Add((victim, await client.SubmitAsync(Torture.TypeOf(victim), "null", s => s.MaxRetries = 0)));
            foreach (var n in Enumerable.Range(index * Ordinary / Torture.All.Count, Ordinary / Torture.All.Count))
            {
                ordinary.Add(await client.SubmitAsync("ordinary", n.ToString(CultureInfo.InvariantCulture)));
            }
        }

        var wrong = new List<string>();
        foreach (var (victim, id) in ids)
        {
            var task = await EndedAsync(client, id, cluster);
            output.WriteLine(
                $"{victim.Type}: {task.State} {task.Failure?.Code} {task.Failure?.ExitCode} {task.Failure?.Signal} {task.RunMicros / 1000} ms: {task.Failure?.Message}"
            );
            if (IsWrong(victim, task) is { } problem)
            {
                wrong.Add($"{victim.Type}: {problem}: {task}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        foreach (var id in ordinary)
        {
            var task = await EndedAsync(client, id, cluster);
            Assert.True(task is { State: TaskState.Succeeded, Retries: 0, Losses: 0 }, $"{task}");
        }

        output.WriteLine($"{ids.Count} torturers and {ordinary.Count} ordinary tasks in {clock.Elapsed.TotalSeconds:0.0} s");
        await Until.TrueAsync(() => Trace(cluster) == before, "nothing is left", details: () => $"{before}\n---\n{Trace(cluster)}");
        Assert.False(cluster.Worker.HasExited);
        Assert.DoesNotContain(
            ProcessTable.Marked(cluster.Room.Directory),
            p => p.CommandLine.Contains("sleep 600", StringComparison.Ordinal)
        );

        // Of what they wrote only the two that fill their directory have left something: it is theirs until it is pruned.
        var left = Directory.GetDirectories(cluster.Room.Path("state", "worker", "output")).Select(d => Path.GetFileName(d)!).Order();
        var expected = ids.Where(i => i.Victim.Type is "fills_output" or "writes_large_file").Select(i => i.Id).Order();
        Assert.Equal(expected, left);
        await cluster.StopAsync();
    }

    private static string? IsWrong(Torture.Victim victim, V1.Task task) =>
        victim.Code is null && task.State != TaskState.Succeeded ? "should have succeeded"
        : victim.Code is null && victim.Result is { } result && task.Result.ToStringUtf8() != result ? $"should have given {result}"
        : victim.Code is null ? null
        : task.State != TaskState.Failed ? "should have failed"
        : task.Failure.Code != victim.Code ? $"should have failed with {victim.Code}"
        : victim.ExitCode is { } exit && task.Failure.ExitCode != exit ? $"should have exit code {exit}"
        : null;

    private static async Task<V1.Task> EndedAsync(WireClient client, string id, Cluster cluster)
    {
        V1.Task? last = null;
        return await Until.FoundAsync(
            async () =>
            {
                last = await client.TaskAsync(id);
                return last.State is TaskState.Succeeded or TaskState.Failed or TaskState.Dead or TaskState.Cancelled ? last : null;
            },
            $"{id} has ended",
            TimeSpan.FromSeconds(60),
            () => $"{last}\n{cluster.Worker.Said}"
        );
    }

    // Outcomes on their way, what tasks left on purpose, and the reports of crashes: each with a bound of its own.
    private static readonly string[] Kept = ["/outbox/", "/output/", "/crashes/"];

    /// <summary>What would show a leak: processes below the worker, its descriptors by kind, and the files of its state.</summary>
    private static string Trace(Cluster cluster)
    {
        var processes = ProcessTable.DescendantsOf(cluster.Worker.Id).Select(p => $"{p.Name} {(p.IsZombie ? "zombie" : "")}");
        var descriptors = Directory
            .EnumerateFileSystemEntries($"/proc/{cluster.Worker.Id}/fd")
            .Select(d => new FileInfo(d).LinkTarget ?? "")
            .Select(t => t.Split(':')[0])
            .Where(t => !t.Contains("/outbox/", StringComparison.Ordinal) && !t.EndsWith(".dll", StringComparison.Ordinal))
            .GroupBy(t => t)
            .Select(g => $"{g.Key} {g.Count()}");
        var files = Directory
            .EnumerateFiles(cluster.Room.Path("state"), "*", SearchOption.AllDirectories)
            .Where(f => !Kept.Any(k => f.Contains(k, StringComparison.Ordinal)));
        return string.Join('\n', processes.Concat(descriptors).Concat(files).Order(StringComparer.Ordinal));
    }
}
