using OpenClaw.Core.Links;

namespace OpenClaw.Tests.Links;

public sealed class BackoffTests
{
    [Fact]
    public void Grows_to_the_cap_and_starts_over()
    {
        var options = new BackoffOptions(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        var backoff = new Backoff(options, new Random(7));
        double[] expected = [1, 2, 4, 8, 16, 32, 60, 60];
        foreach (var seconds in expected)
        {
            var share = seconds < 10 ? 0.10 : 0.25;
            Assert.InRange(backoff.Next().TotalSeconds, seconds * (1 - share), seconds * (1 + share));
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.9, 1.1);
    }

    [Fact]
    public void A_printed_second_is_true_under_ten_seconds()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            Assert.InRange(Backoff.Spread(TimeSpan.FromSeconds(5), random).TotalSeconds, 4.5, 5.5);
        }
    }

    [Fact]
    public void Jitter_spreads_and_never_truncates_to_zero()
    {
        var random = new Random(5);
        var drawn = Enumerable.Range(0, 1000).Select(_ => Backoff.Spread(TimeSpan.FromMilliseconds(1), 0.25, random)).ToList();
        Assert.All(drawn, d => Assert.True(d >= TimeSpan.FromMilliseconds(1)));
        var longer = Enumerable.Range(0, 1000).Select(_ => Backoff.Spread(TimeSpan.FromMilliseconds(3), random)).ToHashSet();
        Assert.True(longer.Count > 900);
    }

    [Fact]
    public void A_million_steps_do_not_overflow()
    {
        var backoff = new Backoff(new(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1), 10), new Random(1));
        for (var i = 0; i < 1_000_000; i++)
        {
            Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1.25));
        }
    }

    [Fact]
    public void Wrong_options_are_named()
    {
        Assert.Empty(BackoffOptions.Default.Validate("x"));
        Assert.Equal(3, new BackoffOptions(TimeSpan.Zero, TimeSpan.FromDays(2), 0.5).Validate("x").Count());
        Assert.Single(new BackoffOptions(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), double.NaN).Validate("x"));
    }
}
