using OpenClaw.Cli.Bench;

namespace OpenClaw.Tests.Cli.Bench;

public sealed class SoakVerdictTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);

    private static SoakVerdict Judge(Func<int, Holding> manager, TimeSpan? took = null, int samples = 100, long kept = 1000) =>
        SoakVerdict.Of(
            [
                .. Enumerable
                    .Range(0, samples)
                    .Select(i => new Dictionary<string, Holding>(StringComparer.Ordinal) { [ProcessFigures.Manager] = manager(i) }),
            ],
            took ?? Long,
            1000,
            1000,
            kept
        );

    [Fact]
    public void What_only_warms_up_is_flat() => Assert.True(Judge(i => new(i < 20 ? i << 20 : 100 << 20, i < 20 ? i : 200, 1)).IsGood);

    [Fact]
    public void A_descriptor_in_each_sample_is_found()
    {
        var verdict = Judge(i => new(100 << 20, 200 + i, 1));
        Assert.False(verdict.IsFlat);
        Assert.Equal(
            [(ProcessFigures.Manager, SoakVerdict.Descriptors)],
            verdict.Series.Where(s => !s.IsFlat).Select(s => (s.Program, s.What))
        );
    }

    [Fact]
    public void Memory_is_judged_from_two_minutes_on()
    {
        static Holding Growing(int i) => new((100L + i) << 20, 200, 1);
        Assert.False(Judge(Growing).IsFlat);
        Assert.True(Judge(Growing, TimeSpan.FromSeconds(20)).IsFlat);
    }

    [Fact]
    public void Too_few_samples_say_nothing() => Assert.False(Judge(_ => new(1, 1, 1), samples: 9).IsGood);

    [Theory]
    [InlineData(999, 1, 0)]
    [InlineData(1001, 0, 1)]
    public void A_task_that_is_lost_or_doubled_is_bad(long kept, long lost, long doubled)
    {
        var verdict = Judge(_ => new(1, 1, 1), kept: kept);
        Assert.Equal((lost, doubled, false), (verdict.Lost, verdict.Doubled, verdict.IsGood));
    }

    [Theory]
    [InlineData(1, 1000, 10)]
    [InlineData(0.1, 3000, 3)]
    [InlineData(0.3, 1000, 3)]
    [InlineData(100, 7, 7)]
    [InlineData(0, 1000, 0)]
    public void As_many_crash_as_were_asked_for(double percent, int tasks, int crashes)
    {
        Assert.Equal(crashes, Enumerable.Range(0, tasks).Count(i => CrashMix.Crashes(i, percent)));
        Assert.Equal(crashes, CrashMix.Expected(tasks, percent));
        Assert.False(CrashMix.Crashes(-1, percent));
    }
}
