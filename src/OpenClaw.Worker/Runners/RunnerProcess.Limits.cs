using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Limits.Cgroups;

namespace OpenClaw.Worker.Runners;

/// <summary>What holds a runner and everything below it within its limits.</summary>
/// <param name="Watch">Looks at what they use.</param>
/// <param name="Leftovers">Ends what they leave; null: process groups must do.</param>
/// <param name="Groups">Control groups for runners; null: there are none.</param>
internal sealed record RunnerFences(TreeWatch Watch, Leftovers? Leftovers = null, CgroupTree? Groups = null);

/// <summary>Marks of runners: none is given twice in the life of a worker, nor in that of the next one.</summary>
internal static class RunnerMark
{
    private static readonly string First = Guid.NewGuid().ToString("N")[..12];
    private static long given;

    public static string Next() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{First}-{Interlocked.Increment(ref given)}");
}

// The fences around a runner: watched, in its control group, and nothing left of it when it has ended.
internal sealed partial class RunnerProcess
{
    // A group is the next runner's once this one has left it: whoever uses it holds this lock, so that nobody meets the next one there.
    private readonly Lock entering = new();
    private TaskGroup? group;
    private volatile TaskGuard? guard;

    public string Mark { get; }

    public void Guard(TaskGuard? next)
    {
        guard = next;
        fences.Watch.Guard(ProcessId, next, next is null ? null : excess => events.Exceeded(this, excess));
        if (next is not null)
        {
            // Between two tasks it keeps those of the last: the next one of the same type needs no write.
            lock (entering)
            {
                group?.Limit(next);
            }
        }
    }

    // Whoever has left the process group with them.
    private void KillGroup()
    {
        lock (entering)
        {
            group?.Kill();
        }
    }

    private void Enter()
    {
        fences.Watch.Add(ProcessId, Mark);
        group = fences.Groups?.Rent(ProcessId);
    }

    // The process is reaped. What it has started and what left its group goes with it, before anybody hears of the end.
    private async Task LeaveAsync()
    {
        TaskGroup? its;
        lock (entering)
        {
            its = group;
            group = null;
        }

        if (its?.TakeKernelKill(guard) is { } excess)
        {
            events.Exceeded(this, excess);
        }

        if (its is not null)
        {
            await its.EmptyAsync(time);
            fences.Groups?.Return(its);
        }

        if (fences.Leftovers is { } leftovers)
        {
            await leftovers.EndAsync(ProcessId, Mark);
        }

        fences.Watch.Remove(ProcessId);
    }
}
