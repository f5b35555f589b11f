namespace OpenClaw.Manager.Dispatch;

/// <summary>
/// How long a type usually runs: an exponentially weighted mean that follows rises at once and falls slowly, so that a type with a
/// long tail is not taken for a short one. Pure; owned by the dispatcher.
/// </summary>
public sealed class TypeTimes
{
    private const double Weight = 0.05;

    /// <summary>Work kept ready per slot for short types: enough to hide a commit and the network, little enough to be recalled.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(50);

    /// <summary>The most tasks kept ready per slot.</summary>
    public const int MostAhead = 1024;

    private double meanMicros = double.NaN;

    /// <summary>The mean run in microseconds; NaN while nothing is known.</summary>
    public double MeanMicros => meanMicros;

    public void Observe(long runMicros)
    {
        var value = Math.Max(1, runMicros);
        meanMicros =
            double.IsNaN(meanMicros) ? value
            : value > meanMicros * 8 ? meanMicros + ((value - meanMicros) * 0.3)
            : meanMicros + ((value - meanMicros) * Weight);
    }

    /// <summary>How many tasks of this type a slot may hold beyond the one that it runs.</summary>
    public int AheadPerSlot => double.IsNaN(meanMicros) ? 0 : (int)Math.Clamp(Ahead.TotalMicroseconds / meanMicros, 0, MostAhead);
}
