using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Runner.Lua;

namespace OpenClaw.Runner;

/// <summary>
/// Whether a Lua plugin can be used: <c>{"ok":true,"file":…,"types":["image"]}</c>, or
/// <c>{"ok":false,"file":…,"code":…,"message":…,"line":N or null}</c>. Its top level runs, as it does before every task.
/// </summary>
internal static class PluginCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private sealed class Silence : ILuaHost
    {
        public void Log(TaskLogLevel level, ReadOnlySpan<byte> text) { }

        public void Progress(double fraction, ReadOnlySpan<byte> message) { }
    }

    public static int Run(string path)
    {
        // What the script itself prints belongs to the log.
        using var output = Descriptors.Duplicate(1);
        Descriptors.Redirect(2, 1);
        // A top level that never ends must not hang who asked.
        using var alarm = new Timer(
            _ =>
            {
                Say(output, Line(path, null, "clw-plugin-invalid", "the top level of the file did not end within 10 s"));
                Environment.Exit(ExitCodes.Usage);
            },
            null,
            Patience,
            Timeout.InfiniteTimeSpan
        );
        var type = Path.GetFileNameWithoutExtension(path);
        using var lua = new LuaEngine(memoryLimit: null);
        var problem = lua.Check(path, Encoding.UTF8.GetBytes("process_" + type), new Silence());
        if (problem is null)
        {
            Say(output, Line(path, type, null, null));
            return ExitCodes.Ok;
        }
        Say(output, Line(path, null, problem.Missing ? "clw-plugin-missing" : "clw-plugin-invalid", problem.Message));
        return ExitCodes.Usage;
    }

    private static void Say(SafeFileHandle output, string line) => _ = Descriptors.WriteAll(output, Encoding.UTF8.GetBytes(line + "\n"));

    private static string Line(string path, string? type, string? code, string? message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (
            var json = new Utf8JsonWriter(buffer, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
        )
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", code is null);
            json.WriteString("file", path);
            if (code is null)
            {
                json.WriteStartArray("types");
                json.WriteStringValue(type);
                json.WriteEndArray();
            }
            else
            {
                json.WriteString("code", code);
                json.WriteString("message", message);
                json.WritePropertyName("line");
                if (LineIn(message ?? "", Path.GetFileName(path)) is { } number)
                {
                    json.WriteNumberValue(number);
                }
                else
                {
                    json.WriteNullValue();
                }
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The number in <c>name.lua:12: …</c>.</summary>
    internal static int? LineIn(string message, string file)
    {
        if (!message.StartsWith(file + ":", StringComparison.Ordinal))
        {
            return null;
        }
        var rest = message.AsSpan(file.Length + 1);
        var end = rest.IndexOf(':');
        return end > 0 && int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : null;
    }
}
