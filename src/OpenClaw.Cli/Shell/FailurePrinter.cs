using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Shell;

/// <summary>The one place that shows a failure: code, sentence, next step; on the error output, never on the output.</summary>
public static class FailurePrinter
{
    public static void Print(Terminal terminal, Failure failure, bool json)
    {
        terminal.Out.Flush();
        if (json)
        {
            terminal.Error.WriteLine(ToJson(failure));
        }
        else
        {
            foreach (var line in SettingsProblem.LinesOf(failure))
            {
                terminal.Error.WriteLine($"{Label(terminal, "error:")} {failure.Code}: {line.ReplaceLineEndings("\n       ")}");
            }

            terminal.Error.WriteLine($"next: {failure.NextStep}");
        }

        terminal.Error.Flush();
    }

    /// <summary><c>{"error":{"code":…,"message":…,"next":…,"exit":…,"data":{…}}}</c></summary>
    public static string ToJson(Failure failure)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Json.Compact))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteString("code", failure.Code);
            writer.WriteString("message", failure.Message);
            writer.WriteString("next", failure.NextStep);
            writer.WriteNumber("exit", (int)failure.Exit);
            if (failure.Data.Count > 0)
            {
                writer.WriteStartObject("data");
                foreach (var (key, value) in failure.Data)
                {
                    writer.WriteString(key, value);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string Label(Terminal terminal, string text) =>
        terminal.ErrorIsInteractive && terminal.Colors ? terminal.Red(text) : text;
}
