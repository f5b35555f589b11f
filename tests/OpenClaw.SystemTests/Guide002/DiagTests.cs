using OpenClaw.SystemTests.Guide001;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Rows W14 and W20: the report that the guide asks for first, and the codes that it explains.</summary>
public sealed class DiagTests
{
    [Fact]
    public async Task W14_the_guides_command_collects_what_is_known_with_and_without_a_cluster()
    {
        Crashing.NeedKernelCores();
        Checkout.Need("gdb");
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        var cores = Crashing.KeepCores(fleet.Room);
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var task = await client.UntilAsync(
            await client.SubmitAsync(Crashing.Type, """{"how":"segfault"}""", s => s.MaxRetries = 0),
            TaskState.Failed
        );

        // The one machine's own paths, as the default ones are on a real machine.
        fleet.Room.Environment["OPENCLAW_WORKER_STATE_DIR"] = fleet.Room.Path("state-w1");
        fleet.Room.Environment["OPENCLAW_LOG_DIRECTORY"] = fleet.Room.Path("log-w1");
        const string command = "clw-diag --worker-logs --cores=cores --since=1h > diag.txt";
        var diag = await LogsTests.BashAsync(fleet.Room, command);
        Assert.True(diag.ExitCode == 0, diag.Said);
        var text = await File.ReadAllTextAsync(fleet.Room.Path("diag.txt"), TestContext.Current.CancellationToken);
        foreach (
            var part in new[]
            {
                "== Versions ==",
                "== Settings (secrets are masked) ==",
                "== Limits ==",
                "Max core file size",
                "== Crashes ==",
                $"task {task.Id} of type {Crashing.Type}, attempt 1",
                "clw-worker-crash: Exit code: 139, Signal: 11 (SIGSEGV at 0xdeadbef3), SEGV_MAPERR",
                "process_image",
                "== Cores ==",
                $"clw-core.{task.Failure.Crash.Pid}",
                "== Cluster ==",
                "== Recent failures ==",
                "== Doctor ==",
                "== Link history (worker.reconnect.log) ==",
                "Connected to manager",
                "== Worker log (worker.log) ==",
                "FATAL: clw-worker-crash detected",
            }
        )
        {
            Assert.True(text.Contains(part, StringComparison.Ordinal), $"no \"{part}\" in\n{text}");
        }

        var token = (await File.ReadAllTextAsync(fleet.Room.Path("data", "token"), TestContext.Current.CancellationToken)).Trim();
        Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        Assert.Equal(cores, Path.GetDirectoryName(task.Failure.CorePath));

        foreach (var program in new[] { fleet.Workers["w1"], fleet.Manager })
        {
            program.Signal(Signals.Term);
            await program.EndAsync();
        }

        var alone = await LogsTests.BashAsync(fleet.Room, command);
        Assert.True(alone.ExitCode == 0, alone.Said);
        var without = await File.ReadAllTextAsync(fleet.Room.Path("diag.txt"), TestContext.Current.CancellationToken);
        Assert.Contains("no cluster answers", without, StringComparison.Ordinal);
        Assert.Contains("process_image", without, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clw-worker-crash", "clw diag")]
    [InlineData("clw-init-fail", "clw validate-config")]
    [InlineData("clw-task-timeout", "--timeout")]
    [InlineData("clw-memory-exhaust", "max_memory_gb")]
    public async Task W20_each_code_is_explained_with_causes_checks_and_a_cure(string code, string help)
    {
        await using var room = new Room();
        var explained = await room.RunAsync("explain", code);
        Assert.Equal(0, explained.ExitCode);
        Assert.Contains(code, explained.Output, StringComparison.Ordinal);
        Assert.Contains(help, explained.Output, StringComparison.Ordinal);
        var json = System.Text.Json.JsonDocument.Parse((await room.RunAsync("explain", code, "--json")).Output).RootElement;
        var entry = json.ValueKind == System.Text.Json.JsonValueKind.Array ? json[0] : json;
        foreach (var part in new[] { "causes", "checks", "cure", "related" })
        {
            Assert.NotEqual(0, entry.GetProperty(part).GetArrayLength());
        }
    }
}
