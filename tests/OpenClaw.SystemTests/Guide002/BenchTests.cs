using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W16: the guide's stress test, <c>clw-bench --tasks=1000 --type=image --duration=1h</c>, under the name that it prints.</summary>
public sealed class BenchTests
{
    private static async Task<RealProcess> BenchAsync(Room room, params string[] words)
    {
        var bench = room.Start(Checkout.Program("clw-bench"), words);
        bench.CloseInput();
        await bench.EndWithOutputAsync(TimeSpan.FromMinutes(2));
        return bench;
    }

    private static JsonElement Parse(RealProcess bench) => JsonDocument.Parse(bench.Output).RootElement;

    [Fact]
    public async Task W16_the_commands_of_the_guide_measure_pictures_on_a_cluster_of_its_own()
    {
        await using var room = new Room();
        var bench = await BenchAsync(room, "--tasks=60", "--type=image", "--duration=1h");
        Assert.True(bench.ExitCode == 0, bench.Said);
        foreach (
            var line in (string[])["throughput ", "crashes                0", "retry rate             0 %", "LATENCY ms ", "MEMORY MiB"]
        )
        {
            Assert.Contains(line, bench.Output, StringComparison.Ordinal);
        }

        // Nothing of it stays, the sample picture and the plugin neither.
        Assert.Empty(Directory.EnumerateDirectories(room.Path("tmp"), "clw-bench-*"));
    }

