using System.Collections.Concurrent;
using System.Globalization;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits.Cgroups;

/// <summary>
/// The worker's own part of the unified hierarchy: a leaf for the programs that are there, and below <c>clw-tasks-…</c> a group for each
/// runner. Which controllers hold there depends on who owns the hierarchy; without any a group still tells who belongs to a task, and
/// ends all of it with one write.
/// </summary>
internal sealed class CgroupTree : IDisposable
{
    /// <summary>Where the worker and its supervisor stand: a group with controllers below it must have no processes of its own.</summary>
    private const string Leaf = "clw-main";
    private const string Prefix = "clw-tasks-";

    /// <summary>Runners in a row that no group took: from then on none is asked.</summary>
    private const int MostRefused = 3;
    private static readonly string[] Wanted = ["memory", "pids", "cpu"];

    private readonly ConcurrentBag<TaskGroup> free = [];
    private readonly HashSet<string> toldOf = [];
    private int made;
    private int refused;

    private CgroupTree(string directory, IReadOnlyList<string> controllers)
    {
        Directory = directory;
        Controllers = controllers;
    }

    /// <summary>The controllers that hold for tasks: of memory, pids, cpu.</summary>
    public IReadOnlyList<string> Controllers { get; }

    public bool Has(string controller) => Controllers.Contains(controller);

    /// <summary>The directory of the tasks' groups.</summary>
    public string Directory { get; }

    /// <summary>Told of what the kernel has refused: once of each kind of file.</summary>
    public Action<string>? OnTrouble { get; set; }

