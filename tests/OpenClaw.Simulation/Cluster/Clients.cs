using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Simulation.World;
using OpenClaw.Store;

namespace OpenClaw.Simulation.Cluster;

/// <summary>How an attempt will go.</summary>
internal enum RunEnd
{
    Success,
    Failure,
    FailureForGood,
    Crash,
    Never,
}

internal readonly record struct RunPlan(RunEnd Ends, long Micros, bool IgnoresTerm);

/// <summary>Who submits, cancels and retries. A submission that was not acknowledged is repeated under its key until it is.</summary>
internal sealed class Clients(SimWorld world)
{
    public const string Short = "short";
    public const string Quick = "quick";
    public const string Minutes = "minutes";
    public const string Hours = "hours";
    public static readonly string[] Types = [Short, Quick, Minutes, Hours];

    private static readonly byte[] Payload = "{}"u8.ToArray();

    private readonly Dictionary<StoreOperation, NewTask[]> underWay = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> acknowledged = [];
    private long keys;

    /// <summary>Keys of tasks whose submission was acknowledged.</summary>
    public IReadOnlyList<string> Acknowledged => acknowledged;

    public bool HaveStopped { get; set; }

    /// <summary>Submissions that no manager has acknowledged yet.</summary>
    public int Unanswered { get; private set; }

    public void Begin() => world.After(world.Arrival(30 * SimWorld.Second), Arrive);

    private void Arrive()
    {
        if (HaveStopped)
        {
            return;
        }

        world.After(world.Arrival(30 * SimWorld.Second), Arrive);
        var draw = world.Random.Next(1000);
        switch (draw)
        {
            case < 15:
                // So many short ones that they are sent ahead into workers and runners.
                Submit([.. Enumerable.Range(0, world.Random.Next(20, 400)).Select(_ => NewTask(Short))]);
                break;
            case < 500:
                Submit([.. Enumerable.Range(0, world.Random.Next(1, 4)).Select(_ => NewTask(Quick))]);
                break;
            case < 930:
                Submit([NewTask(Minutes)]);
                break;
            case < 960:
                Submit([NewTask(Hours)]);
                break;
            default:
                Meddle();
                break;
        }
    }

    public NewTask NewTask(string type)
    {
        var delayed = world.Chance(0.03) && world.ManagerMachine.Process is not null;
        return new NewTask
        {
            Type = type,
            Payload = Payload,
            Priority = world.Chance(0.1) ? world.Random.Next(-1, 3) : 0,
            Queue = world.Chance(0.1) ? "other" : TaskLimits.DefaultQueue,
            Key = "k" + (keys++).ToString(CultureInfo.InvariantCulture),
            DueAt = delayed ? world.ManagerMachine.Process!.Clock.GetUtcNow().ToUnixTimeMilliseconds() + world.Between(10, 600_000) : 0,
            TimeoutMs = type == Quick ? 60_000 : 0,
            MaxRetries = 3,
            SubmittedBy = "local",
        };
    }

    public void Submit(NewTask[] tasks)
    {
        Unanswered++;
        Try(tasks);
    }

    private void Try(NewTask[] tasks)
    {
        if (world.ManagerMachine.Process is not { } manager)
        {
            world.After(5 * SimWorld.Second, () => Try(tasks));
            return;
        }

        manager.Run(core => underWay[core.Submit(tasks)] = tasks);

        // No answer: the manager has died with it, perhaps after its commit.
        world.After(30 * SimWorld.Second, () => GiveUp(manager, tasks));
    }

    private void GiveUp(ManagerProcess asked, NewTask[] tasks)
    {
        if (world.ManagerMachine.Process != asked && underWay.FirstOrDefault(u => u.Value == tasks).Key is { } lost)
        {
            underWay.Remove(lost);
            Try(tasks);
        }
    }

    /// <summary>The manager's writer has settled an operation.</summary>
    public void Settled(StoreOperation operation, Failure? failure)
    {
        if (!underWay.Remove(operation, out var tasks))
        {
            return;
        }

        if (failure is not null)
        {
            world.After(5 * SimWorld.Second, () => Try(tasks));
            return;
        }

        Unanswered--;
        foreach (var task in tasks)
        {
            acknowledged.Add(task.Key!);
        }

        world.Note(Saw.Accepted, ((SubmitOperation)operation).Numbers.FirstOrDefault());
    }

    // Somebody cancels a task, or retries one that ended badly.
    private void Meddle()
    {
        if (world.ManagerMachine.Process is not { } manager || acknowledged.Count == 0)
        {
            return;
        }

        var newest = world.Store.Rows.Count;
        var task = new TaskId(Math.Max(1, newest - world.Random.Next(60)));
        if (world.Store.Find(task.Number) is not { } row)
        {
            return;
        }

        if (Transitions.HasEnded(row.State))
        {
            manager.Run(core => core.Retry(task));
        }
        else
        {
            manager.Run(core => core.Cancel(task, "because", "anna", force: world.Chance(0.8)));
        }
    }

    /// <summary>What will become of an attempt: most go well.</summary>
    public RunPlan PlanOf(long task, int attempt)
    {
        var type = world.Store.Find(task)?.Task.Type;
        var micros = type switch
        {
            Short => world.Between(200, 3000),
            Quick => world.Spread(50 * SimWorld.Millisecond, 20 * SimWorld.Second),
            Minutes => world.Spread(SimWorld.Minute, 30 * SimWorld.Minute),
            _ => world.Between(60, 70) * SimWorld.Minute,
        };
        if (!world.Options.WithFaults)
        {
            return new RunPlan(RunEnd.Success, micros, false);
        }

        var draw = world.Random.NextDouble();
        var ends =
            draw < 0.03 ? RunEnd.Failure
            : draw < 0.035 ? RunEnd.FailureForGood
            : draw < 0.045 ? RunEnd.Crash
            : draw < 0.048 && type == Quick ? RunEnd.Never
            : RunEnd.Success;
        return new RunPlan(ends, micros, world.Chance(0.2));
    }
}
