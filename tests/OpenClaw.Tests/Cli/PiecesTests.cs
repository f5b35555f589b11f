using OpenClaw.Cli.Commands.Demo;
using OpenClaw.Cli.Supervision;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Cli;

public sealed class PiecesTests
{
    [Theory]
    [InlineData(0.50, 50)]
    [InlineData(0.99, 99)]
    [InlineData(1.00, 100)]
    [InlineData(0.00, 1)]
    public void A_percentile_is_the_nearest_rank(double share, long expected) =>
        Assert.Equal(expected, DemoTally.Percentile([.. Enumerable.Range(1, 100).Select(i => (long)i)], share));

    [Fact]
    public void A_percentile_of_nothing_is_nothing() => Assert.Equal(0, DemoTally.Percentile([], 0.5));

    [Theory]
    [InlineData("[FATAL] clw-port-in-use: 127.0.0.1:9090 is taken; next: Choose another: --port")]
    [InlineData("[FATAL] [2024-01-15T10:23:45.123Z] clw-port-in-use: 127.0.0.1:9090 is taken; next: Choose another: --port")]
    public void The_last_words_of_a_daemon_name_the_failure(string line)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"[INFO] starting\n{line}\n");
            var failure = FirstWords.FailureIn(file)!;
            Assert.Equal(Catalogue.PortInUse, failure.Entry);
            Assert.Equal(("127.0.0.1:9090 is taken", "Choose another: --port"), (failure.Message, failure.NextStep));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_child_that_said_nothing_has_no_last_words() => Assert.Null(FirstWords.FailureIn("/nowhere/manager.out"));

    [Theory]
    [InlineData("""{"address":"127.0.0.1:4711","pid":1}""", "127.0.0.1:4711")]
    [InlineData("""{"address":"0.0.0.0:4711"}""", "127.0.0.1:4711")]
    [InlineData("""{"address":"[::]:4711"}""", "[::1]:4711")]
    [InlineData("""{"address":"nonsense"}""", null)]
    [InlineData("""{"addr""", null)]
    [InlineData("""[]""", null)]
    public void A_manager_of_this_machine_is_found_by_its_file(string content, string? address)
    {
        var directory = Directory.CreateTempSubdirectory("clw-test-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, LocalCluster.AddressFile), content);
            Assert.Equal(address, LocalCluster.FindAddress(directory.FullName)?.ToString());
            Assert.Null(LocalCluster.ReadToken(directory.FullName));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Each_child_of_a_cluster_gets_the_flags_that_it_knows_and_a_death_is_reported_to_the_right_manager()
    {
        var loaded = SettingsLoader.Load(new SettingsRequest(), Machine.Here).Value;
        SettingFlag[] flags =
        [
            new("--slots", WorkerKeys.Slots.Path, "3"),
            new("--data-dir", ManagerKeys.DataDir.Path, "/d"),
            new("--listen", ManagerKeys.Listen.Path, "127.0.0.1:0"),
            new("--log-level", LogKeys.Level.Path, "debug"),
        ];
        var plan = Plans.Cluster(loaded, flags, ["/c.toml"]);
        Assert.Equal(["--data-dir=/d", "--listen=127.0.0.1:0", "--log-level=debug", "--config=/c.toml"], plan[0].Args);
        Assert.Equal(["--slots=3", "--data-dir=/d", "--log-level=debug", "--config=/c.toml"], plan[1].Args);
        Assert.Equal(["manager"], plan[1].StartAfter);
        Assert.Equal(["--data-dir=/d", "--config=/c.toml"], plan[1].OnDeath!.TakeLast(2));
        Assert.All(plan, child => Assert.Equal("1", child.Env[Plans.SupervisedVariable]));
    }
}