    /// <summary>Makes the tree; null, and why, where that is not allowed or there is no unified hierarchy.</summary>
    /// <param name="own">The directory of this process' group.</param>
    /// <param name="process">This process: tells its tree from those of workers that are dead, of which nothing is kept.</param>
    /// <param name="mark">Tells this worker from others in the same group, through all its starts.</param>
    /// <param name="family">The processes that may be moved to the leaf: the worker and who started it.</param>
    /// <param name="why">Why there is none.</param>
    public static CgroupTree? Make(string own, int process, string mark, IReadOnlyList<int> family, out string why)
    {
        // A worker that is started again stands in the leaf that the one before it has made.
        var top = Path.GetFileName(own) == Leaf ? Path.GetDirectoryName(own)! : own;
        var tasks = Path.Combine(top, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{process}-{mark}"));
        try
        {
            Sweep(top, mark);
            System.IO.Directory.CreateDirectory(tasks);
            if (!File.Exists(Path.Combine(tasks, "cgroup.procs")))
            {
                System.IO.Directory.Delete(tasks);
                why = $"{top} is no control group";
                return null;
            }

            var offered = Words(Path.Combine(top, "cgroup.controllers")).Intersect(Wanted).ToList();
            if (offered.Count == 0)
            {
                why = "";
                return new CgroupTree(tasks, []);
            }

            // The real root alone may have processes beside controllers, and lacks this file; that of a container's part is a group like others.
            if (File.Exists(Path.Combine(top, "cgroup.type")))
            {
                MoveToLeaf(top, family);
            }

            var enabled = offered.Where(c => Enable(top, c) && Enable(tasks, c)).ToList();
            why = "";
            return new CgroupTree(tasks, enabled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message;
            return null;
        }
    }

    /// <summary>Bytes that all tasks together hold; null: not known.</summary>
    public long? Held =>
        long.TryParse(
            TryRead(Path.Combine(Directory, "memory.current"))?.Trim(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var bytes
        )
            ? bytes
            : null;

    /// <summary>Bytes that they may hold; null: no limit.</summary>
    public long? Allowed { get; private set; }

    /// <summary>What all tasks together may hold: the kernel's own fence behind the worker's.</summary>
    public void LimitAll(long? bytes)
    {
        Allowed = bytes;
        if (Has("memory"))
        {
            Write(Path.Combine(Directory, "memory.max"), bytes is { } most ? Number(most) : "max");
        }
    }

    /// <summary>A group with the runner in it, for as long as that lives; null where it cannot be had.</summary>
    public TaskGroup? Rent(int process)
    {
        if (Volatile.Read(ref refused) >= MostRefused)
        {
            return null;
        }

        if (!free.TryTake(out var group))
        {
            group = Make(Interlocked.Increment(ref made) - 1);
        }

        if (group?.Enter(process) == true)
        {
            Volatile.Write(ref refused, 0);
            return group;
        }

        if (group is not null && ProcessStat.Of(process) is null or { HasEnded: true })
        {
            // Who has ended at once enters nothing: the group is as good as before.
            free.Add(group);
            return null;
        }

        // One that takes nobody (somebody removed it) is not offered again.
        group?.Remove();
        if (Interlocked.Increment(ref refused) == MostRefused)
        {
            OnTrouble?.Invoke(
                $"the control groups at {Directory} take no processes: limits of tasks are held by looking at their processes alone"
            );
        }

        return null;
    }

    /// <summary>Writes to a file of the tasks' groups; of what is refused is told, once for each kind of file.</summary>
    internal bool Write(string file, string text)
    {
        if (TryWrite(file, text, out var why))
        {
            return true;
        }

        bool isNew;
        lock (toldOf)
        {
            isNew = toldOf.Add(Path.GetFileName(file));
        }

        if (isNew)
        {
            OnTrouble?.Invoke($"{file} does not take \"{text}\": {why}");
        }

        return false;
    }

    /// <summary>The runner has ended. A group in which something is still ending is not used again.</summary>
    public void Return(TaskGroup? group)
    {
        if (group?.IsPopulated == false)
        {
            free.Add(group);
        }
    }

    /// <summary>Groups are as many as there were runners at one time: a few more than slots.</summary>
    internal TaskGroup? Make(int number)
    {
        var path = Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"slot-{number}"));
        try
        {
            System.IO.Directory.CreateDirectory(path);
            if (Has("memory"))
            {
                // A task without one of its processes is worth nothing: the kernel ends them all.
                Write(Path.Combine(path, "memory.oom.group"), "1");
            }

            return new TaskGroup(path, this);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends what is left in the groups and removes them.</summary>
    public void Dispose() => RemoveGroup(Directory, kill: true);

    // What a worker left that was killed. Of this worker's own earlier starts everything is ended; groups of others go when they are empty.
    private static void Sweep(string top, string mark)
    {
        foreach (var group in System.IO.Directory.EnumerateDirectories(top, Prefix + "*"))
        {
            var (process, rest) = Path.GetFileName(group)[Prefix.Length..].Split('-', 2) is [var number, var its]
                ? (number, its)
                : ("", "");
            if (rest == mark || IsDead(process))
            {
                RemoveGroup(group, kill: rest == mark);
            }
        }
    }

    private static bool IsDead(string process) =>
        int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ProcessStat.Of(id) is null;

    // The worker and its supervisor. Where others stand in the group too no controller can be had for ours, and nobody is moved for nothing.
    private static void MoveToLeaf(string top, IReadOnlyList<int> family)
    {
        var there = Words(Path.Combine(top, "cgroup.procs"));
        var leaf = Path.Combine(top, Leaf);
        if (
            !Array.TrueForAll(
                there,
                p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && family.Contains(id)
            )
        )
        {
            return;
        }

        foreach (var process in there)
        {
            System.IO.Directory.CreateDirectory(leaf);
            File.WriteAllText(Path.Combine(leaf, "cgroup.procs"), process);
        }
    }

    private static bool Enable(string group, string controller)
    {
        var file = Path.Combine(group, "cgroup.subtree_control");
        return Words(file).Contains(controller) || TryWrite(file, "+" + controller);
    }

    internal static bool TryWrite(string file, string text) => TryWrite(file, text, out _);

    private static bool TryWrite(string file, string text, out string why)
    {
        try
        {
            File.WriteAllText(file, text);
            why = "";
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message;
            return false;
        }
    }

    internal static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string[] Words(string file) => (TryRead(file) ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    // Groups are directories whose files belong to the kernel: they are removed without, from the leaves up.
    internal static void RemoveGroup(string group, bool kill)
    {
        if (!System.IO.Directory.Exists(group))
        {
            return;
        }

        if (kill && File.Exists(Path.Combine(group, "cgroup.kill")))
        {
            TryWrite(Path.Combine(group, "cgroup.kill"), "1");
        }

        foreach (var child in System.IO.Directory.EnumerateDirectories(group))
        {
            RemoveGroup(child, kill: false);
        }

        try
        {
            System.IO.Directory.Delete(group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody is still ending in it: an empty group costs nothing, and the next start removes it.
        }
    }
}
