using System.Text;
using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary>
/// One line of a batch: <c>{"type": …, "payload": …}</c>, with any of project, queue, priority, delay, timeout, max_retries, key,
/// labels, strict. What a line leaves out comes from the command line. Times are as in the configuration: "5s", or seconds.
/// </summary>
internal static class BatchLine
{
    private static readonly string[] Fields =
    [
        "type",
        "payload",
        "project",
        "queue",
        "priority",
        "delay",
        "timeout",
        "max_retries",
        "key",
        "labels",
        "strict",
        "plugin_version",
    ];

    /// <summary>Reads a line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="file">The file's name for messages.</param>
    /// <param name="number">The line's number, from 1.</param>
    /// <param name="defaults">What holds for lines that say nothing.</param>
    public static Result<TaskSpec> Read(ReadOnlySpan<byte> line, string file, long number, TaskSpec defaults)
    {
        var spec = defaults.Clone();
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 100 });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return Bad(file, number, reader.TokenStartIndex, "expected an object, as in {\"type\":\"ping\",\"payload\":{}}");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var at = reader.TokenStartIndex;
                var name = reader.GetString()!;
                reader.Read();
                if (ReadField(ref reader, line, name, spec) is { } problem)
                {
                    return Bad(
                        file,
                        number,
                        problem.Length > 0 ? reader.TokenStartIndex : at,
                        problem.Length > 0 ? $"{name}: {problem}" : Unknown(name)
                    );
                }
            }

            if (reader.Read())
            {
                return Bad(file, number, reader.TokenStartIndex, "something follows the object");
            }
        }
        catch (JsonException e)
        {
            return Bad(file, number, e.BytePositionInLine ?? 0, "this is not JSON");
        }
        catch (InvalidOperationException)
        {
            return Bad(file, number, reader.TokenStartIndex, "a text is not valid UTF-8");
        }

        if (spec.Type.Length == 0)
        {
            return Bad(file, number, 0, "the line has no type, and the command line names none (--type)");
        }

        return spec.Payload.Length > TaskLimits.MaxPayloadBytes
            ? new Failure(
                Catalogue.PayloadTooLarge,
                $"{file}:{number}: the payload has {spec.Payload.Length} bytes, {TaskLimits.MaxPayloadBytes} are allowed"
            )
            : spec;
    }

    /// <summary>Null when the field was read; empty when there is no such field; else what is wrong with its value.</summary>
    private static string? ReadField(ref Utf8JsonReader reader, ReadOnlySpan<byte> line, string name, TaskSpec spec)
    {
        switch (name)
        {
            case "payload":
                var start = (int)reader.TokenStartIndex;
                CheckAndSkip(ref reader);
                spec.Payload = ByteString.CopyFrom(line[start..(int)reader.BytesConsumed]);
                return null;
            case "priority":
                return Number(ref reader, TaskLimits.MinPriority, TaskLimits.MaxPriority, n => spec.Priority = n);
            case "max_retries":
                return Number(ref reader, 0, TaskLimits.MaxRetries, n => spec.MaxRetries = n);
            case "delay":
                return Span(ref reader, ms => spec.DelayMs = ms);
            case "timeout":
                return Span(ref reader, ms => spec.TimeoutMs = ms);
            case "labels":
                return Labels(ref reader, spec);
            case "strict":
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
                {
                    return "expected true or false";
                }

                spec.Strict = reader.GetBoolean();
                return null;
            case "type":
                return Text(ref reader, t => spec.Type = t);
            case "project":
                return Text(ref reader, t => spec.Project = t);
            case "queue":
                return Text(ref reader, t => spec.Queue = t);
            case "key":
                return Text(ref reader, t => spec.Key = t);
            case "plugin_version":
                return Text(ref reader, t => spec.PluginVersion = t);
            default:
                return "";
        }
    }

    // Texts are only checked when they are read, and a broken one must be found here and not in the middle of a submission.
    private static void CheckAndSkip(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                _ = reader.GetString();
            }
        } while (
            (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray || reader.CurrentDepth > depth) && reader.Read()
        );
    }

    private static string? Text(ref Utf8JsonReader reader, Action<string> set)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return "expected a text";
        }

        var text = reader.GetString()!;
        if (Encoding.UTF8.GetByteCount(text) > TaskLimits.MaxNameBytes)
        {
            return $"longer than {TaskLimits.MaxNameBytes} bytes";
        }

        set(text);
        return null;
    }

    private static string? Number(ref Utf8JsonReader reader, int min, int max, Action<int> set)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var number) || number < min || number > max)
        {
            return $"expected a whole number from {min} to {max}";
        }

        set(number);
        return null;
    }

    private static string? Span(ref Utf8JsonReader reader, Action<long> set)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => "",
        };
        if (!SettingTypes.Duration.TryParse(text, out var span) || span < TimeSpan.Zero || span > TaskLimits.MaxSpan)
        {
            return $"expected {SettingTypes.Duration.Expected}";
        }

        set((long)Math.Ceiling(span.TotalMilliseconds));
        return null;
    }

    private static string? Labels(ref Utf8JsonReader reader, TaskSpec spec)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "expected an object of texts";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (Text(ref reader, value => spec.Labels[name] = value) is { } problem)
            {
                return $"{name}: {problem}";
            }
        }

        return null;
    }

    private static string Unknown(string name)
    {
        var near = NearestName.Find(name, Fields);
        return $"there is no field '{name}'{(near is null ? "" : $"; did you mean {near}?")}";
    }

    private static Failure Bad(string file, long line, long position, string problem) =>
        new(Catalogue.PayloadInvalid, $"{file}:{line}:{position + 1}: {problem}", "Mend the line; nothing of it was submitted")
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["file"] = file,
                ["line"] = $"{line}",
                ["column"] = $"{position + 1}",
            },
        };
}
