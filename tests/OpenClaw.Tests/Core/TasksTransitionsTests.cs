using OpenClaw.Core.Tasks;

namespace OpenClaw.Tests.Core;

public sealed class TasksTransitionsTests
{
    private static readonly TaskState[] States = Enum.GetValues<TaskState>();
    private static readonly On[] Events = Enum.GetValues<On>();

    /// <summary>The whole life of a task, written down a second time: a change of the table has to be meant.</summary>
    private static readonly Dictionary<TaskState, string> Expected = new()
    {
        [TaskState.Pending] = "Assigned>Assigned CancelRequested>Cancelled",
        [TaskState.Assigned] =
            "Started>Running Completed>Succeeded FailedForGood>Failed FailedWithRetry>Pending RetriesUsedUp>Dead HandedBack>Pending WorkerLost>Pending LossesUsedUp>Dead CancelRequested>Cancelled",
        [TaskState.Running] =
            "Completed>Succeeded FailedForGood>Failed FailedWithRetry>Pending RetriesUsedUp>Dead HandedBack>Pending WorkerLost>Pending LossesUsedUp>Dead CancelRequested>Cancelled",
        [TaskState.Succeeded] = "",
        [TaskState.Failed] = "RetryRequested>Pending",
        [TaskState.Cancelled] = "RetryRequested>Pending",
        [TaskState.Dead] = "RetryRequested>Pending",
    };

    [Fact]
    public void Every_state_answers_every_event_as_written_down()
    {
        foreach (var state in States)
        {
            var answers = Events.Where(on => Transitions.Next(state, on) is not null).Select(on => $"{on}>{Transitions.Next(state, on)}");
            Assert.Equal(Expected[state], string.Join(' ', answers));
        }
    }

    [Fact]
    public void The_lookups_say_what_the_table_says()
    {
        foreach (var (state, on) in States.SelectMany(s => Events.Select(e => (s, e))))
        {
            var rows = Transitions.All.Where(t => t.From == state && t.On == on).ToList();
            Assert.InRange(rows.Count, 0, 1);
            Assert.Equal(rows.Count == 0 ? null : rows[0].To, Transitions.Next(state, on));
            Assert.Equal(rows.Count == 1, Transitions.FromStates(on).Contains(state));
            Assert.All(rows, row => Assert.Equal(row.To, Transitions.To(on)));
        }

        Assert.Equal(Transitions.All.Count, Transitions.All.Distinct().Count());
        Assert.All(Events, on => Assert.Contains(Transitions.All, t => t.On == on));
    }

    [Fact]
    public void Every_state_can_be_reached_and_left_for_an_end()
    {
        Assert.Equal(States.ToHashSet(), Reachable(null));
        Assert.All(States, state => Assert.Contains(Reachable(state).Append(state), Transitions.HasEnded));
    }

    [Fact]
    public void An_end_is_left_only_when_an_operator_asks_and_a_success_never()
    {
        Assert.All(
            Transitions.All.Where(t => t.From is { } from && Transitions.HasEnded(from)),
            t => Assert.Equal((On.RetryRequested, TaskState.Pending), (t.On, t.To))
        );
        Assert.DoesNotContain(Transitions.All, t => t.From == TaskState.Succeeded);
    }

    [Fact]
    public void A_state_waits_is_held_or_has_ended()
    {
        foreach (var state in States)
        {
            Assert.Equal(
                1,
                (state == TaskState.Pending ? 1 : 0) + (Transitions.IsHeld(state) ? 1 : 0) + (Transitions.HasEnded(state) ? 1 : 0)
            );
        }

        // What ends a run also ends an assignment: RUNNING is reported in batches and never waited for.
        Assert.All(
            Events.Where(on => on != On.Started),
            on => Assert.Equal(Transitions.Next(TaskState.Running, on), Transitions.Next(TaskState.Assigned, on))
        );
    }

    /// <summary>The numbers are stored and travel on the wire.</summary>
    [Fact]
    public void Numbers_and_names_never_change()
    {
        Assert.Equal(
            "0=PENDING 1=ASSIGNED 2=RUNNING 3=SUCCEEDED 4=FAILED 5=CANCELLED 6=DEAD",
            string.Join(' ', States.Select(s => $"{(int)s}={Transitions.Name(s)}"))
        );
        Assert.All(States, s => Assert.Equal(s, Transitions.Parse(Transitions.Name(s).ToLowerInvariant())));
        Assert.Null(Transitions.Parse("DONE"));
        Assert.Equal(States.Length, Transitions.AllNames.Count);
    }

    private static HashSet<TaskState> Reachable(TaskState? from)
    {
        var reached = new HashSet<TaskState>();
        var next = new Queue<TaskState?>([from]);
        while (next.TryDequeue(out var state))
        {
            foreach (var transition in Transitions.All.Where(t => t.From == state && reached.Add(t.To)))
            {
                next.Enqueue(transition.To);
            }
        }

        return reached;
    }
}
