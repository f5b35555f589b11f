using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Runs with nothing beside it: what it judges is what the machine's processes hold.</summary>
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
public sealed class SoakAlone;

/// <summary>
/// A cluster under load for a while, one task in a hundred crashing its process: nothing is lost or doubled, and the programs hold at the
/// end what they held before. Three minutes where CI=true or with --long, else twenty seconds; half an hour by <c>bench/run soak</c>.
/// </summary>
[Collection(nameof(SoakTests))]
public sealed class SoakTests(ITestOutputHelper output)
{
    private static bool IsLong => Checkout.IsCi || Environment.GetEnvironmentVariable("OPENCLAW_TEST_LONG") is { Length: > 0 };

    private async Task<(RealProcess Bench, JsonElement Result)> SoakAsync(Room room, string duration, params string[] more)
    {
        var bench = room.Start(
            Checkout.Program("clw-bench"),
            ["--scenario=soak", "--rate=100", $"--duration={duration}", "--json", .. more]
        );
        bench.CloseInput();
        await bench.EndWithOutputAsync(TimeSpan.FromMinutes(6));
        Assert.True(bench.Output.Length > 0, bench.Said);
        output.WriteLine(bench.Output);
        return (bench, JsonDocument.Parse(bench.Output).RootElement);
    }

    [Fact]
    public async Task Soak_a_cluster_under_load_holds_at_its_end_what_it_held_before()
    {
        await using var room = new Room();
        var (bench, result) = await SoakAsync(room, IsLong ? "3m" : "20s");
        Assert.True(bench.ExitCode == 0, bench.Said);
        var soak = result.GetProperty("soak");
        Assert.True(soak.GetProperty("flat").GetBoolean(), bench.Said);
        Assert.Equal((0, 0), (soak.GetProperty("lost").GetInt32(), soak.GetProperty("doubled").GetInt32()));
        Assert.Equal(result.GetProperty("submitted").GetInt64(), result.GetProperty("ended").GetInt64());
        var crashes = result.GetProperty("submitted").GetInt64() / 100;
        Assert.True(crashes >= 15, bench.Said);
        Assert.Equal((crashes, crashes), (result.GetProperty("crashes").GetInt64(), result.GetProperty("failed").GetInt64()));
    }

    [Fact]
    public async Task Soak_a_descriptor_that_leaks_with_each_task_is_found()
    {
        Checkout.Need("python3");
        await using var room = new Room();
        var samples = Path.Combine(Checkout.Root, "samples", "plugins", "python", "serve");
        room.Plugin("greet.yaml", await File.ReadAllTextAsync(Path.Combine(samples, "greet.yaml"), TestContext.Current.CancellationToken));
        const string place = "def handle(task):\n";
        var greet = await File.ReadAllTextAsync(Path.Combine(samples, "greet.py"), TestContext.Current.CancellationToken);
        Assert.Contains(place, greet, StringComparison.Ordinal);
        room.Plugin(
            "greet.py",
            greet.Replace(place, "leaked = []\n\n\n" + place + "    leaked.append(open('/dev/null'))\n", StringComparison.Ordinal)
        );

        var (bench, result) = await SoakAsync(room, "10s", "--type=greet", """--payload={"name":"Ada"}""");
        Assert.True(bench.ExitCode == 1, bench.Said);
        Assert.Equal(0, result.GetProperty("failed").GetInt32());
        var grown = result.GetProperty("soak").GetProperty("series").EnumerateArray().Where(s => !s.GetProperty("flat").GetBoolean());
        Assert.All(grown, s => Assert.Equal("descriptors", s.GetProperty("what").GetString()));
        Assert.Equal(["all", "runners"], grown.Select(s => s.GetProperty("program").GetString()));
    }
}
