using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Cli.Bench;

namespace OpenClaw.Tests.Cli.Bench;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void A_percentile_is_within_one_percent_of_the_exact_one()
    {
        var values = Gen.OneOf(Gen.Choose(0, 200), Gen.Choose(0, 100_000), Gen.Choose(0, int.MaxValue)).NonEmptyListOf();
        Prop.ForAll(
                values.ToArbitrary(),
                list =>
                {
                    var histogram = new LatencyHistogram();
                    foreach (var value in list)
                    {
                        histogram.Add(value);
                    }

                    var sorted = list.Order().ToList();
                    return new[] { 0.01, 0.5, 0.9, 0.99, 1 }.All(share =>
                    {
                        double exact = sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];
                        return Math.Abs(histogram.Percentile(share) - exact) <= exact * 0.01;
                    });
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Largest_and_mean_are_exact_and_a_negative_value_counts_as_zero()
    {
        var histogram = new LatencyHistogram();
        foreach (var value in new[] { -5L, 1_000_001, 2_000_000_000_000 })
        {
            histogram.Add(value);
        }

        Assert.Equal(3, histogram.Count);
        Assert.Equal(2_000_000_000_000, histogram.MaxMicros);
        Assert.Equal((1_000_001 + 2_000_000_000_000) / 3.0, histogram.MeanMicros, 3);
        Assert.Equal(0, histogram.Percentile(0.1));
    }

    [Fact]
    public void The_powers_hold_every_value_once()
    {
        var histogram = new LatencyHistogram();
        foreach (var value in Enumerable.Range(0, 5000))
        {
            histogram.Add(value);
        }

        var powers = histogram.Powers().ToList();
        Assert.Equal(5000, powers.Sum(p => p.Values));
        Assert.Equal((8192L, 5000L - 4096), powers[^1]);
        Assert.Equal((4096L, 2048L), powers[^2]);
    }

    [Fact]
    public void Nothing_gives_zeros()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal((0, 0.0, 0), (histogram.Percentile(0.99), histogram.MeanMicros, histogram.Powers().Count()));
    }
}
