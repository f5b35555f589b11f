using System.Globalization;
using System.Text;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Supervisor;

/// <summary>The mark of an incarnation in the environment of its processes.</summary>
/// <param name="Variable">Where we said which one it is.</param>
/// <param name="Drawn">What we said.</param>
/// <param name="Incarnation">What it calls itself: its processes for tasks carry that.</param>
internal readonly record struct Mark(string Variable, long Drawn, long Incarnation)
{
    public bool IsOn(int process) =>
        ProcessStat.VariableOf(process, Encoding.UTF8.GetBytes(Variable + "=")) == Drawn.ToString(CultureInfo.InvariantCulture)
        || ProcessStat.VariableOf(process, TaskVariable) == Incarnation.ToString(CultureInfo.InvariantCulture);

    private static readonly byte[] TaskVariable = Encoding.UTF8.GetBytes(PluginEnvironment.Incarnation + "=");
}

/// <summary>
/// Ends what dead children left behind. As their orphans come to us (we are their subreaper), a leftover is whatever descends from a
/// child of ours that we did not start; of those, what carries the mark of a living incarnation is its own affair. On macOS orphans come to
/// nobody: there a leftover is what carries the mark of the dead, and who has washed that off is not found.
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
                if (!row.HasEnded)
                {
                    _ = ProcessFamily.Kill(row);
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

    private static IReadOnlyList<ProcessStat> Find(Mark? dead, IReadOnlyList<Mark> alive)
    {
        var all = ProcessFamily.Everybody().ToList();
        var roots = OperatingSystem.IsLinux()
            ? all.Where(row => row.Parent == Environment.ProcessId && !Family.Knows(row.Id) && !IsOthers(row, dead, alive))
            : all.Where(row => dead is { } mark && mark.IsOn(row.Id) && row.Id != Environment.ProcessId);
        return ProcessFamily.With(roots, all);
    }

    private static bool IsOthers(ProcessStat row, Mark? dead, IReadOnlyList<Mark> alive) =>
        dead?.IsOn(row.Id) != true && alive.Any(mark => mark.IsOn(row.Id));
}
