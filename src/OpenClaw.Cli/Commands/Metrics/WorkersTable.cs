using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Commands.Metrics;

/// <summary>Workers with their figures, as a table and as JSON.</summary>
internal static class WorkersTable
{
    private const int SparkWidth = 20;
    private const int State = 1;
    private const int Crash = 4;

    public static IEnumerable<string> Lines(Terminal terminal, IReadOnlyList<WorkerRow> rows)
    {
        if (rows.Count == 0)
        {
            return ["No workers."];
        }

        var table = new Table(
            "WORKER",
            "STATE",
            "BUSY",
            "TASKS/S",
            "CRASH",
            "P50",
            "P95",
            "MEMORY",
            "CPU",
            "RESTARTS",
            "TASKS/S, 10 MIN",
            "MEMORY, 10 MIN"
        );
        foreach (var row in rows)
        {
            table.Add(
                row.Status.Id,
                row.Status.State,
                string.Create(CultureInfo.InvariantCulture, $"{row.Status.Running}/{row.Status.Slots}"),
                MetricText.Number(double.Round(row.Rate, 2)),
                MetricText.Percent(row.CrashRate),
                MetricText.Took(row.P50),
                MetricText.Took(row.P95),
                MetricText.Bytes(row.Memory),
                MetricText.Percent(row.Cpu),
                MetricText.Number(row.Restarts),
                MetricsCommand.Spark(row.Rates, SparkWidth),
                MetricsCommand.Spark(row.Memories, SparkWidth)
            );
        }

        // A narrow window: the lines first, then what is seldom looked for.
        var fit = terminal.IsInteractive ? new TableFit(terminal.Size().Width - 1, [0], [11, 10, 5, 9, 8, 6, 7]) : null;
        return table.Lines((row, column, cell) => Paint(terminal, rows[row], column, cell), fit);
    }

    private static string Paint(Terminal terminal, WorkerRow row, int column, string cell) =>
        column switch
        {
            State => row.Status.State switch
            {
                "healthy" => terminal.Green(cell),
                "UNREACHABLE" => terminal.Red(cell),
                _ => terminal.Yellow(cell),
            },
            Crash when row.CrashRate > 0 => terminal.Red(cell),
            _ => cell,
        };

    public static void Write(Utf8JsonWriter writer, IReadOnlyList<WorkerRow> rows)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("workers");
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("id", row.Status.Id);
            writer.WriteString("state", row.Status.State);
            writer.WriteNumber("busy", row.Status.Running);
            writer.WriteNumber("slots", row.Status.Slots);
            MetricsCommand.WriteValue(writer, "tasks_per_second", row.Rate);
            MetricsCommand.WriteValue(writer, "crash_rate", row.CrashRate);
            MetricsCommand.WriteValue(writer, "run_seconds_p50", row.P50);
            MetricsCommand.WriteValue(writer, "run_seconds_p95", row.P95);
            MetricsCommand.WriteValue(writer, "memory_bytes", row.Memory);
            MetricsCommand.WriteValue(writer, "cpu", row.Cpu);
            MetricsCommand.WriteValue(writer, "restarts", row.Restarts);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
