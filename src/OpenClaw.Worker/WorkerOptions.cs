using OpenClaw.Core.Settings;

namespace OpenClaw.Worker;

/// <summary>What a worker needs to know, checked. Immutable.</summary>
public sealed record WorkerOptions
{
    public required string WorkerId { get; init; }

    /// <summary>Random, kept in the state directory: tells a restart of this worker from another with the same id.</summary>
    public required string Identity { get; init; }

    /// <summary>This process. Larger for a later start of the same worker.</summary>
    public required long Incarnation { get; init; }
    public required string StateDirectory { get; init; }
    public required string PluginDirectory { get; init; }

    /// <summary>Path of the program that runs tasks; its file name is the process' name.</summary>
    public required string RunnerPath { get; init; }

    /// <summary>Tasks that run at the same time, each in a process of its own.</summary>
    public int Slots { get; init; } = 2;

    /// <summary>Short tasks that it is ready to hold beyond its slots.</summary>
    public int Prefetch { get; init; } = 4096;

    /// <summary>Whether each task has a fresh process; a plugin's manifest may say otherwise.</summary>
    public TaskIsolation Isolation { get; init; }

    /// <summary>Tasks that a runner of the pool runs before it is replaced.</summary>
    public int RecycleAfter { get; init; } = 100_000;

    /// <summary>
    /// Runners that are kept ready beside those of the slots: one for each slot when every task takes one, else one for that which crashes.
    /// </summary>
    public int Spares => Isolation == TaskIsolation.Task ? Math.Min(Slots, MostSpares) : 1;

    private const int MostSpares = 32;

    /// <summary>How long an attempt may run when its task says nothing; null: for ever.</summary>
    public TimeSpan? TaskTimeout { get; init; }

    /// <summary>From SIGTERM to SIGKILL.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Attempts that run go on however long the manager is out of reach; its fence decides.</summary>
    public bool ContinueOnLinkLoss { get; init; }

    /// <summary>A supervisor starts it again when it ends with the wish for it.</summary>
    public bool IsRestartable { get; init; }
    public string Environment { get; init; } = "default";
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string Version { get; init; } = "0.1.0";

    /// <summary>Memory that one task may hold, in bytes; null: no limit of its own.</summary>
    public long? MaxTaskMemoryBytes { get; init; }

    /// <summary>Memory of the worker with everything it runs, in bytes; null: no limit that is held here.</summary>
    public long? MaxMemoryBytes { get; init; }

    /// <summary>How the limit above came about; null: nobody asked.</summary>
    internal Limits.MemoryPlan? Memory { get; init; }

    /// <summary>Tasks run in control groups where the worker may make some.</summary>
    public bool UsesCgroups { get; init; }

    /// <summary>Processor time of one attempt; null: no limit.</summary>
    public TimeSpan? MaxCpu { get; init; }

    /// <summary>Processes and threads of one attempt; null: no limit.</summary>
    public int? MaxProcesses { get; init; }

    /// <summary>Descriptors of a process of a task; null: as the runner has.</summary>
    public long? MaxTaskOpenFiles { get; init; }

    /// <summary>Bytes of one file that a program writes; null: no limit.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>Bytes in the output directory of an attempt that runs; null: no limit.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>Processors that one attempt may keep busy; null: all.</summary>
    public double? MaxCpus { get; init; }

    /// <summary>Open files of a runner; null: as inherited.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>Bytes of a core file; 0: none.</summary>
    public long CoreBytes { get; init; }

    /// <summary>Where cores are kept, and how many.</summary>
    public OpenClaw.Abi.Crashes.CoreShelf Cores { get; init; } =
        new(OpenClaw.Abi.Crashes.CoreShelf.DefaultTemplate, 2L << 30, MostFiles: 10, MostBytes: 10L << 30);

    /// <summary>Where crash reports are kept; null: beside the state.</summary>
    public string? CrashDirectory { get; init; }

    /// <summary>0 to 1000: how readily the kernel ends a runner for lack of memory before the worker.</summary>
    public int OomScore { get; init; }

    /// <summary>What host functions of scripts may reach.</summary>
    public OpenClaw.Abi.Protocol.HostRights HostRights { get; init; } = OpenClaw.Abi.Protocol.HostRights.None;
    public long OutboxMaxBytes { get; init; } = 1L << 30;

    /// <summary>How long the output of an ended task is kept after its last change.</summary>
    public TimeSpan OutputMaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>What the output of ended tasks may have together.</summary>
    public long OutputMaxBytes { get; init; } = 10L << 30;
}
