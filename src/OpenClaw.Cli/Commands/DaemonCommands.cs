using System.CommandLine;
using System.Globalization;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Settings;
using OpenClaw.Manager;
using OpenClaw.Worker;

namespace OpenClaw.Cli.Commands;

/// <summary>
/// <c>clw worker</c> and <c>clw manager</c>. Started by hand or by a service manager, the process becomes a supervisor that keeps the
/// program alive; started by a supervisor, it is the program.
/// </summary>
internal static class DaemonCommands
{
    private static readonly SettingsOptions WorkerFlags = new("cluster", "tls", "task", "worker", "log");
    private static readonly SettingsOptions ManagerFlags = new("manager", "tls", "queue", "log");

    private static readonly HashSet<string> ReportPaths = new(StringComparer.Ordinal)
    {
        ClusterKeys.ManagerAddress.Path,
        ClusterKeys.Insecure.Path,
        ClusterKeys.WorkerId.Path,
        TlsKeys.Mode.Path,
        TlsKeys.Ca.Path,
        TlsKeys.Cert.Path,
        TlsKeys.Key.Path,
        ManagerKeys.DataDir.Path,
        WorkerKeys.StateDir.Path,
    };

    private static readonly Option<int?> Port = PortOption();

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Check settings, plugins and the way to the manager; start nothing",
    };

    /// <summary>A port on this machine alone, short for --listen 127.0.0.1:PORT.</summary>
    public static Option<int?> PortOption() =>
        Options.Int("--port", "Listen on this port of 127.0.0.1; 0: the system chooses", 0, 65535, "PORT");

    public static Command Worker(VerbRunner run)
    {
        // The data directory is where a manager of this machine tells its address and token.
        Option[] options = [.. WorkerFlags.All, Options.DataDir, DryRun];
        var start = CommandTree.Verb(run, "start", "The same as the bare command", WorkerAsync, [.. options]);
        return CommandTree.Verb(run, "worker", "Run a worker, kept alive by a supervisor", WorkerAsync, [.. options, start]);
    }

    public static Command Manager(VerbRunner run)
    {
        Option[] options = [.. ManagerFlags.All, Port];
        var start = CommandTree.Verb(run, "start", "The same as the bare command", ManagerAsync, [.. options]);
        return CommandTree.Verb(run, "manager", "Run a manager, kept alive by a supervisor", ManagerAsync, [.. options, start]);
    }

    /// <summary>Those of the flags that <c>clw manager</c> knows.</summary>
    internal static IEnumerable<SettingFlag> OfManager(IEnumerable<SettingFlag> flags) => flags.Where(ManagerFlags.Takes);

    /// <summary>Those of the flags that <c>clw worker</c> knows.</summary>
    internal static IEnumerable<SettingFlag> OfWorker(IEnumerable<SettingFlag> flags) =>
        flags.Where(f => WorkerFlags.Takes(f) || f.Path == ManagerKeys.DataDir.Path);

    /// <summary>Those of the flags that a report of a worker's death needs too.</summary>
    internal static IEnumerable<SettingFlag> OfReport(IEnumerable<SettingFlag> flags) => flags.Where(f => ReportPaths.Contains(f.Path));

    private static async Task<int> WorkerAsync(Invocation invocation)
    {
        List<SettingFlag> directory = invocation.Get(Options.DataDir) is { } given
            ? [new("--data-dir", ManagerKeys.DataDir.Path, given)]
            : [];
        var loaded = WorkerFlags.Load(invocation, directory);
        if (invocation.Get(DryRun))
        {
            return await WorkerDryRun.RunAsync(invocation, loaded);
        }

        if (IsSupervised())
        {
            return await WorkerProgram.RunAsync(loaded, Programs.Runner);
        }

        Occupied.Check(
            Path.Combine(loaded.Paths.StateDir, "worker"),
            $"Look at the one that runs: {Programs.Invoked} health; or start another beside it, with a directory of its own: --state-dir DIR"
        );
        var files = invocation.Get(Options.Config) ?? [];
        var flags = WorkerFlags.Read(invocation.Parsed).Concat(directory).ToList();
        var connection = Plans.Words(OfReport(flags), files);
        return Become(
            invocation,
            RunDirectory.Take(loaded.Paths.StateDir),
            new SupervisorPlan
            {
                Name = "worker",
                Children = [Plans.Worker(loaded, Plans.Words(flags, files), connection)],
                LogFile = Plans.LogOfSupervisor(
                    loaded,
                    Components.Worker + LogShare.Suffix(loaded.Paths.LogDir, Components.Worker, loaded.Paths.StateDir)
                ),
            }
        );
    }

    private static async Task<int> ManagerAsync(Invocation invocation)
    {
        var port = PortFlag(invocation, Port);
        var loaded = ManagerFlags.Load(invocation, port);
        if (IsSupervised())
        {
            return await ManagerProgram.RunAsync(loaded);
        }

        Occupied.Check(
            loaded.Paths.DataDir,
            $"Use the one that runs: {Programs.Invoked} cluster status; or start another beside it: --data-dir DIR --port PORT",
            LocalCluster.FindAddress(loaded.Paths.DataDir)
        );
        var words = Plans.Words([.. ManagerFlags.Read(invocation.Parsed), .. port], invocation.Get(Options.Config) ?? []);
        return Become(
            invocation,
            RunDirectory.Take(loaded.Paths.DataDir),
            new SupervisorPlan
            {
                Name = "manager",
                Children = [Plans.Manager(loaded, words)],
                LogFile = Plans.LogOfSupervisor(loaded, "manager"),
            }
        );
    }

    /// <summary>The flag that a port means. With --listen it would be a second value for one key.</summary>
    internal static IReadOnlyList<SettingFlag> PortFlag(Invocation invocation, Option<int?> option) =>
        invocation.Get(option) is { } port
            ? [new("--listen", ManagerKeys.Listen.Path, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"))]
            : [];

    private static bool IsSupervised()
    {
        var supervised = Environment.GetEnvironmentVariable(Plans.SupervisedVariable) == "1";
        // Nobody below believes it of himself.
        Environment.SetEnvironmentVariable(Plans.SupervisedVariable, null);
        return supervised;
    }

    // This process goes on as the supervisor: one process less, and signals reach it as they reached us.
    private static int Become(Invocation invocation, string directory, SupervisorPlan plan)
    {
        var file = RunDirectory.Write(directory, plan);
        invocation.Terminal.Flush();
        var error = Exec.Replace(Programs.Supervisor, ["clw-supervisor", file], ChildStart.InheritedEnvironment());
        throw new Failure(
            Catalogue.InitFail,
            $"{Programs.Supervisor} cannot be started: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}",
            "Install OpenClaw again: clw and clw-supervisor belong together"
        ).AsException();
    }
}
