using OpenClaw.Manager.Dispatch;

namespace OpenClaw.Tests.Crashes;

/// <summary>A type that does nothing but crash is tried one task at a time, with pauses that double (W19).</summary>
public sealed class CrashLoopsTests
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch;
    private readonly CrashLoops loops = new();

    private static DateTimeOffset At(double seconds) => Begin + TimeSpan.FromSeconds(seconds);

    private void CrashUntilHeld()
    {
        for (var i = 1; i < CrashLoops.Patience; i++)
        {
            Assert.Null(loops.Crashed("boom", "segfault", Begin));
        }

        Assert.Equal(0, loops.Crashed("boom", "segfault", Begin));
    }

    [Fact]
    public void AfterSomeCrashesInARowItPausesAndEveryFurtherPauseIsTwiceAsLong()
    {
        CrashUntilHeld();
        Assert.Empty(loops.Due(At(0.9)));
        var at = 0.0;
        foreach (var pause in new[] { 1.0, 2, 4, 8, 16, 32, 60, 60 })
        {
            at += pause;
            Assert.Empty(loops.Due(At(at - 0.1)));
            Assert.Equal(["boom"], loops.Due(At(at)));
            Assert.Empty(loops.Due(At(at)));
            Assert.Equal(0, loops.Crashed("boom", "segfault", At(at)));
        }
    }

    [Fact]
    public void ThoseUnderWayWhenThePauseBeginsDoNotMakeItLonger()
    {
        CrashUntilHeld();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(0, loops.Crashed("boom", "segfault", At(0.1)));
        }

        Assert.Equal(["boom"], loops.Due(At(1)));
    }

    [Fact]
    public void AnyOtherEndSetsItFreeAndOthersAreNotTouched()
    {
        CrashUntilHeld();
        Assert.Null(loops.Crashed("other", "abort", Begin));
        Assert.Equal("boom", Assert.Single(loops.All).Type);
        Assert.True(loops.Ended("boom"));
        Assert.False(loops.Ended("other"));
        Assert.True(loops.IsQuiet);
        Assert.Null(loops.Crashed("boom", "segfault", Begin));
    }

    [Fact]
    public void NamesThatAnybodyMaySendAreNotKeptWithoutEnd()
    {
        for (var i = 0; i < 5000; i++)
        {
            loops.Crashed($"type-{i}", "killed", At(i));
        }

        Assert.Empty(loops.All);
        Assert.False(loops.Ended("type-0"));
    }
}
