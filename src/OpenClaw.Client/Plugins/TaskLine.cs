using System.Text.Json;

namespace OpenClaw.Client.Plugins;

/// <summary>What a worker says about a task.</summary>
internal sealed record TaskLine
{
    private static readonly JsonElement Nothing = JsonElement.Parse("null");

    public required string Id { get; init; }
    public required string Type { get; init; }
    public int Attempt { get; init; } = 1;
    public string OutputDirectory { get; init; } = "";
    public DateTimeOffset? Deadline { get; init; }
    public JsonElement Payload { get; init; } = Nothing;

    /// <summary>Reads a line of the kind <c>task</c>.</summary>
    /// <exception cref="InvalidDataException">Something is missing: the other end is no worker.</exception>
    public static TaskLine Of(JsonElement line) =>
        new()
        {
            Id = Text(line, "id"),
            Type = Text(line, "type"),
            Attempt = line.TryGetProperty("attempt", out var attempt) && attempt.TryGetInt32(out var number) ? number : 1,
            OutputDirectory = line.TryGetProperty("output_dir", out var directory) ? directory.GetString() ?? "" : "",
            Deadline =
                line.TryGetProperty("deadline_ms", out var deadline) && deadline.TryGetInt64(out var at)
                    ? DateTimeOffset.FromUnixTimeMilliseconds(at)
                    : null,
            Payload = line.TryGetProperty("payload", out var payload) ? payload.Clone() : Nothing,
        };

    /// <summary>A member that must be there.</summary>
    public static string Text(JsonElement line, string name) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new InvalidDataException($"a line of the worker has no \"{name}\" (docs/plugin-abi.md)");
}
