using System.Text.Json;

namespace OpenClaw.Worker.Runners;

/// <summary>A progress line of plugin ABI v1: <c>{"progress": 0.5, "message": "…"}</c>, both optional. Anything else is left alone.</summary>
internal static class ProgressLine
{
    public static bool TryParse(string line, out double fraction, out string message)
    {
        fraction = -1;
        message = "";
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            if (
                document.RootElement.TryGetProperty("progress", out var value)
                && value.ValueKind == JsonValueKind.Number
                && value.TryGetDouble(out var number)
            )
            {
                fraction = Math.Clamp(number, 0, 1);
            }

            if (document.RootElement.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String)
            {
                message = text.GetString()!;
            }

            return fraction >= 0 || message.Length > 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
