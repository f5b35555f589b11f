using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpenClaw.Abi.Plugins;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Client.Plugins;

/// <summary>Writes lines to the worker: one JSON object each, whole. Thread-safe. A worker that is gone is not an error here: its end of the input tells.</summary>
internal sealed class ReportWriter(Stream output)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock gate = new();

    public void Hello() =>
        Write(
            PluginProtocol.Hello,
            writer =>
            {
                writer.WriteNumber("version", PluginProtocol.Version);
                writer.WriteBoolean("cancel", true);
            }
        );

    public void Progress(string id, double? fraction, string? message) =>
        Write(
            PluginProtocol.Progress,
            writer =>
            {
                writer.WriteString("id", id);
                if (fraction is { } number && double.IsFinite(number))
                {
                    writer.WriteNumber("progress", Math.Clamp(number, 0, 1));
                }

                if (message is not null)
                {
                    writer.WriteString("message", message);
                }
            }
        );

    public void Log(string id, PluginLogLevel level, string message) =>
        Write(
            PluginProtocol.Log,
            writer =>
            {
                writer.WriteString("id", id);
                writer.WriteString(
                    "level",
                    level switch
                    {
                        PluginLogLevel.Debug => "debug",
                        PluginLogLevel.Warn => "warn",
                        PluginLogLevel.Error => "error",
                        _ => "info",
                    }
                );
                writer.WriteString("message", message);
            }
        );

    /// <param name="id">Of the task.</param>
    /// <param name="result">One JSON value, on one line.</param>
    public void Result(string id, ReadOnlyMemory<byte> result) =>
        Write(
            PluginProtocol.Result,
            writer =>
            {
                writer.WriteString("id", id);
                writer.WritePropertyName("result");
                writer.WriteRawValue(result.Span, skipInputValidation: true);
            }
        );

    public void Failure(string id, TaskEnd end) =>
        Write(
            PluginProtocol.Failure,
            writer =>
            {
                writer.WriteString("id", id);
                writer.WriteString("message", end.Message);
                if (end.Code is { } code)
                {
                    writer.WriteString("code", code);
                }

                writer.WriteBoolean("retryable", end.IsRetryable);
            }
        );

    /// <summary>A result as it is written: without line breaks between its tokens.</summary>
    public static ReadOnlyMemory<byte> Serialize(ResultWriter result)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            result(writer);
        }

        return buffer.WrittenMemory;
    }

    private void Write(string kind, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString(PluginProtocol.Kind, kind);
            members(writer);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        lock (gate)
        {
            try
            {
                output.Write(buffer.WrittenSpan);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more; the input has ended or will.
            }
        }
    }
}
