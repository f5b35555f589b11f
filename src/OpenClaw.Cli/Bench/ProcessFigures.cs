using System.Globalization;

namespace OpenClaw.Cli.Bench;

/// <summary>What a program of the cluster has used so far.</summary>
/// <param name="CpuMicros">CPU, with that of children that ended.</param>
/// <param name="PssBytes">Memory: its own pages, and its share of those that it shares.</param>
/// <param name="Processes">How many processes it is.</param>
internal readonly record struct ProgramUse(double CpuMicros, long PssBytes, int Processes)
{
    public static ProgramUse operator +(ProgramUse a, ProgramUse b) =>
        new(a.CpuMicros + b.CpuMicros, a.PssBytes + b.PssBytes, a.Processes + b.Processes);
}

/// <summary>
/// Reads from /proc what the programs of a cluster on this machine use: by role, from the process numbers of manager and workers.
/// Nothing where there is no /proc.
/// </summary>
internal sealed class ProcessFigures(IReadOnlyCollection<int> managers, IReadOnlyCollection<int> workers)
{
    public const string Manager = "manager";
    public const string Store = "manager: store";
    public const string Worker = "worker";
    public const string Runners = "runners";
    public const string Supervisor = "supervisor";
    public const string Client = "client";

    /// <summary>The order in which they are shown.</summary>
    public static IReadOnlyList<string> Roles { get; } = [Client, Manager, Store, Worker, Runners, Supervisor];

    /// <summary>Linux counts CPU in ticks of this length.</summary>
    private const double TickMicros = 10_000;

    private const string StoreThread = "store-writer";
    private const string SupervisorName = "clw-supervisor";

    public IReadOnlyCollection<int> Workers => workers;

    /// <summary>CPU and, where asked for, memory (which takes the kernel some milliseconds for each process).</summary>
    public Dictionary<string, ProgramUse> Read(bool memory)
    {
        var used = new Dictionary<string, ProgramUse>(StringComparer.Ordinal);
        void Add(string role, ProgramUse use) => used[role] = used.GetValueOrDefault(role) + use;

        var processes = All();
        var supervisors = new HashSet<int>();
        foreach (var (role, pids) in new[] { (Manager, managers), (Worker, workers) })
        {
            foreach (var pid in pids)
            {
                if (!processes.TryGetValue(pid, out var process))
                {
                    continue;
                }

                Add(role, Use(pid, process.OwnTicks, memory));
                if (processes.TryGetValue(process.Parent, out var parent) && parent.Name == SupervisorName)
                {
                    supervisors.Add(process.Parent);
                }

                if (role == Worker)
                {
                    // Runners come and go: those that are gone are in their parent's account.
                    Add(Runners, new(process.ChildTicks * TickMicros, 0, 0));
                    foreach (var (child, figures) in Below(processes, pid))
                    {
                        Add(Runners, Use(child, figures.OwnTicks + figures.ChildTicks, memory));
                    }
                }
                else if (StoreThreadTicks(pid) is { } ticks)
                {
                    Add(Store, new(ticks * TickMicros, 0, 0));
                }
            }
        }

        foreach (var pid in supervisors)
        {
            Add(Supervisor, Use(pid, processes[pid].OwnTicks, memory));
        }

        if (used.Count > 0)
        {
            Add(Client, new(Environment.CpuUsage.TotalTime.TotalMicroseconds, 0, 1));
        }

        return used;
    }

    /// <summary>What the cluster's programs hold at this moment, by role. A process that ends meanwhile is left out.</summary>
    public Dictionary<string, Holding> Hold()
    {
        var held = new Dictionary<string, Holding>(StringComparer.Ordinal);
        var processes = All();
        var supervisors = managers.Concat(workers).Select(p => processes.GetValueOrDefault(p)?.Parent ?? 0).Distinct();
        Add(Manager, managers);
        Add(Worker, workers);
        Add(Runners, workers.SelectMany(w => Below(processes, w)).Select(p => p.Pid));
        Add(Supervisor, supervisors.Where(p => processes.GetValueOrDefault(p)?.Name == SupervisorName));
        return held;

        void Add(string role, IEnumerable<int> pids)
        {
            foreach (var holding in pids.Select(Holding.Of).OfType<Holding>())
            {
                held[role] = held.GetValueOrDefault(role) + holding;
            }
        }
    }

    private static ProgramUse Use(int pid, long ticks, bool memory) => new(ticks * TickMicros, memory ? Pss(pid) : 0, 1);

    private static IEnumerable<(int Pid, Figures Figures)> Below(Dictionary<int, Figures> processes, int pid)
    {
        foreach (var (child, figures) in processes.Where(p => p.Value.Parent == pid))
        {
            yield return (child, figures);
            foreach (var deeper in Below(processes, child))
            {
                yield return deeper;
            }
        }
    }

    private static Dictionary<int, Figures> All()
    {
        var all = new Dictionary<int, Figures>();
        if (!Directory.Exists("/proc/self"))
        {
            return all;
        }

        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid)
                && ReadStat(Path.Combine(path, "stat")) is { } figures
            )
            {
                all[pid] = figures;
            }
        }

        return all;
    }

    private static long? StoreThreadTicks(int pid)
    {
        try
        {
            return Directory
                .EnumerateDirectories($"/proc/{pid}/task")
                .Select(path => ReadStat(Path.Combine(path, "stat")))
                .FirstOrDefault(thread => thread?.Name == StoreThread)
                ?.OwnTicks;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // See proc_pid_stat(5): the name stands in brackets and may hold anything; the rest is words.
    private static Figures? ReadStat(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')];
            var words = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Number(int field) => long.Parse(words[field - 3], CultureInfo.InvariantCulture);
            return new(name, (int)Number(4), Number(14) + Number(15), Number(16) + Number(17));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended between the listing and the look.
            return null;
        }
    }

    private static long Pss(int pid)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                {
                    return long.Parse(line[4..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or another user's.
        }

        return 0;
    }

    private sealed record Figures(string Name, int Parent, long OwnTicks, long ChildTicks);
}
