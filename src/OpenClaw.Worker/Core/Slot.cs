using OpenClaw.Core.Errors;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

/// <summary>Why a runner was told to end.</summary>
internal enum EndCause
{
    /// <summary>It was not.</summary>
    None,
    Timeout,
    Cancelled,

    /// <summary>The lease ended, or the worker stops: what it ran is given back.</summary>
    HandBack,

    /// <summary>It has run enough tasks.</summary>
    Recycled,

    /// <summary>Its program said what it must not, or too much: <see cref="Slot.Violation"/>.</summary>
    Violation,

    /// <summary>It went over a limit: <see cref="Slot.Excess"/>.</summary>
    Excess,
}

/// <summary>A place for one task at a time, with its runner. Owned by <see cref="WorkerCore"/>.</summary>
internal sealed class Slot(int number)
{
    public int Number { get; } = number;
    public IRunner? Runner { get; set; }

    /// <summary>The runner has said that it is ready.</summary>
    public bool Ready { get; set; }

    /// <summary>What was handed to the runner, in its order: the first runs, the others wait in its pipe.</summary>
    public Queue<Attempt> InRunner { get; } = new();

    /// <summary>Expected time of what waits in the runner, in microseconds.</summary>
    public double BacklogMicros { get; set; }

    /// <summary>The runner turns into a plugin's program, or has: it takes nothing more.</summary>
    public bool Executing { get; set; }

    /// <summary>What the runner has become, when that is a program that serves: it takes tasks of this handler alone.</summary>
    public TaskHandler? Serving { get; set; }

    /// <summary>The program that serves runs and has not said hello: it is given nothing, and nobody's time counts.</summary>
    public bool Starting { get; set; }

    /// <summary>Why the runner is ended, with <see cref="EndCause.Violation"/>.</summary>
    public (ErrorEntry Entry, string Message) Violation { get; set; }

    /// <summary>Why the runner is ended, with <see cref="EndCause.Excess"/>.</summary>
    public Excess Excess { get; set; }
    public int TasksRun { get; set; }
    public EndCause Ending { get; set; }

    /// <summary>The attempt that the runner is ended for; another that has come to its turn meanwhile is not to blame.</summary>
    public Attempt? EndingFor { get; set; }

    /// <summary>The program that serves was told by a signal: it ends, also when it has answered before that reached it.</summary>
    public bool Signalled { get; set; }

    /// <summary>A task has begun in the runner: it works.</summary>
    public bool Proven { get; set; }

    /// <summary>
    /// When a runner that has not said that it is ready is taken for hung. This and the two below count from the start of the worker,
    /// by the clock that nobody sets.
    /// </summary>
    public TimeSpan ReadyBy { get; set; }

    /// <summary>When SIGKILL follows SIGTERM.</summary>
    public TimeSpan? KillAt { get; set; }

    /// <summary>Which settings the runner was started with.</summary>
    public int SettingsNumber { get; set; }

    /// <summary>Runners in a row that ended before any task had begun in them.</summary>
    public int FailedStarts { get; set; }

    /// <summary>No new runner before this time.</summary>
    public TimeSpan StartNotBefore { get; set; }

    /// <summary>It has no runner any more, and nothing of the last one's. What the slot itself remembers (its failed starts) stays.</summary>
    public void Clear()
    {
        Runner = null;
        Ready = false;
        Executing = false;
        Serving = null;
        Starting = false;
        Violation = default;
        Excess = default;
        Signalled = false;
        Ending = EndCause.None;
        EndingFor = null;
        Proven = false;
        KillAt = null;
        TasksRun = 0;
    }

    public bool CanTake => Ready && !Executing && Ending == EndCause.None;
    public bool IsIdle => CanTake && InRunner.Count == 0;
}