    [Fact]
    public async Task W16_a_bar_shows_how_far_it_is()
    {
        await using var room = new Room();
        Checkout.Compile("pty.c", room.Path("pty"), "-lutil");
        var terminal = room.Start(room.Path("pty"), [Checkout.Program("clw-bench"), "--type=sleep", "--rate=50", "--tasks=200", "--own"]);
        await terminal.SaidAsync("##");
        await terminal.SaidAsync(" of 200");
        Assert.True(await terminal.EndAsync(TimeSpan.FromMinutes(1)) == 0, terminal.Said);
        Assert.Contains("retry rate", terminal.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("noop")]
    [InlineData("sleep")]
    [InlineData("image")]
    [InlineData("cpu")]
    [InlineData("crash-mix")]
    public async Task W16_each_type_works_out_of_the_box(string type)
    {
        await using var room = new Room();
        var bench = await BenchAsync(room, "--own", "--tasks=40", "--warm-up=0", $"--type={type}", "--json");
        Assert.True(bench.ExitCode == 0, bench.Said);
        var result = Parse(bench);
        Assert.Equal((40, 40), (result.GetProperty("submitted").GetInt32(), result.GetProperty("succeeded").GetInt32()));
        Assert.True(result.GetProperty("good").GetBoolean());
    }

    [Fact]
    public async Task W16_a_running_cluster_is_measured_with_what_it_serves()
    {
        await using var up = new Up();
        foreach (var name in (string[])["image.lua", "cpu.lua"])
        {
            File.Copy(Path.Combine(Checkout.Root, "plugins", name), up.Room.Path("plugins", name));
        }

        await up.StartAsync();
        foreach (var type in (string[])["image", "cpu"])
        {
            var bench = await BenchAsync(up.Room, $"--type={type}", "--tasks=20", "--json");
            Assert.True(bench.ExitCode == 0, bench.Said);
            Assert.Equal(
                ("running", 20),
                (Parse(bench).GetProperty("cluster").GetString(), Parse(bench).GetProperty("succeeded").GetInt32())
            );
        }

        Assert.Equal(2, Directory.EnumerateFiles(up.Room.Path("plugins")).Count());

        // It does not offer to be crashed, and nothing of what was asked is left waiting.
        var refused = await BenchAsync(up.Room, "--type=crash-mix", "--tasks=20");
        Assert.True(refused.ExitCode != 0, refused.Said);
        Assert.Contains("clw-type-unserved", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--own", refused.Errors, StringComparison.Ordinal);
        using var client = up.Client();
        Assert.Equal(40, (await client.StatusAsync()).Value.TasksByState.Values.Sum());
        await up.StopAsync();
    }

    [Fact]
    public async Task W16_crashes_that_were_asked_for_are_counted_and_judged_by_their_number()
    {
        await using var room = new Room();
        var bench = await BenchAsync(room, "--own", "--type=crash-mix", "--crash-percent=5", "--tasks=100", "--rate=50");
        Assert.True(bench.ExitCode == 0, bench.Said);
        Assert.Contains("crashes                5 (5 were asked for: 5 % of the tasks)", bench.Output, StringComparison.Ordinal);
        Assert.Contains("failed                 5", bench.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task W16_crashes_that_were_asked_for_and_did_not_come_end_it_with_1()
    {
        await using var room = new Room();
        room.Plugin("crash-mix.lua", "_G['process_crash-mix'] = function() end");
        var bench = await BenchAsync(room, "--own", "--type=crash-mix", "--crash-percent=5", "--tasks=40", "--json");
        Assert.True(bench.ExitCode == 1, bench.Said);
        Assert.Equal((0, 2), (Parse(bench).GetProperty("crashes").GetInt32(), Parse(bench).GetProperty("crashes_expected").GetInt32()));
    }

    [Fact]
    public async Task W16_one_retry_in_a_hundred_ends_it_with_1()
    {
        await using var room = new Room();
        room.Plugin("shaky.lua", "function process_shaky() if task.attempt == 1 then error('the first time never') end end");
        var bench = await BenchAsync(room, "--own", "--type=shaky", "--tasks=10", "--json");
        Assert.True(bench.ExitCode == 1, bench.Said);
        Assert.Equal((10, 10), (Parse(bench).GetProperty("succeeded").GetInt32(), Parse(bench).GetProperty("retries").GetInt32()));
    }

    [Fact]
    public async Task W16_whichever_is_first_ends_it()
    {
        await using var room = new Room();
        var byTime = await BenchAsync(room, "--own", "--type=cpu", "--tasks=1000000", "--duration=1s", "--json");
        Assert.True(byTime.ExitCode == 0, byTime.Said);
        Assert.InRange(Parse(byTime).GetProperty("ended").GetInt64(), 1, 5000);
        Assert.Equal(Parse(byTime).GetProperty("submitted").GetInt64(), Parse(byTime).GetProperty("ended").GetInt64());
    }

    /// <summary>No coordinated omission: who stands behind a slow task waits from its own moment on.</summary>
    [Fact]
    public async Task W16_at_a_rate_a_task_counts_from_its_moment_and_not_from_when_there_was_room()
    {
        await using var room = new Room();
        string[] words =
        [
            "--own",
            "--slots=1",
            "--type=sleep",
            "--payload={\"ms\":100}",
            "--rate=40",
            "--in-flight=1",
            "--tasks=20",
            "--json",
        ];
        var bench = await BenchAsync(room, words);
        Assert.True(bench.ExitCode == 0, bench.Said);

        // Task 20 is due at 475 ms; nineteen before it take 100 ms each. From the moment when there was room it would be 100 ms.
        var latency = Parse(bench).GetProperty("latency_ms").GetProperty("submit_to_result");
        Assert.True(latency.GetProperty("max").GetDouble() > 1400, latency.ToString());
    }

    [Theory]
    [InlineData("--rate=10", "--scenario=drain", "--rate and the scenario drain")]
    [InlineData("--crash-percent=2", "--type=noop", "--crash-percent belongs to the type crash-mix")]
    [InlineData("--crash-percent=200", "--type=crash-mix", "a number from 0 to 100")]
    public async Task W16_what_would_not_be_obeyed_is_refused(string one, string other, string said)
    {
        await using var room = new Room();
        var bench = await BenchAsync(room, one, other);
        bench.FailedWith("clw-usage", 2);
        Assert.Contains(said, bench.Errors, StringComparison.Ordinal);
    }
}
