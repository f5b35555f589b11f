namespace OpenClaw.Hosting.Loops;

/// <summary>
/// Keeps a repeated complaint from filling the log: the first few pass, then one in each reminder interval, which tells
/// how many it stands for. Not thread-safe: it belongs to the loop that complains.
/// </summary>
/// <param name="time">The clock of the interval.</param>
/// <param name="first">How many pass before damping begins.</param>
/// <param name="reminder">From one reminder to the next.</param>
public sealed class Damper(TimeProvider time, int first, TimeSpan reminder)
{
    private int passed;
    private long lastPassed;

    /// <summary>How many were kept back since the last that passed.</summary>
    public int Suppressed { get; private set; }

    /// <summary>True when this one may be said.</summary>
    /// <param name="suppressed">How many were kept back before it.</param>
    public bool Allow(out int suppressed)
    {
        suppressed = 0;
        if (passed >= first && time.GetElapsedTime(lastPassed) < reminder)
        {
            Suppressed++;
            return false;
        }

        suppressed = Suppressed;
        Suppressed = 0;
        passed = Math.Min(passed + 1, first);
        lastPassed = time.GetTimestamp();
        return true;
    }

    /// <summary>The matter is settled: the next complaint is a new one.</summary>
    public void Reset() => passed = Suppressed = 0;
}
