namespace OpenClaw.Worker.Core;

/// <summary>How long types usually run here: decides how many a runner gets ahead. Pure; one owner.</summary>
internal sealed class RunTimes
{
    private const double Weight = 0.1;

    /// <summary>A task that runs this long at most is sent ahead behind others.</summary>
    public const double ShortMicros = 2_000;

    /// <summary>Work that waits in one runner's pipe: what a slower task in front of it may delay.</summary>
    public const double MostBacklogMicros = 5_000;

    /// <summary>A task that has run so long is none of the short ones. Well above what this loop itself may be behind.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMilliseconds(50);

    /// <summary>Commands that wait in one runner's pipe.</summary>
    public const int MostAhead = 256;

    private readonly Dictionary<string, double> means = new(StringComparer.Ordinal);

    public void Observe(string type, long micros) =>
        means[type] = means.TryGetValue(type, out var mean) ? mean + ((micros - mean) * Weight) : micros;

    /// <summary>The mean in microseconds, at least 10: what the pipe itself costs. Infinity while nothing is known.</summary>
    public double MeanOf(string type) => means.TryGetValue(type, out var mean) ? Math.Max(10, mean) : double.PositiveInfinity;
}
