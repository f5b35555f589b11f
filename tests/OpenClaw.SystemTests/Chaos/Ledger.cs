using System.Collections.Concurrent;
using OpenClaw.V1;

namespace OpenClaw.SystemTests.Chaos;

/// <summary>What the cluster has promised: which submissions it acknowledged, and which outcomes it announced. Thread-safe.</summary>
internal sealed class Ledger
{
    private long acknowledgements;
    private long announcements;

    /// <summary>By idempotency key: the id that the first acknowledgement named.</summary>
    public ConcurrentDictionary<string, string> Acknowledged { get; } = new(StringComparer.Ordinal);

    /// <summary>By id: the end that was announced to whoever waited.</summary>
    public ConcurrentDictionary<string, Announced> Ended { get; } = new(StringComparer.Ordinal);

    /// <summary>Promises that contradict an earlier one.</summary>
    public ConcurrentQueue<string> Contradictions { get; } = [];

    public long Acknowledgements => Interlocked.Read(ref acknowledgements);
    public long Announcements => Interlocked.Read(ref announcements);

    public void Acknowledge(string key, string id)
    {
        var known = Acknowledged.GetOrAdd(key, id);
        if (known != id)
        {
            Contradictions.Enqueue($"{key} was acknowledged as {known}, and then as {id}");
        }

        Interlocked.Increment(ref acknowledgements);
    }

    public void Announce(OpenClaw.V1.Task task)
    {
        var end = new Announced(task.State, task.Attempt, task.FinishedAtMs, task.Result.ToStringUtf8());
        var known = Ended.GetOrAdd(task.Id, end);
        if (known != end)
        {
            Contradictions.Enqueue($"{task.Id} was announced as {known}, and then as {end}");
        }

        Interlocked.Increment(ref announcements);
    }

    internal sealed record Announced(TaskState State, int Attempt, long FinishedAt, string Result);
}
