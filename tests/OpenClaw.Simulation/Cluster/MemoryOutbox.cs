using OpenClaw.V1;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Outbox;

namespace OpenClaw.Simulation.Cluster;

/// <summary>An outbox over the machine's list: what was flushed survives the process.</summary>
internal sealed class MemoryOutbox(List<(long Incarnation, AttemptOutcome Outcome)> disk, long incarnation) : IOutbox
{
    private readonly List<AttemptOutcome> unwritten = [];

    public int Count => disk.Count + unwritten.Count;

    public IEnumerable<IGrouping<long, AttemptOutcome>> Earlier =>
        disk.Where(e => e.Incarnation != incarnation).GroupBy(e => e.Incarnation, e => e.Outcome);

    public IEnumerable<AttemptOutcome> Own => disk.Where(e => e.Incarnation == incarnation).Select(e => e.Outcome).Concat(unwritten);

    public bool IsFull => false;

    public void Add(AttemptOutcome outcome) => unwritten.Add(outcome);

    public string? Flush()
    {
        if (unwritten.Count > 0)
        {
            disk.AddRange(unwritten.Select(o => (incarnation, o)));
            unwritten.Clear();
        }

        return null;
    }

    public void Acknowledge(OutboxKey key)
    {
        var at = disk.FindIndex(e =>
            e.Incarnation == key.Incarnation && e.Outcome.Task == key.Attempt.Task && e.Outcome.Attempt == key.Attempt.Attempt
        );
        if (at >= 0)
        {
            disk.RemoveAt(at);
        }
    }
}
