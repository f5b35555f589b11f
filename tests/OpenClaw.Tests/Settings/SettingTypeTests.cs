using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Settings;

namespace OpenClaw.Tests.Settings;

public sealed class SettingTypeTests
{
    [Theory]
    [InlineData("5s", 5_000)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("30", 30_000)]
    [InlineData("0.25", 250)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void Durations_are_read(string text, long milliseconds)
    {
        Assert.True(SettingTypes.Duration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("-5s")]
    [InlineData("5x")]
    [InlineData("5S")]
    [InlineData("30m1h")]
    [InlineData("1h1h")]
    [InlineData("1h30")]
    [InlineData("5.s")]
    [InlineData(".5s")]
    [InlineData("1..5s")]
    [InlineData("1e3")]
    [InlineData("9999999999999999d9999999999999999h")]
    public void Other_durations_are_refused(string text) => Assert.False(SettingTypes.Duration.TryParse(text, out _));

    [Fact]
    public void Durations_round_trip()
    {
        var ticks = Gen.Choose(0, int.MaxValue).Select(n => (long)n * 3_000_001 % (TimeSpan.TicksPerDay * 9_999));
        Prop.ForAll(ticks.ToArbitrary(), t => Same(SettingTypes.Duration, TimeSpan.FromTicks(t))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("2G", 2L << 30)]
    [InlineData("512M", 512L << 20)]
    [InlineData("64k", 64L << 10)]
    [InlineData("64KiB", 64L << 10)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("1 GB", 1L << 30)]
    [InlineData("1000", 1000)]
    [InlineData("7P", 7L << 50)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(SettingTypes.Size.TryParse(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("-1G")]
    [InlineData("1.5")]
    [InlineData("2X")]
    [InlineData("2Gb/s")]
    [InlineData("9999999999999999P")]
    public void Other_sizes_are_refused(string text) => Assert.False(SettingTypes.Size.TryParse(text, out _));

    [Fact]
    public void Sizes_round_trip()
    {
        var bytes = Gen.Choose(0, int.MaxValue).Zip(Gen.Choose(0, 22)).Select(p => (long)p.Item1 << p.Item2);
        Prop.ForAll(bytes.ToArbitrary(), b => Same(SettingTypes.Size, b)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Numbers_round_trip()
    {
        Prop.ForAll<int>(n => Same(SettingTypes.Int, n)).QuickCheckThrowOnFailure();
        Prop.ForAll<NormalFloat>(n => Same(SettingTypes.Number, n.Item)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("192.168.1.10:9090", "192.168.1.10:9090")]
    [InlineData("manager", "manager:9090")]
    [InlineData("openclaw-manager.openclaw-system.svc.cluster.local:91", "openclaw-manager.openclaw-system.svc.cluster.local:91")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("[::1]", "[::1]:9090")]
    [InlineData("fe80::1", "[fe80::1]:9090")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    public void Addresses_are_read(string text, string shown)
    {
        Assert.True(HostPort.TryParse(text, 9090, out var value));
        Assert.Equal(shown, value.ToString());
        Assert.True(HostPort.TryParse(value.ToString(), null, out var again));
        Assert.Equal(value, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":9090")]
    [InlineData("host:")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:9090x")]
    [InlineData("http://host:9090")]
    [InlineData("[::1]x:80")]
    [InlineData("[host]:80")]
    [InlineData("a b:80")]
    public void Other_addresses_are_refused(string text) => Assert.False(HostPort.TryParse(text, 9090, out _));

    [Theory]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("127.9.9.9:1", true)]
    [InlineData("localhost:1", true)]
    [InlineData("[::1]:1", true)]
    [InlineData("0.0.0.0:1", false)]
    [InlineData("[::]:1", false)]
    [InlineData("10.0.0.1:1", false)]
    [InlineData("example.org:1", false)]
    public void Loopback_is_known(string text, bool loopback)
    {
        Assert.True(HostPort.TryParse(text, null, out var value));
        Assert.Equal(loopback, value.IsLoopback);
    }

    [Fact]
    public void Labels_round_trip_in_order()
    {
        Assert.True(SettingTypes.Labels.TryParse("zone=a, disk=ssd", out var value));
        Assert.Equal("disk=ssd,zone=a", SettingTypes.Labels.Format(value));
        Assert.False(SettingTypes.Labels.TryParse("zone", out _));
        Assert.False(SettingTypes.Labels.TryParse("zone=a,zone=b", out _));
    }

    private static bool Same<T>(SettingType<T> type, T value) => type.TryParse(type.Format(value), out var again) && Equals(value, again);
}
