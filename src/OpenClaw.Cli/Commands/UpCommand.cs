using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenClaw.Abi.Supervision;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Settings;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw up</c>: a cluster on this machine, in the foreground.</summary>
internal static class UpCommand
{
    private static readonly SettingsOptions Flags = new("cluster", "manager", "tls", "queue", "task", "worker", "log");
    private static readonly Option<int?> Port = DaemonCommands.PortOption();

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(run, "up", "Run a cluster on this machine: a manager and a worker, kept alive", RunAsync, [.. Flags.All, Port]);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var port = DaemonCommands.PortFlag(invocation, Port).Concat(Beside(invocation)).ToList();
        var loaded = Flags.Load(invocation, port);
        foreach (var notice in loaded.Notices)
        {
            invocation.Terminal.Note($"note: {notice}");
        }

        var files = invocation.Get(Options.Config) ?? [];
        var flags = Flags.Read(invocation.Parsed).Concat(port).ToList();
        var directory = RunDirectory.Take(loaded.Paths.DataDir);
        using var alone = RunDirectory.Hold(directory, out var owner) ?? throw AlreadyUp(loaded, owner).AsException();
        Occupied.Check(
            loaded.Paths.DataDir,
            $"Use the manager that runs: {Programs.Invoked} cluster status; or start a cluster beside it: {Programs.Invoked} up --data-dir DIR --port PORT",
            LocalCluster.FindAddress(loaded.Paths.DataDir)
        );
        Occupied.Check(
            Path.Combine(loaded.Paths.StateDir, "worker"),
            $"Stop that worker, or give this cluster's worker a directory of its own: {Programs.Invoked} up --state-dir DIR"
        );
        WarnOfLogs(invocation.Terminal, loaded);

        var orders = 0;
        LocalRun? running = null;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref orders) == 1)
            {
                invocation.Terminal.Note("Stopping: running tasks may end. Once more to end them now.");
                running?.Stop();
            }
            else
            {
                running?.Hurry();
            }
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        await using var run = running = LocalRun.Start(
            "up",
            directory,
            Plans.Cluster(loaded, flags, files),
            onEvent: happened => Show(invocation, happened),
            logFile: Plans.LogOfSupervisor(loaded, "up")
        );
        if (orders > 0)
        {
            // The order came while the run was not there yet to take it.
            run.Stop();
        }

        // A signal that was taken before our handler was there reaches us through the token alone, and perhaps only now.
        await using var early = invocation.Cancellation.Register(run.Stop);

        try
        {
            await run.ReadyAsync(CancellationToken.None);
        }
        catch (FailureException) when (orders > 0 || invocation.Cancellation.IsCancellationRequested)
        {
            return await run.EndedAsync();
        }

        if (!invocation.Json)
        {
            Introduce(invocation.Terminal, loaded, run);
        }

        var code = await run.EndedAsync();
        return code == 0 || run.FailureOfChildren() is not { } failure ? code : throw failure.AsException();
    }

    private static Failure AlreadyUp(LoadedSettings loaded, int? owner)
    {
        var where = LocalCluster.FindAddress(loaded.Paths.DataDir) is { } address
            ? $"A cluster is already up at {address}"
            : "A cluster is already being started";
        var pid = owner is { } number ? string.Create(CultureInfo.InvariantCulture, $", pid {number}") : "";
        var clw = Programs.Invoked;
        return new(
            Catalogue.StoreInUse,
            $"{where} with the data directory {loaded.Paths.DataDir} (clw up{pid})",
            $"Use it: {clw} cluster status{Flag(loaded)}; or start another beside it: {clw} up --data-dir DIR --port PORT"
        );
    }

    // The children write to files that nobody looks at while all is well: what they would warn of is said here.
    private static void WarnOfLogs(Terminal terminal, LoadedSettings loaded)
    {
        if (RotatingFileSink.Check(Path.Combine(loaded.Paths.LogDir, "manager.log")) is { } failure)
        {
            terminal.Note($"warning: {failure}; the cluster runs without log files");
            terminal.Note($"next: {failure.NextStep}");
        }
    }

    // A cluster beside another needs no more than a directory and a port: what was not said follows from what was.
    private static IEnumerable<SettingFlag> Beside(Invocation invocation)
    {
        var given = Flags.Read(invocation.Parsed);
        bool Said(SettingKey key) => given.Any(f => f.Path == key.Path);
        if (invocation.Has(Port) && !Said(ManagerKeys.Web))
        {
            yield return new("--web", ManagerKeys.Web.Path, "127.0.0.1:0");
        }

        if (given.FirstOrDefault(f => f.Path == ManagerKeys.DataDir.Path) is { Value: { Length: > 0 } directory })
        {
            if (!Said(WorkerKeys.StateDir))
            {
                yield return new("--state-dir", WorkerKeys.StateDir.Path, directory);
            }

            if (!Said(LogKeys.Directory))
            {
                yield return new("--log-dir", LogKeys.Directory.Path, Path.Combine(directory, "log"));
            }
        }
    }

    private static void Show(Invocation invocation, SupervisorEvent happened)
    {
        if (invocation.Json)
        {
            invocation.Terminal.WriteLine(happened.ToJson());
            invocation.Terminal.Out.Flush();
        }
    }

    private static void Introduce(Terminal terminal, LoadedSettings loaded, LocalRun run)
    {
        var address = LocalCluster.FindAddress(loaded.Paths.DataDir) ?? loaded.Settings.Manager.Listen;
        terminal.WriteLine(terminal.Bold($"OpenClaw {VersionCommand.Version} is up."));
        terminal.WriteLine();
        foreach (
            var (what, value) in new[]
            {
                ("manager", $"{address}, pid {run.Pids.GetValueOrDefault("manager")}"),
                ("worker", $"{Counted.Of(loaded.Settings.Worker.Slots, "slot")}, pid {run.Pids.GetValueOrDefault("worker")}"),
                ("plugins", loaded.Paths.PluginDir),
                ("data", loaded.Paths.DataDir),
                ("logs", loaded.Paths.LogDir),
            }
        )
        {
            terminal.WriteLine($"  {what, -9} {value}");
        }

        var where = Flag(loaded);
        var clw = Programs.Invoked;
        terminal.WriteLine();
        terminal.WriteLine("Try in another terminal:");
        terminal.WriteLine($"  {clw} task submit --type sleep --payload '{{\"ms\": 500}}' --wait{where}");
        terminal.WriteLine($"  {clw} cluster status{where}");
        terminal.WriteLine($"  {clw} task list{where}");
        terminal.WriteLine($"  {clw} logs --follow{where}");
        terminal.WriteLine();
        terminal.WriteLine("Ctrl-C stops everything; what was acknowledged is kept.");
        terminal.Flush();
    }

    // A cluster that is not at the usual place has to be named by those who want it.
    private static string Flag(LoadedSettings loaded) =>
        loaded.Settings.Find(ManagerKeys.DataDir) is { At.Kind: SourceKind.Flag, Text: { } directory } ? $" --data-dir {directory}" : "";
}
