using OpenClaw.V1;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

/// <summary>An attempt, as manager and worker name it.</summary>
public readonly record struct AttemptKey(long Task, int Attempt);

/// <summary>Where an attempt stands at this worker.</summary>
internal enum AttemptStage
{
    /// <summary>Waits for a slot.</summary>
    Waiting,

    /// <summary>Handed to a runner; it runs, or is next in the runner's pipe.</summary>
    InRunner,

    /// <summary>Its process crashed; what that left behind is being looked at, then it fails.</summary>
    Examined,

    /// <summary>Ended, given back or dropped.</summary>
    Gone,
}

/// <summary>An attempt that this worker holds. Owned by <see cref="WorkerCore"/>.</summary>
internal sealed class Attempt(AttemptKey key, Assignment assignment, TaskHandler handler)
{
    public AttemptKey Key { get; } = key;
    public Assignment Assignment { get; } = assignment;
    public TaskHandler Handler { get; set; } = handler;
    public AttemptStage Stage { get; set; } = AttemptStage.Waiting;

    /// <summary>The runner's word that it has begun, by the wall clock, for people; default = not yet.</summary>
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>The same moment as a timestamp of the clock that nobody sets: what it has run and its limit count from here.</summary>
    public long StartedStamp { get; set; }

    /// <summary>How long it may run; null = for ever.</summary>
    public TimeSpan? Limit { get; set; }

    /// <summary>The manager was told that it runs.</summary>
    public bool StartReported { get; set; }

    /// <summary>The last lines that it wrote; null until it writes one.</summary>
    public Queue<string>? LastLines { get; set; }
    public TaskProgress? UnsentProgress { get; set; }

    /// <summary>How a program said that it failed, before it ended.</summary>
    public SlotReport? Said { get; set; }

    /// <summary>Runners that ended with it at their head, before they said that it had begun.</summary>
    public int RunnersLost { get; set; }
}
