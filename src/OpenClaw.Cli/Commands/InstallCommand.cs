using System.CommandLine;
using System.Runtime.InteropServices;
using OpenClaw.Cli.Install;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw install</c>: the program, its names and the systemd units in their places; says every step, can be repeated.</summary>
internal static class InstallCommand
{
    private static readonly Option<string?> Prefix = new("--prefix")
    {
        Description = "Put programs, names and units below this directory, and leave the rest of the machine alone (no root needed)",
        HelpName = "DIR",
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be done; change nothing" };

    private static readonly Option<bool> Uninstall = new("--uninstall")
    {
        Description = "Remove programs, names and units; configuration, data and logs stay",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "install",
            "Install this build: programs, names, systemd units, user and directories",
            RunAsync,
            Prefix,
            DryRun,
            Uninstall
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var prefix = invocation.Get(Prefix) is { Length: > 0 } given ? Path.GetFullPath(given) : null;
        var layout = prefix is null ? InstallLayout.OfSystem() : InstallLayout.Below(prefix);
        var dry = invocation.Get(DryRun);
        if (layout.System is not null && !OperatingSystem.IsLinux())
        {
            throw Failed("The system's own places are known for Linux alone", "Choose a directory: clw install --prefix DIR").AsException();
        }

        if (layout.System is not null && !dry && !Environment.IsPrivilegedProcess)
        {
            throw Failed(
                    $"{layout.Programs}, {layout.Units} and the user {SystemLayout.User} are made by root alone",
                    $"sudo {Environment.ProcessPath} install, or without root: clw install --prefix ~/.local"
                )
                .AsException();
        }

        var removing = invocation.Get(Uninstall);
        var done = new List<(Step Step, StepResult Result)>();
        foreach (var step in removing ? InstallPlan.Uninstall(layout) : Steps(layout))
        {
            done.Add((step, Carry(step, dry)));
            if (!invocation.Json)
            {
                Say(invocation.Terminal, done[^1].Step, done[^1].Result, dry);
            }
        }

        if (invocation.Json)
        {
            Write(invocation, done);
        }
        else if (!dry)
        {
            foreach (var line in removing ? AfterRemoval(layout) : Next(layout))
            {
                invocation.Terminal.WriteLine(line);
            }
        }

        await Task.CompletedTask;
        return (int)ExitCode.Ok;
    }

    private static IReadOnlyList<Step> Steps(InstallLayout layout)
    {
        var source = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        return InstallPlan.Install(layout, source, CopyProgram.NameOf(source, VersionCommand.Version), RuntimeHome(source));
    }

    // …/dotnet/shared/Microsoft.NETCore.App/10.0.12/
    private static string? RuntimeHome(string source)
    {
        var runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        return runtime == source ? null : Path.GetFullPath(Path.Combine(runtime, "..", "..", ".."));
    }

    private static StepResult Carry(Step step, bool dry)
    {
        try
        {
            var result = step.Look();
            if (result == StepResult.Done && !dry)
            {
                step.Do();
            }

            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed($"Could not {step.What}: {e.Message}", "Mend that and run it again: what was done stays and is not done twice")
                .AsException(e);
        }
    }

    private static Failure Failed(string message, string next) => new(Catalogue.InstallFailed, message, next);

    private static void Say(Terminal terminal, Step step, StepResult result, bool dry)
    {
        var word = result switch
        {
            StepResult.There => "there",
            StepResult.Left => "left",
            _ => dry ? "would" : "done",
        };
        terminal.WriteLine($"{word, -6} {step.What}{(step.Note is null ? "" : $": {step.Note}")}");
    }

    private static void Write(Invocation invocation, List<(Step Step, StepResult Result)> done) =>
        Json.Write(
            invocation.Terminal,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartArray("steps");
                foreach (var (step, result) in done)
                {
                    writer.WriteStartObject();
                    writer.WriteString("step", step.What);
                    writer.WriteString("result", result.ToString().ToLowerInvariant());
                    writer.WriteText("note", step.Note);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }
        );

    private static IEnumerable<string> Next(InstallLayout layout) =>
        layout.System is { } system
            ?
            [
                "",
                "next: on the manager's machine   systemctl enable --now openclaw-manager",
                $"      on a worker's machine      say where the manager is in {system.Config}/worker.yaml, then systemctl enable --now openclaw-worker",
                $"      who may use the cluster    usermod -aG {SystemLayout.User} NAME",
                "      whether all is well        clw doctor",
            ]
            : ["", $"next: put {layout.Names} on your PATH", $"      systemd units: {layout.Units} (systemctl link FILE)"];

    private static IEnumerable<string> AfterRemoval(InstallLayout layout) =>
        layout.System is { } system
            ?
            [
                "",
                $"kept: {system.Config}, {system.State}, {system.Logs} and the user {SystemLayout.User}; remove them by hand if nobody needs them",
            ]
            : [];
}
