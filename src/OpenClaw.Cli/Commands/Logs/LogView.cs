using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Logs;

/// <summary>
/// Lines of the cluster's logs for a person, in the shape of the files (<c>[LEVEL] [time] text</c>), with the machine in front when there
/// are several; or a JSON document a line. Notes about what is missing go to the error output.
/// </summary>
internal sealed class LogView(Invocation invocation, bool showsComponent)
{
    private readonly Terminal terminal = invocation.Terminal;
    private int width;

    public void Show(LogLines batch)
    {
        foreach (var line in batch.Lines)
        {
            if (invocation.Json)
            {
                Json.WriteLine(terminal, writer => Write(writer, line));
            }
            else
            {
                terminal.WriteLine(Text(line, batch.Several));
            }
        }

        // Whoever reads along, grep or a person, wants them now.
        terminal.Out.Flush();
        foreach (var note in batch.Notes)
        {
            terminal.Note($"note: {Table.OneLine(note)}");
        }
    }

    private string Text(LogEntry line, bool several)
    {
        // What a worker sent need not be clean.
        var text = LogText.SingleLine(line.Text);
        var subject = showsComponent ? $"{Table.OneLine(line.Component)}: " : "";
        var level = Table.OneLine(line.Level);
        var shown = $"{Paint(level, $"[{level}]")} {terminal.Dim($"[{Times.Rfc3339(line.AtMs)}]")} {subject}{text}";
        return several ? $"{Machine(line)} {shown}" : shown;
    }

    private string Machine(LogEntry line)
    {
        var name = Table.OneLine(line.Worker.Length == 0 ? Components.Manager : line.Worker);
        width = Math.Max(width, name.Length);
        return terminal.Bold(name.PadRight(width)) + " |";
    }

    private string Paint(string level, string text) =>
        level switch
        {
            "TRACE" or "DEBUG" => terminal.Dim(text),
            "WARN" => terminal.Yellow(text),
            "ERROR" or "CRITICAL" or "FATAL" => terminal.Red(text),
            _ => text,
        };

    private static void Write(Utf8JsonWriter writer, LogEntry line)
    {
        writer.WriteStartObject();
        writer.WriteTime("time", line.AtMs);
        writer.WriteString("level", line.Level);
        writer.WriteString("component", line.Component);
        writer.WriteText("worker", line.Worker);
        writer.WriteString("text", line.Text);
        writer.WriteEndObject();
    }
}
