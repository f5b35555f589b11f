using System.Text.Json;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Comfort;

/// <summary>Proves: <c>clw bench</c> measures a cluster of its own and one that runs, ends in time, and says by its exit code what it found.</summary>
public sealed class BenchTests
{
    [Theory]
    [InlineData("end-to-end", "submit_to_result", false)]
    [InlineData("submit", null, true)]
    [InlineData("calls", "submit_to_acknowledged", true)]
    [InlineData("drain", "submit_to_result", false)]
    [InlineData("latency", "submit_to_start", false)]
    public async Task Each_scenario_measures_a_cluster_of_its_own(string scenario, string? latency, bool held)
    {
        await using var room = new Room();
        string[] rate = scenario == "latency" ? ["--rate", "200"] : [];
        var bench = await room.RunAsync(["bench", "--scenario", scenario, "--tasks", "100", "--warm-up", "10", "--json", .. rate]);
        Assert.Equal(0, bench.ExitCode);
        var result = JsonDocument.Parse(bench.Output).RootElement;
        Assert.Equal("own", result.GetProperty("cluster").GetString());
        Assert.Equal(100, result.GetProperty("submitted").GetInt32());
        Assert.Equal(held ? 0 : 100, result.GetProperty("succeeded").GetInt32());
        Assert.Equal(held, result.GetProperty("workers_held").GetBoolean());
        Assert.True(result.GetProperty("tasks_per_second").GetDouble() > 0);
        Assert.True(result.GetProperty("manager_allocated_bytes_per_task").GetDouble() > 0);
        Assert.True(result.GetProperty("programs").GetProperty("manager").GetProperty("pss_bytes").GetInt64() > 1 << 20);
        if (latency is not null)
        {
            Assert.Equal(100, result.GetProperty("latency_ms").GetProperty(latency).GetProperty("count").GetInt32());
        }

        Assert.DoesNotContain("clw-bench-", Directory.EnumerateDirectories(room.Path("tmp")).Select(d => Path.GetFileName(d)!));
    }

    [Fact]
    public async Task A_cluster_that_runs_is_measured_and_left_as_it_was()
    {
        await using var up = new Up();
        await up.StartAsync();
        var worker = up.Worker.Id;
        var bench = await up.Room.RunAsync("bench", "--tasks", "50");
        Assert.Equal(0, bench.ExitCode);
        Assert.Contains("on the cluster", bench.Errors, StringComparison.Ordinal);
        Assert.Contains("50 in ", bench.Output, StringComparison.Ordinal);
        Assert.Contains("supervisor", bench.Output, StringComparison.Ordinal);
        using var client = up.Client();
        Assert.Equal(50, (await client.StatusAsync()).Value.TasksByState["SUCCEEDED"]);
        Assert.Equal(worker, up.Worker.Id);
        await up.StopAsync();
    }

    [Fact]
    public async Task A_type_that_crashes_ends_it_with_1_and_is_named()
    {
        await using var room = new Room();
        room.Plugin("crash", "#!/bin/sh\nkill -SEGV $$\n");
        var bench = await room.RunAsync("bench", "--type", "crash", "--tasks", "2", "--warm-up", "0");
        Assert.Equal(1, bench.ExitCode);
        Assert.Contains("clw-worker-crash", bench.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_ends_it_when_there_are_tasks_left()
    {
        await using var room = new Room();
        var bench = await room.RunAsync("bench", "--tasks", "100000000", "--duration", "500ms", "--warm-up", "0", "--json");
        Assert.Equal(0, bench.ExitCode);
        var result = JsonDocument.Parse(bench.Output).RootElement;
        Assert.Equal(result.GetProperty("submitted").GetInt64(), result.GetProperty("succeeded").GetInt64());
    }

    [Fact]
    public async Task Ctrl_C_prints_what_was_measured_and_leaves_nothing()
    {
        await using var room = new Room();
        Checkout.Compile("pty.c", room.Path("pty"), "-lutil");
        var terminal = room.Start(room.Path("pty"), [Checkout.Program("clw"), "bench", "--duration", "1h", "--warm-up", "0"]);
        await terminal.SaidAsync("in flight");
        await terminal.TypeAsync("\x03");
        Assert.Equal(130, await terminal.EndAsync());
        Assert.Contains("interrupted", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("tasks/s", terminal.Output, StringComparison.Ordinal);
        await room.NothingRunsAsync("after Ctrl-C");
    }

    [Fact]
    public async Task The_name_clw_bench_is_the_same_command()
    {
        await using var room = new Room();
        var bench = room.Start(Checkout.Program("clw-bench"), ["--scenario", "drian"]);
        bench.CloseInput();
        await bench.EndWithOutputAsync(TimeSpan.FromSeconds(30));
        bench.FailedWith("clw-usage", 2);
        Assert.Contains("did you mean drain?", bench.Errors, StringComparison.Ordinal);
    }
}
