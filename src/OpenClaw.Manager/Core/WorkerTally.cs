using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

/// <summary>What a worker has come to, by its id, through all its incarnations that this manager has seen. Owned by <see cref="ManagerCore"/>.</summary>
internal sealed class WorkerTally
{
    private readonly float[] runs = new float[128];
    private readonly float[] sorted = new float[128];
    private int ran;
    private (double P50, double P95)? quantiles;

    /// <summary>Processes that followed another one.</summary>
    public long Restarts { get; set; }

    /// <summary>What its last heartbeat said of its processes; null before the first that did.</summary>
    public Heartbeat? Heartbeat { get; set; }

    public long Succeeded { get; private set; }

    public long Failed { get; private set; }

    public long Crashed { get; private set; }

    /// <summary>An attempt has finished.</summary>
    /// <param name="succeeded">Well.</param>
    /// <param name="crashed">By a crash.</param>
    /// <param name="micros">How long it ran; 0: it never did.</param>
    public void Finished(bool succeeded, bool crashed, long micros)
    {
        _ =
            succeeded ? Succeeded++
            : crashed ? Crashed++
            : Failed++;
        if (micros > 0)
        {
            runs[ran++ % runs.Length] = micros / 1e6f;
            ran = ran == int.MaxValue ? runs.Length : ran;
            quantiles = null;
        }
    }

    /// <summary>The figures of this moment, to be read by other threads.</summary>
    /// <param name="worker">The worker's id.</param>
    /// <param name="isConnected">Only then its gauges are true.</param>
    public WorkerFigures Figures(string worker, bool isConnected) =>
        new(worker, Succeeded, Failed, Crashed, Restarts, isConnected ? Heartbeat : null, Heartbeat, isConnected ? Quantiles() : null);

    private (double P50, double P95)? Quantiles()
    {
        var count = Math.Min(ran, runs.Length);
        if (quantiles is null && count > 0)
        {
            Array.Copy(runs, sorted, count);
            Array.Sort(sorted, 0, count);
            quantiles = (sorted[(int)(count * 0.5)], sorted[Math.Min(count - 1, (int)(count * 0.95))]);
        }

        return quantiles;
    }
}

/// <summary>A worker's figures at one moment. Immutable.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Succeeded">Attempts.</param>
/// <param name="Failed">Attempts.</param>
/// <param name="Crashed">Attempts.</param>
/// <param name="Restarts">Processes that followed another one.</param>
/// <param name="Now">Its last heartbeat, while it is connected.</param>
/// <param name="Last">Its last heartbeat: counters are told on when it is gone.</param>
/// <param name="Runs">How long attempts run, in seconds.</param>
internal readonly record struct WorkerFigures(
    string Worker,
    long Succeeded,
    long Failed,
    long Crashed,
    long Restarts,
    Heartbeat? Now,
    Heartbeat? Last,
    (double P50, double P95)? Runs
)
{
    /// <summary>Its counters by result.</summary>
    public IEnumerable<(string Result, long Count)> Attempts =>
        [(AttemptResults.Succeeded, Succeeded), (AttemptResults.Failed, Failed), (AttemptResults.Crashed, Crashed)];
}
