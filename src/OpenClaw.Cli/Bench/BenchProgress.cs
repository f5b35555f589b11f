namespace OpenClaw.Cli.Bench;

/// <summary>How far a measurement is, for whoever looks on. Thread-safe.</summary>
internal sealed class BenchProgress
{
    private readonly Lock gate = new();
    private readonly LatencyHistogram latency = new();
    private TaskCompletionSource changed = NewSignal();
    private string phase = "";
    private long submitted;
    private long ended;
    private long failed;

    /// <summary>What is being done, in a word or two.</summary>
    public void Enter(string name)
    {
        lock (gate)
        {
            phase = name;
        }
    }

    /// <summary>Tasks that are acknowledged.</summary>
    public void Submitted(long count)
    {
        lock (gate)
        {
            submitted += count;
        }
    }

    /// <summary>One task has ended and stands for so many.</summary>
    public void Ended(long standsFor, TimeSpan took, bool succeeded)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            ended += standsFor;
            failed += succeeded ? 0 : 1;
            latency.Add(took);
            waiting = changed;
            changed = NewSignal();
        }

        waiting.SetResult();
    }

    /// <summary>A duration of something that is no task's end: a call that was answered.</summary>
    public void Took(TimeSpan span)
    {
        lock (gate)
        {
            latency.Add(span);
        }
    }

    /// <summary>Completes when fewer than this many tasks are submitted and have not ended.</summary>
    /// <param name="handed">Tasks that were handed out so far, acknowledged or not.</param>
    /// <param name="most">The limit.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask RoomAsync(long handed, long most, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (handed - ended < most)
                {
                    return;
                }

                next = changed.Task;
            }

            await next.WaitAsync(cancellation);
        }
    }

    public BenchMoment Now()
    {
        lock (gate)
        {
            long? p50 = latency.Count > 0 ? latency.Percentile(0.5) : null;
            long? p99 = latency.Count > 0 ? latency.Percentile(0.99) : null;
            return new(phase, submitted, Math.Min(ended, submitted), failed, p50, p99);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A measurement at one moment. Ended tasks are an estimate from samples; latencies in microseconds, null before the first.</summary>
internal sealed record BenchMoment(string Phase, long Submitted, long Ended, long Failed, long? P50, long? P99);
