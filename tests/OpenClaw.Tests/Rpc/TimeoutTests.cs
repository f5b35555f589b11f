using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Rpc;

namespace OpenClaw.Tests.Rpc;

public sealed class TimeoutTests
{
    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3_000)]
    [InlineData("4m", 4)]
    [InlineData("5000u", 5)]
    [InlineData("6000000n", 6)]
    [InlineData("00000001S", 1000)]
    public void UnitsAreRead(string text, int milliseconds)
    {
        Assert.True(RpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), timeout);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("-1S")]
    [InlineData("1s")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("123456789S")]
    [InlineData("１S")]
    public void WhatTheProtocolForbidsIsRefused(string text) => Assert.False(RpcTimeout.TryParse(text, out _));

    [Fact]
    public void TheLargestFits()
    {
        Assert.True(RpcTimeout.TryParse("99999999H", out var timeout));
        Assert.Equal(99_999_999L * TimeSpan.TicksPerHour, timeout.Ticks);
        Assert.Equal("99999999H", RpcTimeout.Format(TimeSpan.MaxValue));
    }

    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-5, "1n")]
    [InlineData(1, "100n")]
    [InlineData(10_000_000, "1000000u")]
    public void IsWritten(long ticks, string text) => Assert.Equal(text, RpcTimeout.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void NeverShorterThanAskedAndHardlyLonger() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll(
                Gen.Choose(0, 61)
                    .SelectMany(bits => Gen.Choose(1, int.MaxValue).Select(n => Math.Max(1, (long)n << bits >> 31)))
                    .ToArbitrary(),
                ticks =>
                {
                    ticks = Math.Min(ticks & long.MaxValue, 99_999_999L * TimeSpan.TicksPerHour);
                    var text = RpcTimeout.Format(TimeSpan.FromTicks(ticks));
                    return text.Length <= 9
                        && RpcTimeout.TryParse(text, out var read)
                        && read.Ticks >= ticks
                        && read.Ticks - ticks <= Math.Max(1, ticks / 1_000);
                }
            )
        );
}
