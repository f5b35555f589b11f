using System.Globalization;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits.Cgroups;

/// <summary>The control group of a slot, used by one runner after the other. Thread-safe but for <see cref="Enter"/>.</summary>
internal sealed class TaskGroup
{
    /// <summary>Threads of a runner of ours while a script runs in it.</summary>
    private const int RunnersOwnThreads = 32;
    private const int PeriodMicros = 100_000;

    private readonly string path;
    private readonly CgroupTree tree;
    private readonly Lock gate = new();
    private (long? Memory, int? Processes, double? Cpus) held;
    private Counts before;

    internal TaskGroup(string path, CgroupTree tree)
    {
        this.path = path;
        this.tree = tree;
    }

    /// <summary>How often the kernel has ended a process of the group, and how often the group itself was at its limit.</summary>
    private readonly record struct Counts(long Kills, long AtLimit);

    /// <summary>Moves a runner that has just been started into the group. False: it stays where it is.</summary>
    public bool Enter(int process)
    {
        Limit(null);
        before = Events();
        return CgroupTree.TryWrite(File("cgroup.procs"), CgroupTree.Number(process));
    }

    /// <summary>Holds the group to what its runner is watched for.</summary>
    public void Limit(TaskGuard? guard)
    {
        (long?, int?, double?) wanted = guard switch
        {
            null => default,
            { IsProgram: true } => (guard.MemoryBytes, guard.Processes, guard.Cpus),
            _ => (guard.MemoryBytes + TaskGuard.RunnersOwnBytes, guard.Processes + RunnersOwnThreads, guard.Cpus),
        };
        lock (gate)
        {
            held.Memory = Set("memory", "memory.max", held.Memory, wanted.Item1, v => CgroupTree.Number(v));
            held.Processes = Set("pids", "pids.max", held.Processes, wanted.Item2, v => CgroupTree.Number(v));
            held.Cpus = Set(
                "cpu",
                "cpu.max",
                held.Cpus,
                wanted.Item3,
                v => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1000, (long)(v * PeriodMicros))} {PeriodMicros}"),
                "max " + PeriodMicros.ToString(CultureInfo.InvariantCulture)
            );
        }
    }

    /// <summary>
    /// Whether the kernel has ended something of the group for memory since its runner entered; read once. What it was is the limit of the
    /// task when the group was at its own, else that of the worker.
    /// </summary>
    public Excess? TakeKernelKill(TaskGuard? guard)
    {
        var now = Events();
        var last = before;
        before = now;
        if (now.Kills <= last.Kills || guard is null)
        {
            return null;
        }

        var peak = Read("memory.peak");
        return now.AtLimit > last.AtLimit && guard.MemoryBytes is { } limit
            ? new Excess(
                ExcessKind.Memory,
                guard.Handle,
                Math.Max(limit, Math.Min(peak ?? limit, limit + TaskGuard.RunnersOwnBytes)),
                limit
            )
            : new Excess(ExcessKind.WorkerMemory, guard.Handle, tree.Held ?? peak ?? 0, tree.Allowed ?? 0) { Share = peak ?? 0 };
    }

    /// <summary>It is of no use any more.</summary>
    public void Remove() => CgroupTree.RemoveGroup(path, kill: false);

    /// <summary>Ends everything in the group, whatever session or parent it has.</summary>
    public void Kill()
    {
        if (CgroupTree.TryWrite(File("cgroup.kill"), "1"))
        {
            return;
        }

        // A kernel before 5.14: one by one, and again until nobody is there (the caller does that).
        foreach (var process in (CgroupTree.TryRead(File("cgroup.procs")) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 1)
            {
                Family.Kill(id);
            }
        }
    }

    /// <summary>Whether a process is in it.</summary>
    public bool IsPopulated => Value(CgroupTree.TryRead(File("cgroup.events")), "populated") > 0;

    /// <summary>The runner has ended: ends what it left, and waits until nothing is there. False: something is there still.</summary>
    public ValueTask<bool> EmptyAsync(TimeProvider time) =>
        Insistence.UntilGoneAsync(
            () =>
            {
                var isGone = !IsPopulated;
                if (!isGone)
                {
                    Kill();
                }

                return isGone;
            },
            time
        );

    private Counts Events()
    {
        var text = tree.Has("memory") ? CgroupTree.TryRead(File("memory.events")) : null;
        return new Counts(Value(text, "oom_kill"), Value(text, "oom"));
    }

    private long? Read(string file) =>
        long.TryParse(CgroupTree.TryRead(File(file))?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    /// <summary>The number behind a name in a file of such lines; 0 when it has none.</summary>
    internal static long Value(string? text, string name)
    {
        foreach (var line in (text ?? "").Split('\n'))
        {
            if (line.Split(' ') is [var key, var value] && key == name)
            {
                return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            }
        }

        return 0;
    }

    private string File(string name) => Path.Combine(path, name);

    // Gives what holds now: what the kernel refuses is tried again with the next attempt.
    private T? Set<T>(string controller, string file, T? was, T? wanted, Func<T, string> text, string none = "max")
        where T : struct
    {
        if (!tree.Has(controller) || EqualityComparer<T?>.Default.Equals(was, wanted))
        {
            return was;
        }

        return tree.Write(File(file), wanted is { } value ? text(value) : none) ? wanted : was;
    }
}
