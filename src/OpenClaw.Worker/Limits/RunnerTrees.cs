using System.Buffers.Text;
using System.Collections.Concurrent;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Worker.Limits;

/// <summary>
/// Which processes belong to which runner: a runner leads a session, what it starts is in it or descends from one that was, and carries
/// the runner's mark in its environment. Whoever was known once stays known, also when it has left its session and lost its parent.
/// One caller looks at a time; <see cref="OwnerOf"/> may be asked by anybody.
/// </summary>
internal sealed class RunnerTrees
{
    /// <summary>After so long also those are looked at again that were somebody else's.</summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BetweenAll = TimeSpan.FromMilliseconds(100);

    /// <summary>Processes started since the last look at all: from so many on somebody may be multiplying.</summary>
    private const int Many = 50;

    private readonly ConcurrentDictionary<int, (long Started, int Runner)> owners = [];
    private readonly HashSet<int> foreign = [];
    private readonly Dictionary<int, List<ProcessStat>> members = [];
    private readonly TimeProvider time;
    private long lastProcess;
    private long allAt;
    private long refreshedAt;
    private bool begun;

    public RunnerTrees(TimeProvider time) => this.time = time;

    /// <summary>Gives the number that a process was given last; 0: not known.</summary>
    public Func<long> Last { get; init; } = LastProcess;

    /// <summary>The runner that a process belongs to; 0: none that is known.</summary>
    public int OwnerOf(ProcessStat process) =>
        owners.TryGetValue(process.Id, out var known) && known.Started == process.Started ? known.Runner : 0;

    /// <summary>The processes of each runner, its own included.</summary>
    /// <param name="runners">The runners that live, with their marks.</param>
    public IReadOnlyDictionary<int, List<ProcessStat>> Look(IReadOnlyDictionary<int, string> runners)
    {
        // Nothing on this machine was started since: then there is nobody new, and only those that are known are looked at. Nor is
        // everybody looked at for every process that some program starts, unless there are many.
        var last = Last();
        if (begun && last != 0 && (last == lastProcess || (last - lastProcess < Many && time.GetElapsedTime(allAt) < BetweenAll)))
        {
            LookAtKnown(runners);
            return members;
        }

        if (last < lastProcess)
        {
            // The numbers have begun anew: those of strangers may be a task's now.
            foreign.Clear();
        }

        LookAtAll(runners);
        allAt = time.GetTimestamp();
        lastProcess = last;
        begun = true;
        return members;
    }

    private void LookAtKnown(IReadOnlyDictionary<int, string> runners)
    {
        foreach (var runner in runners.Keys.Where(r => !members.ContainsKey(r)))
        {
            members[runner] = ProcessStat.Of(runner) is { } itself ? [itself] : [];
        }

        foreach (var (runner, processes) in members)
        {
            if (!runners.ContainsKey(runner))
            {
                members.Remove(runner);
                continue;
            }

            for (var i = processes.Count - 1; i >= 0; i--)
            {
                if (ProcessStat.Of(processes[i].Id) is { } now && now.Started == processes[i].Started)
                {
                    processes[i] = now;
                }
                else
                {
                    owners.TryRemove(processes[i].Id, out _);
                    processes.RemoveAt(i);
                }
            }
        }
    }

    private void LookAtAll(IReadOnlyDictionary<int, string> runners)
    {
        if (!begun || time.GetElapsedTime(refreshedAt) >= Refresh)
        {
            foreign.Clear();
            refreshedAt = time.GetTimestamp();
        }

        // A runner may have been seen between its start and the moment when it was told to be one.
        foreign.ExceptWith(runners.Keys);

        var rows = new Dictionary<int, ProcessStat>();
        var seen = new HashSet<int>();
        foreach (var process in ProcessStat.All())
        {
            seen.Add(process);
            if (!foreign.Contains(process) && ProcessStat.Of(process) is { } row)
            {
                rows[process] = row;
            }
        }

        members.Clear();
        foreach (var runner in runners.Keys)
        {
            members[runner] = [];
        }

        foreach (var row in rows.Values)
        {
            var owner = Find(row, rows, runners, 0);
            if (owner != 0 && members.TryGetValue(owner, out var family))
            {
                family.Add(row);
            }
            else if (owner == 0)
            {
                foreign.Add(row.Id);
            }
        }

        foreign.IntersectWith(seen);
        foreach (var gone in owners.Keys.Where(p => !seen.Contains(p)))
        {
            owners.TryRemove(gone, out _);
        }
    }

    private int Find(ProcessStat row, Dictionary<int, ProcessStat> rows, IReadOnlyDictionary<int, string> runners, int depth)
    {
        if (OwnerOf(row) is not 0 and var known)
        {
            return known;
        }

        const int deepest = 1000;
        var owner =
            runners.ContainsKey(row.Id) ? row.Id
            : runners.ContainsKey(row.Session) ? row.Session
            : row.Parent == Environment.ProcessId ? OfMark(row.Id, runners)
            : depth < deepest && rows.TryGetValue(row.Parent, out var parent) && parent.Started <= row.Started
                ? Find(parent, rows, runners, depth + 1)
            : 0;
        if (owner != 0)
        {
            owners[row.Id] = (row.Started, owner);
        }

        return owner;
    }

    /// <summary>The runner whose mark an orphan carries; 0: none.</summary>
    public static int OfMark(int process, IReadOnlyDictionary<int, string> runners)
    {
        var mark = MarkOf(process);
        return mark is null ? 0 : runners.FirstOrDefault(r => r.Value == mark).Key;
    }

    public static string? MarkOf(int process) => ProcessStat.VariableOf(process, RunnerVariable);

    private static readonly byte[] RunnerVariable = System.Text.Encoding.UTF8.GetBytes(PluginEnvironment.Runner + "=");

    /// <summary>The number that was given to a process last, as the kernel tells it beside the load; 0 when it does not.</summary>
    private static long LastProcess()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        Span<byte> buffer = stackalloc byte[128];
        var count = SmallFile.Read("/proc/loadavg", buffer);
        if (count <= 0)
        {
            return 0;
        }

        var text = buffer[..count].TrimEnd((byte)'\n');
        return Utf8Parser.TryParse(text[(text.LastIndexOf((byte)' ') + 1)..], out long last, out _) ? last : 0;
    }
}
