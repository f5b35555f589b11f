using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Spectre.Console;
using Table = OpenClaw.Cli.Rendering.Table;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands.Demo;

/// <summary><c>clw demo</c>: a small cluster does real work in front of your eyes, and leaves nothing behind.</summary>
internal static class DemoCommand
{
    private static readonly string[] Header = ["TYPE", "TASKS", "OK", "FAILED", "RUN p50", "RUN p99"];

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(run, "demo", "Watch a small cluster do real work; leaves nothing behind", RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var terminal = invocation.Terminal;
        var work = DemoWork.Make(Path.Combine(AppContext.BaseDirectory, "samples"));
        terminal.Note("Starting a private cluster: a supervisor, a manager, a worker…");
        var tally = new DemoTally();
        TimeSpan took;
        var plugins = Path.Combine(AppContext.BaseDirectory, "plugins");
        await using (var cluster = await TemporaryCluster.StartAsync("demo", plugins, slots: null, invocation.Cancellation))
        {
            terminal.Note($"{work.Count} tasks for {cluster.Slots} slots: texts and pictures through three Lua plugins and a shell script");
            using var client = cluster.Connect();
            var started = invocation.Time.GetTimestamp();
            var totals = DemoWork.Types.Select(t => (t, work.Count(w => w.Type == t))).ToList();
            await DemoProgress.ShowAsync(terminal, totals, done => WorkAsync(client, work, tally, done, invocation.Cancellation));
            took = invocation.Time.GetElapsedTime(started);
        }

        if (invocation.Json)
        {
            Json.Write(terminal, writer => Write(writer, tally, took));
        }
        else
        {
            Report(terminal, tally, took);
        }

        return tally.Unexpected.Count == 0 && tally.OnPurpose is not null && tally.Count == work.Count ? 0 : (int)ExitCode.Failed;
    }

    private static async Task WorkAsync(
        WireClient client,
        IReadOnlyList<TaskSpec> work,
        DemoTally tally,
        Action<string> done,
        CancellationToken cancellation
    )
    {
        var ids = new List<string>();
        var options = new BulkOptions { BatchSize = 50, OnAcknowledged = batch => ids.AddRange(batch.Ids) };
        _ = (await client.SubmitManyAsync(work.ToAsyncEnumerable(), options, cancellation)).Value;
        await foreach (var task in client.WaitAsync(ids, cancellation))
        {
            tally.Add(task);
            done(task.Type);
        }
    }

    private static void Report(Terminal terminal, DemoTally tally, TimeSpan took)
    {
        terminal.WriteLine();
        if (terminal.Colors)
        {
            DrawTable(terminal, tally);
        }
        else
        {
            var table = new Table(Header);
            foreach (var row in tally.Rows())
            {
                table.Add(row);
            }

            foreach (var line in table.Lines())
            {
                terminal.WriteLine(line);
            }
        }

        terminal.WriteLine();
        terminal.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{tally.Count} tasks in {took.TotalSeconds:0.00} s: {tally.Count / took.TotalSeconds:0} a second; from submission to result p50 {Times.Took(tally.Latency(0.50))}, p99 {Times.Took(tally.Latency(0.99))}."
            )
        );
        terminal.WriteLine($"Frequent words in the texts: {string.Join(", ", tally.FrequentWords(5))}.");
        if (tally.OnPurpose is { } meant)
        {
            terminal.WriteLine($"{meant.Id} failed on purpose: {meant.Failure.Code}: {Table.OneLine(meant.Failure.Message)}");
        }

        foreach (var task in tally.Unexpected.Take(10))
        {
            terminal.WriteLine(
                terminal.Red($"{task.Id} ({task.Type}) failed: {task.Failure?.Code}: {Table.OneLine(task.Failure?.Message ?? "")}")
            );
        }

        terminal.WriteLine("Everything is stopped again, and its files are removed.");
        terminal.WriteLine();
        terminal.WriteLine("Try next:");
        foreach (
            var (command, what) in new[]
            {
                ("up", "a cluster that stays"),
                ("task submit --type sleep --payload '{\"ms\": 500}' --wait", "work for it, from a second terminal"),
                ("explain clw-task-failed", "what a code means, and what to do"),
            }
        )
        {
            terminal.WriteLine($"  {Programs.Invoked + " " + command, -66} {what}");
        }

        terminal.WriteLine($"  {"docs/plugins.md", -66} how to write a plugin");
    }

    private static void DrawTable(Terminal terminal, DemoTally tally)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out), Ansi = AnsiSupport.Yes });
        console.Profile.Width = terminal.Width;
        var table = new Spectre.Console.Table { Border = TableBorder.Rounded };
        for (var i = 0; i < Header.Length; i++)
        {
            var column = new TableColumn(Header[i]);
            table.AddColumn(i == 0 ? column : column.RightAligned());
        }

        foreach (var row in tally.Rows())
        {
            table.AddRow([.. row.Select((cell, i) => i == 3 && cell != "0" ? $"[red]{cell}[/]" : Markup.Escape(cell))]);
        }

        console.Write(table);
    }

    private static void Write(Utf8JsonWriter writer, DemoTally tally, TimeSpan took)
    {
        writer.WriteStartObject();
        writer.WriteNumber("tasks", tally.Count);
        writer.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));
        writer.WriteNumber("tasks_per_second", Math.Round(tally.Count / took.TotalSeconds, 1));
        writer.WriteNumber("latency_p50_ms", tally.Latency(0.50) / 1000.0);
        writer.WriteNumber("latency_p99_ms", tally.Latency(0.99) / 1000.0);
        writer.WriteStartArray("types");
        foreach (var row in tally.Rows())
        {
            writer.WriteStartObject();
            writer.WriteString("type", row[0]);
            writer.WriteNumber("tasks", int.Parse(row[1], CultureInfo.InvariantCulture));
            writer.WriteNumber("succeeded", int.Parse(row[2], CultureInfo.InvariantCulture));
            writer.WriteNumber("failed", int.Parse(row[3], CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (tally.OnPurpose is { } meant)
        {
            writer.WritePropertyName("failed_on_purpose");
            TaskJson.Write(writer, meant);
        }

        writer.WriteStartArray("unexpected");
        foreach (var task in tally.Unexpected)
        {
            TaskJson.Write(writer, task);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
