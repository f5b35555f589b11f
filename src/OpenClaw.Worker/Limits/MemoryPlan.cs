using OpenClaw.Abi;
using OpenClaw.Worker.Limits.Cgroups;

namespace OpenClaw.Worker.Limits;

/// <summary>What the worker with everything it runs may hold, and who says so. Pure.</summary>
/// <param name="Bound">Bytes that the worker holds itself to; null: nothing but the machine bounds it.</param>
/// <param name="Sentence">For the log, at the start.</param>
/// <param name="Warning">What does not fit together; null: all does.</param>
internal sealed record MemoryPlan(long? Bound, string Sentence, string? Warning)
{
    /// <param name="wanted"><c>worker.max_memory</c> in bytes; null when it is not set.</param>
    /// <param name="source">Who set it: a flag, a variable, a place in a file.</param>
    /// <param name="container">The limit of the control group that the worker stands in, and its file.</param>
    /// <param name="machine">What the machine has; null: not known.</param>
    /// <param name="task"><c>task.max_memory_gb</c> in bytes.</param>
    public static MemoryPlan Of(long? wanted, string? source, (long Bytes, string File)? container, long? machine, long? task)
    {
        var ofTask = task is { } one ? $", {ByteSize.Text(one)} for each task" : ", no limit for a single task";
        var ofMachine = machine is { } whole ? $" (the machine has {ByteSize.Text(whole)})" : "";
        if (wanted is { } own && !(container?.Bytes < own))
        {
            var beyond =
                machine < own ? $"worker.max_memory allows {ByteSize.Text(own)}, and the machine has {ByteSize.Text(machine.Value)}" : null;
            return new(
                own,
                $"Memory: {ByteSize.Text(own)} for the worker with all its tasks, by {source ?? "its settings"}{ofMachine}{ofTask}",
                beyond
            );
        }

        if (container is { } limit && !(machine <= limit.Bytes))
        {
            return new(
                limit.Bytes,
                $"Memory: {ByteSize.Text(limit.Bytes)} for the worker with all its tasks, by its control group ({limit.File}){ofMachine}{ofTask}",
                wanted is { } more
                    ? $"worker.max_memory allows {ByteSize.Text(more)}, and the control group {ByteSize.Text(limit.Bytes)}: the smaller one holds"
                    : null
            );
        }

        return new(
            null,
            $"Memory: no limit is set (worker.max_memory, --max-mem), the worker with all its tasks may take what is free{ofMachine}{ofTask}",
            null
        );
    }

    /// <summary>Of the machine that this runs on.</summary>
    public static MemoryPlan Here(long? wanted, string? source, long? task) => Of(wanted, source, ContainerLimit(), MachineBytes(), task);

    /// <summary>Where this process stands; null where there are no control groups.</summary>
    public static CgroupPlace? Place() =>
        OperatingSystem.IsLinux()
        && CgroupTree.TryRead("/proc/self/mountinfo") is { } mounts
        && CgroupTree.TryRead("/proc/self/cgroup") is { } groups
            ? CgroupPlace.Of(mounts, groups)
            : null;

    private static (long Bytes, string File)? ContainerLimit() => Place()?.MemoryLimit(CgroupTree.TryRead);

    private static long? MachineBytes()
    {
        var line = CgroupTree
            .TryRead("/proc/meminfo")
            ?.Split('\n')
            .FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
        return
            line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, ..]
            && long.TryParse(kilobytes, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value * 1024
            : null;
    }
}
