using System.Globalization;
using System.Runtime.Versioning;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Supervisor;

/// <summary>The mark of an incarnation in the environment of its processes.</summary>
internal readonly record struct Mark(string Variable, long Incarnation)
{
    [SupportedOSPlatform("linux")]
    public bool IsOn(int process)
    {
        var value = Incarnation.ToString(CultureInfo.InvariantCulture);
        return ProcessTable.HasVariable(process, Variable, value)
            || ProcessTable.HasVariable(process, PluginEnvironment.Incarnation, value);
    }
}

/// <summary>
/// Ends what dead children left behind. As their orphans come to us (we are their subreaper), a leftover is whatever descends from a
/// child of ours that we did not start; of those, what carries the mark of a living incarnation is its own affair.
/// </summary>
internal sealed class Leftovers(TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private TaskCompletionSource reaped = New();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>To be called at every SIGCHLD: reaps, and lets whoever waits look again.</summary>
    public void Reap()
    {
        if (Family.ReapAll() > 0)
        {
            Interlocked.Exchange(ref reaped, New()).TrySetResult();
        }
    }

    /// <summary>
    /// Kills and reaps until nothing is left. Gives how many processes there were. A process that cannot be killed (it waits for a
    /// broken disk) is waited for without end: without its end there is no proof of death.
    /// </summary>
    /// <param name="dead">The mark of the incarnation that ended; null: everything that is not alive under a living mark.</param>
    /// <param name="alive">Gives the marks of the living.</param>
    /// <param name="stuck">Called once when something is still there after a while.</param>
    public async Task<int> EndAsync(Mark? dead, Func<IReadOnlyList<Mark>> alive, Action<int> stuck)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }
        var seen = new HashSet<int>();
        var pause = FirstPause;
        var begin = time.GetTimestamp();
        var told = false;
        while (true)
        {
            var signal = Volatile.Read(ref reaped).Task;
            Reap();
            var left = Find(dead, alive());
            if (left.Count == 0)
            {
                return seen.Count;
            }
            foreach (var row in left)
            {
                _ = seen.Add(row.Id);
                if (!row.IsZombie)
                {
                    Family.Kill(row.Id);
                }
            }
            if (!told && time.GetElapsedTime(begin) > TimeSpan.FromSeconds(5))
            {
                told = true;
                stuck(left[0].Id);
            }
            using var cancel = new CancellationTokenSource();
            _ = await Task.WhenAny(signal, Task.Delay(pause, time, cancel.Token));
            await cancel.CancelAsync();
            pause = pause < LongestPause ? pause * 2 : LongestPause;
        }
    }

    [SupportedOSPlatform("linux")]
    private static List<ProcessRow> Find(Mark? dead, IReadOnlyList<Mark> alive)
    {
        var rows = ProcessTable.Read();
        var children = rows.ToLookup(row => row.Parent);
        var left = new List<ProcessRow>();
        var pending = new Stack<ProcessRow>();
        foreach (var row in children[Environment.ProcessId])
        {
            if (!Family.Knows(row.Id) && !IsOthers(row, dead, alive))
            {
                pending.Push(row);
            }
        }
        while (pending.TryPop(out var row))
        {
            left.Add(row);
            foreach (var child in children[row.Id])
            {
                pending.Push(child);
            }
        }
        return left;
    }

    [SupportedOSPlatform("linux")]
    private static bool IsOthers(ProcessRow row, Mark? dead, IReadOnlyList<Mark> alive) =>
        dead?.IsOn(row.Id) != true && alive.Any(mark => mark.IsOn(row.Id));
}
