using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Abi.Plugins;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Worker.Runners;

/// <summary>
/// What a program says beside its result: <c>{"progress": 0.5, "message": "…"}</c>, <c>{"kind": "log", …}</c>,
/// <c>{"kind": "failure", …}</c>; on descriptor 3 of a plain run, between the others when it serves.
/// </summary>
internal static class SideLine
{
    /// <summary>A line of descriptor 3. False for everything that is none: it is left alone.</summary>
    public static bool TryParse(string text, out SlotReport report)
    {
        report = default;
        try
        {
            using var document = JsonDocument.Parse(text);
            var line = document.RootElement;
            if (line.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var kind = line.TryGetProperty(PluginProtocol.Kind, out var said) ? TextOf(said) : PluginProtocol.Progress;
            if (kind is not (PluginProtocol.Progress or PluginProtocol.Log or PluginProtocol.Failure))
            {
                return false;
            }

            report = Report(kind, line, handle: 0);
            return kind != PluginProtocol.Progress || report.Fraction >= 0 || report.Text.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The report of a line; members that are missing or of another type count as not said.</summary>
    public static SlotReport Report(string kind, JsonElement line, ulong handle)
    {
        var message = Cut(Member(line, "message") ?? "");
        return new SlotReport
        {
            Kind = kind switch
            {
                PluginProtocol.Log => FrameKind.Log,
                PluginProtocol.Failure => FrameKind.Failed,
                _ => FrameKind.Progress,
            },
            Handle = handle,
            Fraction = FractionOf(line),
            Level = Member(line, "level")?.ToUpperInvariant() switch
            {
                "DEBUG" => TaskLogLevel.Debug,
                "WARN" or "WARNING" => TaskLogLevel.Warning,
                "ERROR" => TaskLogLevel.Error,
                _ => TaskLogLevel.Info,
            },
            Retryable = !(line.TryGetProperty("retryable", out var retryable) && retryable.ValueKind == JsonValueKind.False),
            Text = message.Length == 0 && kind == PluginProtocol.Failure ? "It failed and did not say why" : message,
            Code = Member(line, "code") ?? "",
            Result = ByteString.Empty,
        };
    }

    /// <summary>Null for what is no text, or text with half a character in it.</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Member(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? TextOf(value) : null;

    private static double FractionOf(JsonElement line) =>
        line.TryGetProperty(PluginProtocol.Progress, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var number)
            ? Math.Clamp(number, 0, 1)
            : -1;

    private static string Cut(string text) => text.Length <= ProtocolLimits.MaxTextBytes ? text : text[..ProtocolLimits.MaxTextBytes];
}
