namespace OpenClaw.Core.Tasks;

/// <summary>When a failed task runs again. Pure: the same inputs give the same delay.</summary>
public static class RetryPolicy
{
    /// <summary>The first delay.</summary>
    public static TimeSpan First { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The delay before retry number <paramref name="retry"/> (from 1): 1 s, 3 s, 9 s … at most 10 min, spread by ± 20 % so that
    /// tasks which failed together do not come back together. The spread is drawn from the task's number and the retry.
    /// </summary>
    public static TimeSpan Delay(TaskId task, int retry)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retry, 1);
        var seconds = Math.Min(First.TotalSeconds * Math.Pow(3, retry - 1), Longest.TotalSeconds);

        // SplitMix64's finalizer: neighbours in, unrelated values out.
        var x = ((ulong)task.Number * 0x9E3779B97F4A7C15) + (ulong)retry;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        x ^= x >> 31;
        var spread = ((x >> 11) * (1.0 / (1UL << 53)) * 0.4) - 0.2;
        return TimeSpan.FromSeconds(Math.Min(seconds * (1 + spread), Longest.TotalSeconds));
    }

    /// <summary>
    /// How long a task waits that has lost its worker so often (from 1): not at all the first time, later as before a retry with that number.
    /// A task that ends the worker's own process must not use up what its supervisor has for it.
    /// </summary>
    public static TimeSpan AfterLosses(TaskId task, int losses) => losses <= 1 ? TimeSpan.Zero : Delay(task, losses);

    /// <summary>What the end of an attempt does to a task, given what it has used up before.</summary>
    public static On AfterFailure(bool retryable, int retries, int maxRetries) =>
        !retryable || maxRetries == 0 ? On.FailedForGood
        : retries < maxRetries ? On.FailedWithRetry
        : On.RetriesUsedUp;

    /// <summary>What the loss of a worker does to a task that it held.</summary>
    public static On AfterLoss(int losses, int maxLosses) => losses < maxLosses ? On.WorkerLost : On.LossesUsedUp;
}
