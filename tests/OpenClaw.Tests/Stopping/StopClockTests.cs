using OpenClaw.Hosting.Stopping;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Stopping;

public sealed class StopClockTests
{
    private static readonly StopOptions Options = new()
    {
        Draining = TimeSpan.FromSeconds(30),
        Cancelling = TimeSpan.FromSeconds(10),
        Abandoning = TimeSpan.FromSeconds(5),
    };

    private readonly VirtualTime time = new();

    private static bool[] Ended(StopClock clock) =>
        [
            .. new[] { StopPhase.Accepting, StopPhase.Draining, StopPhase.Cancelling, StopPhase.Abandoning }.Select(p =>
                clock.TokenFor(p).IsCancellationRequested
            ),
        ];

    [Fact]
    public async Task Phases_follow_each_other_by_their_graces_and_ledgers_are_last()
    {
        using var clock = new StopClock(Options, time);
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal([false, false, false, false], Ended(clock));
        var draining = clock.WhenAsync(StopPhase.Draining, CancellationToken.None);
        Assert.False(draining.IsCompleted);
        clock.Stop();
        await draining.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([true, false, false, false], Ended(clock));
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Equal(StopPhase.Draining, clock.Phase);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal([true, true, false, false], Ended(clock));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([true, true, true, false], Ended(clock));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([true, true, true, true], Ended(clock));
        Assert.Equal(StopPhase.Over, clock.Phase);
        Assert.Equal(0, time.ArmedCount);
        clock.Stop();
        Assert.Equal(StopPhase.Over, clock.Phase);
    }

    [Fact]
    public void Asking_again_hastens_and_the_next_phase_has_its_whole_grace()
    {
        using var clock = new StopClock(Options, time);
        clock.Stop();
        time.Advance(TimeSpan.FromSeconds(29));
        clock.Stop();
        Assert.Equal(StopPhase.Cancelling, clock.Phase);
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(StopPhase.Cancelling, clock.Phase);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StopPhase.Abandoning, clock.Phase);
    }

    [Fact]
    public void A_phase_that_has_nothing_to_wait_for_is_ended_by_name_and_only_once()
    {
        using var clock = new StopClock(Options, time);
        clock.Stop();
        clock.End(StopPhase.Draining);
        clock.End(StopPhase.Draining);
        clock.End(StopPhase.Accepting);
        Assert.Equal(StopPhase.Cancelling, clock.Phase);
    }

    [Fact]
    public void A_zero_grace_skips_and_wrong_ones_are_refused()
    {
        using var clock = new StopClock(Options with { Cancelling = TimeSpan.Zero }, time);
        clock.Stop();
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(StopPhase.Abandoning, clock.Phase);
        Assert.Throws<ArgumentException>(() => new StopClock(Options with { Draining = TimeSpan.FromSeconds(-1) }, time));
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.TokenFor(StopPhase.Over));
    }
}
