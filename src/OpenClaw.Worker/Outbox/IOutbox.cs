using OpenClaw.V1;

namespace OpenClaw.Worker.Outbox;

/// <summary>Outcomes that the manager has not acknowledged. Owned by the worker's loop.</summary>
internal interface IOutbox
{
    /// <summary>Outcomes that are not acknowledged.</summary>
    int Count { get; }

    /// <summary>What an earlier incarnation left, oldest first, by incarnation.</summary>
    IEnumerable<IGrouping<long, AttemptOutcome>> Earlier { get; }

    /// <summary>What this incarnation has not had acknowledged, oldest first.</summary>
    IEnumerable<AttemptOutcome> Own { get; }

    /// <summary>Keeps outcomes; on disk when <see cref="Flush"/> has returned null.</summary>
    void Add(AttemptOutcome outcome);

    /// <summary>Writes what was added. Null, or why the disk refused: what was added stays in memory and is written by a later call.</summary>
    string? Flush();

    /// <summary>The manager has recorded it.</summary>
    void Acknowledge(OutboxKey key);

    /// <summary>It keeps as much as it may.</summary>
    bool IsFull { get; }
}
