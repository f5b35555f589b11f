using System.CommandLine;
using OpenClaw.Cli.Commands.Logs;
using OpenClaw.Cli.Diag;
using OpenClaw.Cli.Shell;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary>
/// <c>clw diag</c>: everything that somebody who helps will ask for, in one text: crashes, cores, limits, settings, the cluster, what the
/// doctor finds, logs. Starts nothing, changes nothing, needs no right that the user has not. Exit 0 when the report could be written.
/// </summary>
internal static class DiagCommand
{
    private static readonly Option<bool> WorkerLogs = new("--worker-logs")
    {
        Description = "With the logs of this machine's worker, its supervisor and its connection",
    };

    private static readonly Option<string?> Cores = new("--cores")
    {
        Description = "Where cores are looked for [the directory of task.core_path]",
        HelpName = "DIR",
    };

    private static readonly Option<string> Since = new("--since")
    {
        Description = "What happened since then alone: 1h, 30m, 10:30, 2024-01-15T10:23:45Z (UTC)",
        HelpName = "TIME",
        DefaultValueFactory = _ => "24h",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "diag",
            "Collect what is known of crashes and trouble on this machine into one report",
            RunAsync,
            [WorkerLogs, Cores, Since, .. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var request = new DiagRequest
        {
            Settings = SettingsRequest.OfProcess(invocation.Get(Options.Config) ?? [], ClusterSession.Flags(invocation)),
            Since = LogsCommand.TimeOf(invocation.Get(Since)!, invocation.Time.GetUtcNow()),
            Cores = invocation.Get(Cores),
            WorkerLogs = invocation.Get(WorkerLogs),
        };
        var sections = new DiagRun(invocation, request).SectionsAsync();
        if (invocation.Json)
        {
            await WriteAsync(invocation.Terminal, sections);
        }
        else
        {
            await PrintAsync(invocation.Terminal, sections);
        }

        return 0;
    }

    private static async Task PrintAsync(Terminal terminal, IAsyncEnumerable<DiagSection> sections)
    {
        var first = true;
        await foreach (var section in sections)
        {
            if (!first)
            {
                terminal.WriteLine();
            }

            first = false;
            terminal.WriteLine(terminal.Bold($"== {section.Title} =="));
            foreach (var line in section.Lines)
            {
                terminal.WriteLine(line);
            }
        }
    }

    private static async Task WriteAsync(Terminal terminal, IAsyncEnumerable<DiagSection> sections)
    {
        var all = new List<DiagSection>();
        await foreach (var section in sections)
        {
            all.Add(section);
        }

        Json.Write(
            terminal,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartArray("sections");
                foreach (var section in all)
                {
                    writer.WriteStartObject();
                    writer.WriteString("title", section.Title);
                    writer.WriteStartArray("lines");
                    foreach (var line in section.Lines)
                    {
                        writer.WriteStringValue(line);
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }
        );
    }
}
