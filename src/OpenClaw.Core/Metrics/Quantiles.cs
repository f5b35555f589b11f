namespace OpenClaw.Core.Metrics;

/// <summary>Quantiles of a histogram, as good as its buckets are narrow. Pure.</summary>
public static class Quantiles
{
    /// <summary>
    /// The value that the share of all values is below, evenly spread within its bucket
    /// (<see href="https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile"/>). NaN when nothing was
    /// counted; of what lies beyond the last bound, that bound.
    /// </summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="buckets">Bounds, rising, the last +Inf, with how many values were at most the bound.</param>
    public static double Of(double share, IReadOnlyList<(double Bound, double Count)> buckets)
    {
        ArgumentNullException.ThrowIfNull(buckets);
        if (buckets.Count == 0 || buckets[^1].Count <= 0)
        {
            return double.NaN;
        }

        var wanted = share * buckets[^1].Count;
        var (bound, count) = (0.0, 0.0);
        foreach (var (next, upTo) in buckets)
        {
            if (upTo >= wanted && upTo > count)
            {
                return double.IsPositiveInfinity(next) ? bound : bound + ((next - bound) * (wanted - count) / (upTo - count));
            }

            (bound, count) = (double.IsPositiveInfinity(next) ? bound : next, Math.Max(count, upTo));
        }

        return bound;
    }
}
