using System.Runtime.InteropServices;
using System.Threading.Channels;
using OpenClaw.V1;

namespace OpenClaw.Manager.Watch;

/// <summary>Waits for tasks to end: numbers come out as they do.</summary>
public sealed class EndWait
{
    private readonly Channel<long> ended = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Numbers of tasks that ended; one that was retried by hand in between may come again.</summary>
    public ChannelReader<long> Ended => ended.Reader;

    internal void Tell(long task) => ended.Writer.TryWrite(task);
}

/// <summary>Follows one task. A follower that reads too slowly loses the oldest progress and lines, never that the state changed.</summary>
public sealed class TaskWatch
{
    private readonly Channel<TaskEvent> events = Channel.CreateBounded<TaskEvent>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
    );
    private int changed;

    /// <summary>Progress and log lines; an event without content only wakes the reader.</summary>
    public ChannelReader<TaskEvent> Events => events.Reader;

    /// <summary>Whether the task's state changed since the last call.</summary>
    public bool TakeChanged() => Interlocked.Exchange(ref changed, 0) == 1;

    internal void Tell(TaskEvent taskEvent) => events.Writer.TryWrite(taskEvent);

    internal void TellChanged()
    {
        Volatile.Write(ref changed, 1);
        Tell(new TaskEvent());
    }
}

/// <summary>Who waits for which task. Owned by the manager's loop.</summary>
internal sealed class TaskWatchers
{
    private readonly Dictionary<long, List<EndWait>> waits = [];
    private readonly Dictionary<long, List<TaskWatch>> watches = [];
    private readonly Dictionary<long, TaskProgress> latestProgress = [];

    public void Add(EndWait wait, IReadOnlyList<long> tasks)
    {
        foreach (var task in tasks)
        {
            AddTo(waits, task, wait);
        }
    }

    public void Remove(EndWait wait, IReadOnlyList<long> tasks)
    {
        foreach (var task in tasks)
        {
            RemoveFrom(waits, task, wait);
        }
    }

    public void Add(TaskWatch watch, long task) => AddTo(watches, task, watch);

    public void Remove(TaskWatch watch, long task) => RemoveFrom(watches, task, watch);

    /// <summary>The latest progress of a task that runs, or null.</summary>
    public TaskProgress? ProgressOf(long task) => latestProgress.GetValueOrDefault(task);

    public void Progress(long task, TaskProgress progress)
    {
        latestProgress[task] = progress;
        Tell(task, new TaskEvent { Progress = progress });
    }

    public void Line(long task, TaskLogLine line)
    {
        if (watches.Count > 0)
        {
            Tell(task, new TaskEvent { Log = line });
        }
    }

    /// <summary>The task's state changed and the change is durable.</summary>
    public void Changed(long task, bool ended)
    {
        if (latestProgress.Count > 0)
        {
            latestProgress.Remove(task);
        }

        TellChanged(task);
        if (ended && waits.Count > 0 && waits.TryGetValue(task, out var waiting))
        {
            // They stay: a task that is put back into the queue before they have looked will end again.
            foreach (var wait in waiting)
            {
                wait.Tell(task);
            }
        }
    }

    /// <summary>The task runs, and that is stored. What it reported of its progress meanwhile stays.</summary>
    public void Started(long task) => TellChanged(task);

    private void TellChanged(long task)
    {
        if (watches.Count > 0 && watches.TryGetValue(task, out var followers))
        {
            foreach (var watch in followers)
            {
                watch.TellChanged();
            }
        }
    }

    private void Tell(long task, TaskEvent taskEvent)
    {
        if (watches.TryGetValue(task, out var list))
        {
            foreach (var watch in list)
            {
                watch.Tell(taskEvent);
            }
        }
    }

    private static void AddTo<T>(Dictionary<long, List<T>> map, long task, T item)
    {
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(map, task, out _);
        (list ??= []).Add(item);
    }

    private static void RemoveFrom<T>(Dictionary<long, List<T>> map, long task, T item)
    {
        if (map.TryGetValue(task, out var list) && list.Remove(item) && list.Count == 0)
        {
            map.Remove(task);
        }
    }
}
