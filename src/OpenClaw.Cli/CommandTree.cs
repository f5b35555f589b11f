using System.CommandLine;
using OpenClaw.Cli.Commands;
using OpenClaw.Cli.Commands.Certs;
using OpenClaw.Cli.Commands.Cluster;
using OpenClaw.Cli.Commands.Demo;
using OpenClaw.Cli.Commands.Logs;
using OpenClaw.Cli.Commands.Metrics;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli;

/// <summary>Carries a verb out, given what was parsed.</summary>
public delegate Task<int> VerbRunner(ParseResult parsed, Func<Invocation, Task<int>> verb);

/// <summary>Every verb of <c>clw</c>, in the order of the help.</summary>
public static class CommandTree
{
    /// <summary>Of <c>clw health</c> alone: a container asks with it every few seconds, and does not pay for the verbs that it does not use.</summary>
    public static RootCommand BuildHealth(VerbRunner run) => new("") { HealthCommand.Create(run), Options.Json };

    public static RootCommand Build(VerbRunner run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var root = new RootCommand("Runs work on many machines, keeps every connection alive and every failure explained.")
        {
            DemoCommand.Create(run),
            UpCommand.Create(run),
            DaemonCommands.Manager(run),
            DaemonCommands.Worker(run),
            TaskCommands.Create(run),
            ClusterCommands.Create(run),
            ClusterCommands.Status(run),
            HealthCommand.Create(run),
            DoctorCommand.Create(run),
            LogsCommand.Create(run),
            DiagCommand.Create(run),
            MetricsCommand.Create(run),
            PluginCommands.Create(run),
            CertsCommands.Create(run),
            BenchCommand.Create(run),
            ExplainCommand.Create(run),
            ConfigCommands.Debug(run),
            ConfigCommands.Validate(run),
            InstallCommand.Create(run),
            CompletionCommand.Create(run),
            VersionCommand.Create(run),
            InternalCommands.Create(run),
        };
        root.Add(HelpCommand.Create(run, root));
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Add(VersionCommand.Flag);
        root.Add(Options.Json);
        root.SetAction((parsed, _) => run(parsed, i => VersionCommand.RootAsync(root, i)));
        return root;
    }

    /// <summary>A verb with its arguments, options and body.</summary>
    internal static Command Verb(VerbRunner run, string name, string description, Func<Invocation, Task<int>> body, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    command.Add(option);
                    break;
                case Argument argument:
                    command.Add(argument);
                    break;
                case Command sub:
                    command.Add(sub);
                    break;
            }
        }

        command.SetAction((parsed, _) => run(parsed, body));
        return command;
    }
}
