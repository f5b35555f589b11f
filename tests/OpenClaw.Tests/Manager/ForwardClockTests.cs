using OpenClaw.Manager;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Manager;

public sealed class ForwardClockTests
{
    private readonly VirtualTime time = new();

    [Fact]
    public void ItIsTheWallClockAsLongAsThatGoesForward()
    {
        var clock = new ForwardClock(time);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(700));
            time.SetWallClock(TimeSpan.FromSeconds(i));
            Assert.Equal(time.GetUtcNow(), clock.GetUtcNow());
        }
    }

    [Fact]
    public void SetBackItGoesOnAtItsPaceUntilTheWallClockIsRightAgain()
    {
        var clock = new ForwardClock(time);
        var start = clock.GetUtcNow();
        time.SetWallClock(-TimeSpan.FromHours(1));
        Assert.Equal(start, clock.GetUtcNow());
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(start + TimeSpan.FromMinutes(5), clock.GetUtcNow());

        // Once more, without a look in between; then forward past it.
        time.Advance(TimeSpan.FromMinutes(5));
        time.SetWallClock(-TimeSpan.FromHours(1));
        Assert.Equal(start + TimeSpan.FromMinutes(10), clock.GetUtcNow());
        time.SetWallClock(TimeSpan.FromHours(1));
        Assert.Equal(start + TimeSpan.FromMinutes(10), clock.GetUtcNow());
        time.SetWallClock(TimeSpan.FromHours(1));
        Assert.Equal(start + TimeSpan.FromMinutes(10), clock.GetUtcNow());
        time.SetWallClock(TimeSpan.FromHours(1));
        Assert.Equal(time.GetUtcNow(), clock.GetUtcNow());
        Assert.Equal(start + TimeSpan.FromMinutes(70), clock.GetUtcNow());
    }
}
