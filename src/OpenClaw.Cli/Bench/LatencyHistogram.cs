using System.Numerics;

namespace OpenClaw.Cli.Bench;

/// <summary>
/// Counts durations in buckets whose width grows with the value: any value is kept within 1 % of itself, from a microsecond to years, in
/// a few kilobytes. After Gil Tene's HDR histogram. Not thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>Below this, each microsecond has a bucket; above, each power of two has this many.</summary>
    private const int Fine = 128;
    private const int FineBits = 7;

    private long[] counts = new long[Fine * 8];
    private double sum;

    public long Count { get; private set; }

    /// <summary>The largest value, exact; 0 when there is none.</summary>
    public long MaxMicros { get; private set; }

    public double MeanMicros => Count == 0 ? 0 : sum / Count;

    /// <summary>Adds one duration. A negative one (two clocks that differ) counts as 0.</summary>
    public void Add(long micros)
    {
        micros = Math.Max(0, micros);
        var bucket = BucketOf(micros);
        if (bucket >= counts.Length)
        {
            Array.Resize(ref counts, Math.Max(bucket + 1, counts.Length * 2));
        }

        counts[bucket]++;
        Count++;
        sum += micros;
        MaxMicros = Math.Max(MaxMicros, micros);
    }

    public void Add(TimeSpan duration) => Add((long)duration.TotalMicroseconds);

    /// <summary>The smallest value that this share of the values does not exceed, in microseconds, within 1 %; 0 when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    public long Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var seen = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= rank)
            {
                return Math.Min(MaxMicros, UpperEdge(i));
            }
        }

        return MaxMicros;
    }

    /// <summary>The buckets that hold something, wide ones: each power of two of microseconds with how many values fell below it.</summary>
    public IEnumerable<(long UpTo, long Values)> Powers()
    {
        var edge = 1L;
        var values = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            while (UpperEdge(i) >= edge)
            {
                if (values > 0)
                {
                    yield return (edge, values);
                }

                values = 0;
                edge *= 2;
            }

            values += counts[i];
        }

        if (values > 0)
        {
            yield return (edge, values);
        }
    }

    private static int BucketOf(long micros)
    {
        if (micros < Fine)
        {
            return (int)micros;
        }

        var shift = BitOperations.Log2((ulong)micros) - FineBits;
        return ((shift + 1) << FineBits) + (int)((micros >> shift) - Fine);
    }

    // The largest value that falls into the bucket.
    private static long UpperEdge(int bucket)
    {
        if (bucket < Fine)
        {
            return bucket;
        }

        var shift = (bucket >> FineBits) - 1;
        return ((Fine + (bucket & (Fine - 1)) + 1L) << shift) - 1;
    }
}
