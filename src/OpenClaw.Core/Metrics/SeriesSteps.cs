namespace OpenClaw.Core.Metrics;

/// <summary>What the samples of one series come to, step by step. Samples are fed in the order of time. Not thread-safe.</summary>
public sealed class SeriesSteps
{
    private readonly QueryWindow window;
    private readonly bool isCounter;
    private readonly double[] places;
    private double before;
    private bool hasBefore;

    /// <param name="window">The steps.</param>
    /// <param name="isCounter">By how much it rises is wanted; else its last value in each step.</param>
    public SeriesSteps(QueryWindow window, bool isCounter)
    {
        ArgumentNullException.ThrowIfNull(window);
        (this.window, this.isCounter) = (window, isCounter);
        places = new double[window.Places];
        if (!isCounter)
        {
            Array.Fill(places, double.NaN);
        }
    }

    /// <summary>At least one sample lies in the window.</summary>
    public bool HasSamples { get; private set; }

    /// <summary>
    /// Takes a sample. A counter that began from zero has risen by its whole value, and so has one that has fallen: its process started
    /// anew. Of one that is met for the first time, and did not begin from zero, nobody knows how much it rose.
    /// </summary>
    public void Add(long slot, double value, bool fresh)
    {
        var place = window.PlaceOf(slot);
        var rise =
            fresh ? value
            : !hasBefore ? 0
            : value >= before ? value - before
            : value;
        (before, hasBefore) = (value, true);
        if (place < 0 || place >= places.Length)
        {
            return;
        }

        HasSamples = true;
        places[place] = isCounter ? places[place] + rise : value;
    }

    /// <summary>Takes the samples of a chunk.</summary>
    /// <param name="firstSlot">The chunk's first slot.</param>
    /// <param name="chunk">As an encoder wrote it.</param>
    public void Add(long firstSlot, ReadOnlySpan<byte> chunk)
    {
        var samples = new ChunkDecoder(chunk);
        while (samples.Read())
        {
            Add(firstSlot + samples.Index, samples.Value, samples.Fresh);
        }
    }

    /// <summary>Adds what this series comes to. A place without a sample adds nothing; where nobody has one, NaN stays.</summary>
    /// <param name="sums">One place for each step of the answer.</param>
    public void AddTo(double[] sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        for (var i = 0; i < sums.Length; i++)
        {
            var value = double.NaN;
            for (var back = 0; back < window.Span; back++)
            {
                var part = places[i + back];
                value =
                    double.IsNaN(part) ? value
                    : isCounter && !double.IsNaN(value) ? value + part
                    : part;
            }

            if (!double.IsNaN(value))
            {
                sums[i] = double.IsNaN(sums[i]) ? value : sums[i] + value;
            }
        }
    }
}
