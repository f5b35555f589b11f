using OpenClaw.Abi.Files;
using OpenClaw.Cli.Doctor;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Doctor;

/// <summary>Numbers in, verdict out.</summary>
public sealed class JudgementTests
{
    [Theory]
    [InlineData(null, 262144L, "Skip")]
    [InlineData(0L, null, "Skip")]
    [InlineData(0L, 0L, "Skip")]
    [InlineData(0L, 262144L, "Ok")]
    [InlineData(589823L, 786432L, "Ok")]
    [InlineData(589824L, 786432L, "Warn")]
    [InlineData(747110L, 786432L, "Warn")]
    [InlineData(747111L, 786432L, "Fail")]
    [InlineData(786432L, 786432L, "Fail")]
    public void Connection_tracking(long? count, long? max, string level) =>
        Assert.Equal(level, KernelChecks.OfConntrack(count, max).Level.ToString());

    [Fact]
    public void A_full_table_is_told_with_the_guides_cure_and_its_numbers()
    {
        var full = KernelChecks.OfConntrack(786432, 786432);
        Assert.Contains("786,432 of 786,432", full.Text, StringComparison.Ordinal);
        Assert.Contains("nf_conntrack_max=1572864", full.Next, StringComparison.Ordinal);
        Assert.Equal("clw-connection-timeout", full.Code);
    }

    [Theory]
    [InlineData(null, null, "Skip")]
    [InlineData(7200L, null, "Ok")]
    [InlineData(7200L, 432000L, "Ok")]
    [InlineData(7200L, 21L, "Ok")]
    [InlineData(7200L, 20L, "Warn")]
    public void Keep_alive(long? keepAlive, long? established, string level) =>
        Assert.Equal(level, KernelChecks.OfKeepAlive(keepAlive, 75, 9, established, TimeSpan.FromSeconds(10)).Level.ToString());

    [Theory]
    [InlineData(null, 4, "Ok")]
    [InlineData(320L, 4, "Ok")]
    [InlineData(319L, 4, "Fail")]
    [InlineData(1024L, 64, "Fail")]
    public void Descriptors(long? limit, int slots, string level) =>
        Assert.Equal(level, KernelChecks.OfDescriptors(limit, "the worker", slots).Level.ToString());

    [Theory]
    [InlineData(null, 1L << 30, "Skip")]
    [InlineData(1L << 20, null, "Skip")]
    [InlineData(1L << 29, 1L << 30, "Ok")]
    [InlineData(1L << 26, 1L << 30, "Warn")]
    public void Memory(long? available, long? total, string level) =>
        Assert.Equal(level, KernelChecks.OfMemory("memory", available, total).Level.ToString());

    [Theory]
    [InlineData(0, 0, "Ok")]
    [InlineData(0.9, 0, "Ok")]
    [InlineData(-2, 0, "Warn")]
    [InlineData(2, 1.5, "Ok")]
    [InlineData(59, 0, "Warn")]
    [InlineData(-61, 0.5, "Fail")]
    public void Clocks(double ahead, double uncertain, string level) =>
        Assert.Equal(level, KernelChecks.OfSkew(TimeSpan.FromSeconds(ahead), TimeSpan.FromSeconds(uncertain)).Level.ToString());

    [Fact]
    public void A_clock_that_nobody_keeps_is_told()
    {
        Assert.Equal(Level.Ok, KernelChecks.OfClock(true).Level);
        Assert.Equal(Level.Warn, KernelChecks.OfClock(false).Level);
        Assert.Equal(Level.Skip, KernelChecks.OfClock(null).Level);
        Assert.Contains("61.0 s behind", KernelChecks.OfSkew(TimeSpan.FromSeconds(-61), default).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10L << 30, 1000L, 1000L, true, "Ok", null)]
    [InlineData(10L << 30, 0L, 0L, true, "Ok", null)]
    [InlineData(500L << 20, 1000L, 1000L, true, "Warn", "clw-store-full")]
    [InlineData(50L << 20, 1000L, 1000L, true, "Fail", "clw-store-full")]
    [InlineData(10L << 30, 49L, 1000L, true, "Warn", "clw-store-full")]
    [InlineData(10L << 30, 0L, 1000L, true, "Fail", "clw-store-full")]
    [InlineData(10L << 30, 1000L, 1000L, false, "Warn", "clw-store-unwritable")]
    public void Disks(long free, long freeInodes, long inodes, bool writable, string level, string? code)
    {
        var found = DiskChecks.Judge("disk data", "/var/lib/openclaw", writable, true, new DiskRoom(free, 100L << 30, freeInodes, inodes));
        Assert.Equal((level, code), (found.Level.ToString(), found.Code));
        Assert.True(found.Level == Level.Ok || found.Next is not null);
    }

    [Theory]
    [InlineData(365, "Ok")]
    [InlineData(29.9, "Warn")]
    [InlineData(-1, "Fail")]
    public void Certificates(double days, string level) =>
        Assert.Equal(level, KernelChecks.OfCertificate("CN=manager", TimeSpan.FromDays(days)).Level.ToString());

    [Fact]
    public void Another_version_of_the_manager_is_told()
    {
        Assert.Equal(Level.Ok, ManagerChecks.OfVersion("0.1.0", "0.1.0").Level);
        Assert.Equal(Level.Warn, ManagerChecks.OfVersion("0.1.0", "0.2.0").Level);
    }

    [Fact]
    public void A_variable_that_overrides_a_file_is_named_with_both_values_and_the_line()
    {
        using var file = new ConfigFile(
            """
            cluster:
              manager_address: "192.168.1.10:9090"
              heartbeat_interval: 10s
              reconnect_interval: 5s
            """
        );
        var found = Overrides(
            file.Path,
            ("OPENCLAW_MANAGER_HOST", "other"),
            ("OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL", "20s"),
            ("OPENCLAW_CLUSTER_RECONNECT_INTERVAL", "5s"),
            ("OPENCLAW_WORKER_SLOTS", "3")
        );
        Assert.All(found, f => Assert.Equal(Level.Warn, f.Level));
        Assert.Equal(2, found.Count);
        var host = found.Single(f => f.Text.Contains("manager_address", StringComparison.Ordinal));
        Assert.Contains("OPENCLAW_MANAGER_HOST", host.Text, StringComparison.Ordinal);
        Assert.Contains($"{file.Path}:2:", host.Text, StringComparison.Ordinal);
        Assert.Contains("192.168.1.10:9090", host.Text, StringComparison.Ordinal);
        Assert.Contains(found, f => f.Text.Contains("OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL", StringComparison.Ordinal));
        Assert.Equal(Level.Ok, Overrides(file.Path, ("OPENCLAW_WORKER_SLOTS", "3")).Single().Level);
    }

    private static IReadOnlyList<Finding> Overrides(string file, params (string Name, string Value)[] variables)
    {
        var request = new SettingsRequest { ConfigFiles = [file] };
        var alone = SettingsLoader.Load(request, Machine.Here).Value;
        var all = SettingsLoader.Load(request with { Environment = variables.ToDictionary(v => v.Name, v => v.Value) }, Machine.Here).Value;
        return ConfigChecks.OfOverrides(all.Settings, alone.Settings);
    }

    private sealed class ConfigFile : IDisposable
    {
        public ConfigFile(string text)
        {
            Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"clw-doctor-{Guid.NewGuid():N}.yaml");
            File.WriteAllText(Path, text);
        }

        public string Path { get; }

        public void Dispose() => File.Delete(Path);
    }
}
