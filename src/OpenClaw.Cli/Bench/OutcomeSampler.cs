using OpenClaw.Client.Wire;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>
/// Follows a bulk run by waiting for some of its tasks: all of the first thousand, then each hundredth, and the last. So the
/// measurement sees how far the cluster is without asking it for everything while it works.
/// </summary>
internal sealed class OutcomeSampler : IDisposable
{
    private const long EachUntil = 1000;
    private const long Stride = 100;

    /// <summary>A limit of tasks in flight below this is kept exactly: then every task is a sample.</summary>
    private const int ExactBelow = 10_000;

    /// <summary>Waits that are open at a time; later ones stand in line, and tasks end about in the order of their submission.</summary>
    private const int MostWaits = 32;

    private readonly WireClient client;
    private readonly BenchProgress progress;
    private readonly TimeProvider time;
    private readonly CancellationToken cancellation;
    private readonly SemaphoreSlim slots = new(MostWaits);
    private readonly Dictionary<long, long> handedAt = [];
    private readonly Lock gate = new();
    private readonly List<Task> waits = [];
    private string last = "";

    private readonly long stride;

    public OutcomeSampler(BenchRun run)
    {
        client = run.Target.Client;
        progress = run.Progress;
        time = run.Time;
        cancellation = run.Cancellation;
        stride = run.Options.InFlight < ExactBelow ? 1 : Stride;
    }

    /// <summary>What the samples were; what is known when a run is broken off.</summary>
    public BenchTally Tally { get; } = new();

    /// <summary>A task is handed to the client.</summary>
    public void Handed(long index)
    {
        if (!IsSample(index))
        {
            return;
        }

        lock (gate)
        {
            handedAt[index] = time.GetTimestamp();
        }
    }

    /// <summary>Tasks are stored.</summary>
    public void Acknowledged(BulkReceipt batch)
    {
        progress.Submitted(batch.Ids.Count);
        last = batch.Ids[^1];
        var samples = new Dictionary<string, Sample>(StringComparer.Ordinal);
        lock (gate)
        {
            for (var i = 0; i < batch.Ids.Count; i++)
            {
                if (handedAt.Remove(batch.First + i, out var at))
                {
                    samples[batch.Ids[i]] = new(at, batch.First + i < EachUntil ? 1 : stride);
                }
            }
        }

        if (samples.Count > 0)
        {
            waits.Add(WaitAsync(samples));
        }
    }

    /// <summary>Completes when all samples have ended, and the last task.</summary>
    public async Task EndedAsync()
    {
        if (last.Length > 0)
        {
            waits.Add(LastAsync());
        }

        await Task.WhenAll(waits);
    }

    /// <summary>Waits until nothing of ours is under way any more; what went wrong was told by <see cref="EndedAsync"/>.</summary>
    public async Task AbandonAsync()
    {
        await Task.WhenAll(waits.Select(w => w.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    public void Dispose() => slots.Dispose();

    private bool IsSample(long index) => index < EachUntil || index % stride == 0;

    private async Task WaitAsync(Dictionary<string, Sample> samples)
    {
        await slots.WaitAsync(cancellation);
        try
        {
            await foreach (var task in client.WaitAsync(samples.Keys, cancellation))
            {
                var sample = samples[task.Id];
                lock (gate)
                {
                    Tally.Add(task);
                }

                progress.Ended(sample.StandsFor, time.GetElapsedTime(sample.At), task.State == TaskState.Succeeded);
            }
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task LastAsync()
    {
        await foreach (var _ in client.WaitAsync([last], cancellation))
        {
            // It is the end that counts.
        }
    }

    private readonly record struct Sample(long At, long StandsFor);
}
