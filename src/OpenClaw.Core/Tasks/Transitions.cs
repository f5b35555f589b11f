using System.Collections.Frozen;

namespace OpenClaw.Core.Tasks;

/// <summary>One row of the life of a task. <paramref name="From"/> is null for a task that does not exist yet.</summary>
public readonly record struct Transition(TaskState? From, On On, TaskState To);

/// <summary>
/// The life of a task, as one table. Nothing else changes a state: the stores build their guards from it
/// (<see cref="FromStates"/>), the documentation its diagram, and a property test walks every pair of state and event.
/// </summary>
public static class Transitions
{
    public static IReadOnlyList<Transition> All { get; } =
    [
        new(null, On.Submitted, TaskState.Pending),
        new(null, On.SubmittedToCredit, TaskState.Assigned),
        new(TaskState.Pending, On.Assigned, TaskState.Assigned),
        new(TaskState.Pending, On.CancelRequested, TaskState.Cancelled),
        new(TaskState.Assigned, On.Started, TaskState.Running),
        // RUNNING is reported in batches and never waited for, so everything that can end a run can also end an assignment.
        new(TaskState.Assigned, On.Completed, TaskState.Succeeded),
        new(TaskState.Assigned, On.FailedForGood, TaskState.Failed),
        new(TaskState.Assigned, On.FailedWithRetry, TaskState.Pending),
        new(TaskState.Assigned, On.RetriesUsedUp, TaskState.Dead),
        new(TaskState.Assigned, On.HandedBack, TaskState.Pending),
        new(TaskState.Assigned, On.WorkerLost, TaskState.Pending),
        new(TaskState.Assigned, On.LossesUsedUp, TaskState.Dead),
        new(TaskState.Assigned, On.CancelRequested, TaskState.Cancelled),
        new(TaskState.Running, On.Completed, TaskState.Succeeded),
        new(TaskState.Running, On.FailedForGood, TaskState.Failed),
        new(TaskState.Running, On.FailedWithRetry, TaskState.Pending),
        new(TaskState.Running, On.RetriesUsedUp, TaskState.Dead),
        new(TaskState.Running, On.HandedBack, TaskState.Pending),
        new(TaskState.Running, On.WorkerLost, TaskState.Pending),
        new(TaskState.Running, On.LossesUsedUp, TaskState.Dead),
        new(TaskState.Running, On.CancelRequested, TaskState.Cancelled),
        new(TaskState.Failed, On.RetryRequested, TaskState.Pending),
        new(TaskState.Cancelled, On.RetryRequested, TaskState.Pending),
        new(TaskState.Dead, On.RetryRequested, TaskState.Pending),
    ];

    private static readonly FrozenDictionary<(TaskState, On), TaskState> Lookup = All.Where(t => t.From is not null)
        .ToFrozenDictionary(t => (t.From!.Value, t.On), t => t.To);

    private static readonly FrozenDictionary<On, TaskState> Target = All.GroupBy(t => t.On)
        .ToFrozenDictionary(g => g.Key, g => g.Select(t => t.To).Distinct().Single());

    /// <summary>The state that follows, or null when the table has no such row: the event is refused and nothing changes.</summary>
    public static TaskState? Next(TaskState from, On on) => Lookup.TryGetValue((from, on), out var to) ? to : null;

    /// <summary>The state that the event leads to, whichever state it starts from. Each event has exactly one.</summary>
    public static TaskState To(On on) => Target[on];

    /// <summary>The states from which the event is allowed: the guard of the statement that carries it out.</summary>
    public static IEnumerable<TaskState> FromStates(On on) => All.Where(t => t.On == on && t.From is not null).Select(t => t.From!.Value);

    /// <summary>An ended task has no attempt under way and none due.</summary>
    public static bool HasEnded(TaskState state) =>
        state is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled or TaskState.Dead;

    /// <summary>A task that belongs to a worker's incarnation.</summary>
    public static bool IsHeld(TaskState state) => state is TaskState.Assigned or TaskState.Running;

    /// <summary>The state's printed name: <c>PENDING</c>, <c>ASSIGNED</c>…</summary>
    public static string Name(TaskState state) => Names[(int)state];

    /// <summary>The state with this printed name, in any case; null when there is none.</summary>
    public static TaskState? Parse(string name)
    {
        var index = Array.FindIndex(Names, n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : (TaskState)index;
    }

    /// <summary>All printed names, in the order of the numbers.</summary>
    public static IReadOnlyList<string> AllNames => Names;

    private static readonly string[] Names = ["PENDING", "ASSIGNED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "DEAD"];
}
