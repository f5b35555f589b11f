using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Files;
using OpenClaw.Abi.Protocol;
using OpenClaw.Abi.Supervision;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Settings;
using OpenClaw.Hosting.Stopping;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Session;

namespace OpenClaw.Worker;

/// <summary>The worker as a program.</summary>
public static partial class WorkerProgram
{
    /// <summary>The supervisor says here which incarnation it has started.</summary>
    public const string IncarnationVariable = "OPENCLAW_INCARNATION";

    /// <summary>Runs a worker until it is told to stop. Returns the exit code of the process.</summary>
    /// <param name="loaded">Checked settings.</param>
    /// <param name="runnerPath">The program that runs tasks, named <c>clw-runner</c>.</param>
    public static async Task<int> RunAsync(LoadedSettings loaded, string runnerPath)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        var grace = Phases(loaded.Settings.Worker.ShutdownGrace, loaded.Settings.Task.KillGrace);
        var restart = false;
        var code = await Daemon.RunAsync("worker", loaded, grace, context => RunAsync(context, runnerPath, () => restart = true));
        return code == (int)ExitCode.Ok && restart ? RestartWanted.ExitCode : code;
    }

    /// <summary>
    /// The grace is the time until the process has gone, whatever its tasks do: whoever stops it counts on that. So what still runs is
    /// handed back early enough to be ended.
    /// </summary>
    internal static StopOptions Phases(TimeSpan grace, TimeSpan killGrace)
    {
        var cancelling = killGrace + TimeSpan.FromSeconds(2);
        var abandoning = TimeSpan.FromSeconds(1);
        var draining = grace - cancelling - abandoning;
        return new StopOptions
        {
            Draining = draining > TimeSpan.Zero ? draining : TimeSpan.Zero,
            Cancelling = cancelling,
            Abandoning = abandoning,
        };
    }

    private static async Task<Failure?> RunAsync(DaemonContext context, string runnerPath, Action restart)
    {
        var tls = Prepare(context.Loaded, runnerPath, context.Time, context.Loggers);
        if (!tls.IsOk)
        {
            return tls.Failure;
        }

        NarrowToken(context);
        var directory = Path.Combine(context.Loaded.Paths.StateDir, "worker");
        var identity = WorkerIdentity.Take(directory, context.Loaded.Settings.Cluster.WorkerId);
        if (!identity.IsOk)
        {
            return identity.Failure;
        }

        using var held = identity.Value;
        var drawn = long.TryParse(
            Environment.GetEnvironmentVariable(IncarnationVariable),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var given
        )
            ? given
            : context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var supervised = given > 0;
        var incarnation = held.NextIncarnation(drawn);
        if (!incarnation.IsOk)
        {
            return incarnation.Failure;
        }

        // Before anybody else hears of it: whoever starts this process proves its death under the same number.
        context.Incarnation(incarnation.Value);

        await using var host = new WorkerHost(
            Options(context, held, incarnation.Value, directory, runnerPath) with
            {
                IsRestartable = supervised,
            },
            context,
            tls.Value
        );
        var failure = await host.RunAsync();
        if (host.RestartWanted)
        {
            restart();
        }

        return failure;
    }

    /// <summary>Why a worker that was started now with this would end again at once: the checks of a start. Null: it would start.</summary>
    /// <param name="request">What it was started with: files, variables and flags are read anew.</param>
    /// <param name="runnerPath">The program that runs tasks.</param>
    /// <param name="time">For certificates.</param>
    public static Failure? WhyNotStart(SettingsRequest request, string runnerPath, TimeProvider time)
    {
        var loaded = SettingsLoader.Load(request, Machine.Here);
        return loaded.IsOk ? Prepare(loaded.Value, runnerPath, time, NullLoggerFactory.Instance).Failure : loaded.Failure;
    }

    // What a start looks at before it takes anything.
    private static Result<WorkerTls> Prepare(LoadedSettings loaded, string runnerPath, TimeProvider time, ILoggerFactory loggers)
    {
        if (!File.Exists(runnerPath))
        {
            return new Failure(
                Catalogue.InitFail,
                $"The program that runs tasks is missing: {runnerPath}",
                "Install OpenClaw again: clw and clw-runner belong together"
            );
        }

        var plan = TlsPlan.Resolve(loaded, TlsRole.Worker, Machine.Here);
        return !plan.IsOk ? plan.Failure
            : ManagerReach.Check(loaded, plan.Value) is { } insecure ? insecure
            : WorkerTls.Open(plan.Value, loaded.Settings.Cluster.ManagerAddress, time, loggers);
    }

    // On the manager's machine the manager has seen to it; here it may be a copy, made with whatever mode a copy gets.
    private static void NarrowToken(DaemonContext context)
    {
        var logger = context.Loggers.CreateLogger("OpenClaw.Worker");
        var file = Path.Combine(context.Loaded.Paths.DataDir, "token");
        try
        {
            if (OwnFile.Narrow(file, ServiceGroup.IsOurs) is { } mode)
            {
                LogTokenNarrowed(logger, file, mode);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogTokenWide(logger, file, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The token file {file} could be used by others (mode {mode}) and is its owner's alone now")]
    private static partial void LogTokenNarrowed(ILogger logger, string file, string mode);

    [LoggerMessage(2, LogLevel.Warning, "The token file {file} can be used by others, and its mode cannot be changed: {why}")]
    private static partial void LogTokenWide(ILogger logger, string file, string why);

    /// <summary>Where the crash reports of this machine's programs and tasks are, below the state directory.</summary>
    public static string CrashesIn(string stateDirectory) => Path.Combine(stateDirectory, "crashes");

    /// <summary>Settings that a worker takes up while it runs.</summary>
    internal static IReadOnlyList<SettingKey> LiveKeys { get; } =
    [
        TaskKeys.Timeout,
        TaskKeys.KillGrace,
        TaskKeys.Isolation,
        TaskKeys.RecycleAfter,
        TaskKeys.MaxMemoryGb,
        TaskKeys.EnableCoreDumps,
        TaskKeys.CoreMaxBytes,
        TaskKeys.CorePath,
        TaskKeys.CoreKeep,
        TaskKeys.CoreKeepBytes,
        TaskKeys.OomScore,
        TaskKeys.MaxCpu,
        TaskKeys.MaxProcesses,
        TaskKeys.MaxOpenFiles,
        TaskKeys.MaxFileSize,
        TaskKeys.MaxOutput,
        TaskKeys.MaxCpus,
        TaskKeys.ReadRoots,
        TaskKeys.WriteRoots,
        TaskKeys.HttpHosts,
        ClusterKeys.OnLinkLossKey,
    ];

    private static readonly HashSet<SettingKey> OfManagers =
    [
        TaskKeys.MaxRetries,
        TaskKeys.MaxLosses,
        ClusterKeys.LeaseStop,
        ClusterKeys.TaskReassignAfter,
        ClusterKeys.FlapDrops,
        ClusterKeys.FlapWindow,
        ClusterKeys.FlapHold,
    ];

    /// <summary>What stands in a file for managers alone is not this program's business.</summary>
    internal static bool Uses(SettingKey key) =>
        !OfManagers.Contains(key)
        && !key.Path.StartsWith("queue.", StringComparison.Ordinal)
        && (!key.Path.StartsWith("manager.", StringComparison.Ordinal) || key == ManagerKeys.DataDir);

    private static WorkerOptions Options(
        DaemonContext context,
        WorkerIdentity identity,
        long incarnation,
        string directory,
        string runnerPath
    )
    {
        var settings = context.Loaded.Settings;
        var memory = MemoryPlan.Here(
            settings.Worker.MaxMemoryBytes,
            settings.Find(WorkerKeys.MaxMemory)?.At.ToString(),
            settings.Task.MaxMemoryBytes
        );
        var version = typeof(WorkerProgram).Assembly.GetName().Version?.ToString(3) ?? "0";
        return WithTaskSettings(
            new WorkerOptions
            {
                WorkerId = identity.Id,
                Identity = identity.Mark,
                Incarnation = incarnation,
                StateDirectory = directory,
                PluginDirectory = context.Loaded.Paths.PluginDir,
                RunnerPath = runnerPath,
                Slots = settings.Worker.Slots,
                Prefetch = settings.Worker.Prefetch,
                HeartbeatInterval = settings.Cluster.HeartbeatInterval,
                ContinueOnLinkLoss = settings.Cluster.OnLinkLoss == OnLinkLoss.Continue,
                Environment = settings.Cluster.Environment,
                Labels = settings.Cluster.Labels,
                Version = version,
                OpenFiles = settings.Worker.OpenFiles,
                CrashDirectory = CrashesIn(context.Loaded.Paths.StateDir),
                MaxMemoryBytes = memory.Bound,
                Memory = memory,
                UsesCgroups = settings.Worker.Cgroup == CgroupUse.Auto,
                OutboxMaxBytes = settings.Worker.OutboxMaxBytes,
                OutputMaxAge = settings.Worker.OutputMaxAge,
                OutputMaxBytes = settings.Worker.OutputMaxBytes,
            },
            settings.Task
        );
    }

    /// <summary>What the settings say about how a task is run: its limits and rights. A trial of a plugin takes the same.</summary>
    internal static WorkerOptions WithTaskSettings(WorkerOptions options, TaskSettings settings) =>
        options with
        {
            Isolation = settings.Isolation,
            RecycleAfter = settings.RecycleAfter == 0 ? int.MaxValue : settings.RecycleAfter,
            TaskTimeout = settings.Timeout,
            KillGrace = settings.KillGrace,
            MaxTaskMemoryBytes = settings.MaxMemoryBytes,
            CoreBytes = settings.EnableCoreDumps ? settings.CoreMaxBytes : 0,
            Cores = new CoreShelf(settings.CorePath, settings.CoreMaxBytes, settings.CoreKeep, settings.CoreKeepBytes),
            OomScore = settings.OomScore,
            MaxCpu = settings.MaxCpu,
            MaxProcesses = settings.MaxProcesses,
            MaxTaskOpenFiles = settings.MaxOpenFiles,
            MaxFileSize = settings.MaxFileSize,
            MaxOutput = settings.MaxOutput,
            MaxCpus = settings.MaxCpus,
            HostRights = new HostRights
            {
                ReadRoots = settings.ReadRoots,
                WriteRoots = settings.WriteRoots,
                HttpHosts = settings.HttpHosts,
            },
        };
}
