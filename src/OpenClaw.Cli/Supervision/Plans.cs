using OpenClaw.Abi.Supervision;
using OpenClaw.Cli.Commands;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Supervision;

/// <summary>What a supervisor is told to keep alive. Children get the flags of the command line; files and variables they read themselves.</summary>
internal static class Plans
{
    /// <summary>Tells a program that it is somebody's child: it runs in place.</summary>
    public const string SupervisedVariable = "OPENCLAW_SUPERVISED";

    /// <summary>Beyond the time that a program takes to stop by its own account.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    /// <summary>A manager, and when it is ready a worker.</summary>
    public static IReadOnlyList<ChildPlan> Cluster(LoadedSettings loaded, IReadOnlyList<SettingFlag> flags, IReadOnlyList<string> files) =>
        [
            Manager(loaded, Words(DaemonCommands.OfManager(flags), files)),
            Worker(loaded, Words(DaemonCommands.OfWorker(flags), files), Words(DaemonCommands.OfReport(flags), files)) with
            {
                StartAfter = ["manager"],
            },
        ];

    public static ChildPlan Manager(LoadedSettings loaded, IReadOnlyList<string> args) =>
        new()
        {
            Name = "manager",
            Path = Programs.Link("clw-manager"),
            Argv0 = "clw-manager",
            Args = args,
            Env = Supervised(loaded, "manager"),
            Crashes = CrashPlans.Of(loaded, "manager"),
            GraceSeconds = (loaded.Settings.Manager.ShutdownGrace + Slack).TotalSeconds,
            CrashCode = Catalogue.ManagerCrash.Code,
            Restart = Restart(loaded),
        };

    /// <param name="loaded">Graces and restarts.</param>
    /// <param name="args">Flags of the worker.</param>
    /// <param name="connection">Those of them that say where the manager is: a death is reported there.</param>
    public static ChildPlan Worker(LoadedSettings loaded, IReadOnlyList<string> args, IReadOnlyList<string> connection) =>
        new()
        {
            Name = "worker",
            Path = Programs.Link("clw-worker"),
            Argv0 = "clw-worker",
            Args = args,
            Env = Supervised(loaded, "worker"),
            Crashes = CrashPlans.Of(loaded, "worker"),
            GraceSeconds = (loaded.Settings.Worker.ShutdownGrace + loaded.Settings.Task.KillGrace + Slack).TotalSeconds,
            Restart = Restart(loaded),
            OnDeath =
            [
                Programs.Clw,
                "internal",
                "report-death",
                "--incarnation",
                "{incarnation}",
                "--code",
                "{code}",
                "--cause",
                "exit code {code}, signal {signal}",
                .. connection,
            ],
        };

    /// <summary>Where a supervisor keeps what it says. The programs below it show it to who reads the cluster's logs.</summary>
    public static string LogOfSupervisor(LoadedSettings loaded, string name) => Path.Combine(loaded.Paths.LogDir, $"supervisor.{name}.log");

    /// <summary>Flags as words of a command line.</summary>
    public static IReadOnlyList<string> Words(IEnumerable<SettingFlag> flags, IEnumerable<string> configFiles) =>
        [.. flags.Select(f => $"{f.Flag}={f.Value}"), .. configFiles.Select(f => $"--config={Path.GetFullPath(f)}")];

    private static Dictionary<string, string> Supervised(LoadedSettings loaded, string child) =>
        new([new(SupervisedVariable, "1"), .. CrashPlans.Environment(loaded, child)], StringComparer.Ordinal);

    private static RestartPolicy Restart(LoadedSettings loaded) =>
        new() { Max = loaded.Settings.Worker.RespawnAttempts, WindowSeconds = loaded.Settings.Worker.RespawnWindow.TotalSeconds };
}
