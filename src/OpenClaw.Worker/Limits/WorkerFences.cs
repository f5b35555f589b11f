using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Worker.Limits.Cgroups;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Limits;

/// <summary>
/// Everything that holds tasks within their limits, put together once for a worker: control groups where it may make some, the look at
/// processes, and the end of what tasks leave.
/// </summary>
internal sealed partial class WorkerFences : IDisposable
{
    private readonly WorkerOptions options;
    private readonly ILogger logger;
    private readonly TreeWatch watch;
    private readonly Leftovers leftovers;
    private readonly CgroupTree? groups;
    private volatile bool adopts;

    /// <param name="options">The worker's.</param>
    /// <param name="time">When is looked.</param>
    /// <param name="shorten">Told when the worker's own memory gets short, and when it is no longer.</param>
    /// <param name="logger">Where it is told how limits are held here.</param>
    public WorkerFences(WorkerOptions options, TimeProvider time, Action<bool> shorten, ILogger logger)
    {
        this.options = options;
        this.logger = logger;
        watch = new TreeWatch(
            time,
            options.MaxMemoryBytes is { } bytes ? new WorkerBound(bytes, shorten) : null,
            e => LogProcessesUnknown(logger, e.Message)
        );
        leftovers = new Leftovers(watch, time, logger);
        groups = options.UsesCgroups ? MakeGroups(out whyNoGroups) : null;
        Runners = new RunnerFences(watch, leftovers, groups);
    }

    private readonly string whyNoGroups = "worker.cgroup is off";

    /// <summary>Those around every runner.</summary>
    public RunnerFences Runners { get; }

    /// <summary>From now on orphans of tasks come to this process, where that is possible; null where not. Ends with the run.</summary>
    public IDisposable? Begin()
    {
        if (options.Memory is { } memory)
        {
            LogMemory(logger, memory.Sentence);
            if (memory.Warning is { } warning)
            {
                LogMemoryWarning(logger, warning);
            }
        }

        if (options.MaxMemoryBytes is { } bytes && bytes < OwnBytes(options.Slots))
        {
            LogMemoryWarning(
                logger,
                $"{ByteSize.Text(bytes)} leave little for tasks: the worker and its {options.Slots} processes take about {ByteSize.Text(OwnBytes(options.Slots))} themselves"
            );
        }

        if (ResourceLimits.AskForOpenFiles(options.OpenFiles) is { } refused)
        {
            LogMemoryWarning(logger, $"worker.open_files (ULIMIT_NOFILE): {refused}");
        }

        LogHeldBy(logger, HeldBy());
        if (!OperatingSystem.IsLinux() || !Subreaper.Enable())
        {
            return null;
        }

        adopts = true;
        return PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Family.ReapAll());
    }

    /// <summary>Ends what tasks that have ended left. Ten times a second; costs a small file.</summary>
    public void Tick()
    {
        if (adopts)
        {
            leftovers.Look();
        }
    }

    // Measured: some 100 MiB for the worker, 30 for each runner.
    private static long OwnBytes(int slots) => (100L + (30L * slots)) << 20;

    public void Dispose()
    {
        watch.Dispose();
        groups?.Dispose();
    }

    private string HeldBy() =>
        groups is null ? $"by looking at their processes (no control groups: {whyNoGroups})"
        : groups.Controllers.Count == 0
            ? $"by looking at their processes; control groups at {groups.Directory} have no controllers and serve to end what tasks leave"
        : $"by control groups at {groups.Directory} ({string.Join(", ", groups.Controllers)}), and by looking at their processes";

    private CgroupTree? MakeGroups(out string why)
    {
        if (MemoryPlan.Place() is not { Unified: { } own })
        {
            why = "this system has no unified hierarchy";
            return null;
        }

        var tree = CgroupTree.Make(
            own,
            Environment.ProcessId,
            options.Identity.Length > 12 ? options.Identity[..12] : options.Identity,
            OwnFamily(),
            out why
        );
        if (tree is null)
        {
            return null;
        }

        tree.OnTrouble = what => LogMemoryWarning(logger, what);
        tree.LimitAll(options.MaxMemoryBytes);
        if (options.MaxCpus is not null && !tree.Has("cpu"))
        {
            LogMemoryWarning(logger, "task.max_cpus is not held here: the worker has no control group with the controller cpu");
        }

        return tree;
    }

    // Those that may be moved to another group: who started a worker by hand is somebody's shell, and stays where it is.
    private static IReadOnlyList<int> OwnFamily()
    {
        var parent = ParentDeath.ParentId;
        return CgroupTree.TryRead($"/proc/{parent}/comm")?.TrimEnd() == Supervisor
            ? [Environment.ProcessId, parent]
            : [Environment.ProcessId];
    }

    private const string Supervisor = "clw-supervisor";

    [LoggerMessage(1, LogLevel.Information, "{sentence}")]
    private static partial void LogMemory(ILogger logger, string sentence);

    [LoggerMessage(2, LogLevel.Warning, "{warning}")]
    private static partial void LogMemoryWarning(ILogger logger, string warning);

    [LoggerMessage(3, LogLevel.Information, "Limits of tasks are held {how}")]
    private static partial void LogHeldBy(ILogger logger, string how);

    [LoggerMessage(4, LogLevel.Warning, "The processes of this machine cannot be looked up, so limits of tasks are not held: {why}")]
    private static partial void LogProcessesUnknown(ILogger logger, string why);
}
