using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpenClaw.Cli.Shell;

/// <summary>Machine-readable output: field names in snake_case, times as RFC 3339 in UTC, absent rather than null.</summary>
public static class Json
{
    // Terminals and pipes are no HTML: letters beyond ASCII and quotes stay readable.
    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonWriterOptions Indented { get; } =
        new()
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Indented = true,
            NewLine = "\n",
        };

    /// <summary>Writes one document and a line's end: indented for a person, on one line for a pipe.</summary>
    public static void Write(Terminal terminal, Action<Utf8JsonWriter> write)
    {
        terminal.WriteLine(ToText(write, terminal.IsInteractive ? Indented : Compact));
    }

    /// <summary>Writes one document on one line, as a stream of documents needs it.</summary>
    public static void WriteLine(Terminal terminal, Action<Utf8JsonWriter> write) => terminal.WriteLine(ToText(write, Compact));

    public static string ToText(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Writes bytes that are one JSON value as that value; nothing for no bytes.</summary>
    public static void WriteRaw(this Utf8JsonWriter writer, string name, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (value.IsEmpty)
        {
            return;
        }

        writer.WritePropertyName(name);
        writer.WriteRawValue(value);
    }

    /// <summary>Unix milliseconds as RFC 3339; nothing for 0.</summary>
    public static void WriteTime(this Utf8JsonWriter writer, string name, long milliseconds)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (milliseconds != 0)
        {
            writer.WriteString(name, Rendering.Times.Rfc3339(milliseconds));
        }
    }

    /// <summary>A text; nothing when it is empty.</summary>
    public static void WriteText(this Utf8JsonWriter writer, string name, string? value)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(name, value);
        }
    }
}
