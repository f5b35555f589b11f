using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.V1;

namespace OpenClaw.Cli.Rendering;

/// <summary>What is known of a process that crashed, for people and as JSON.</summary>
internal static class CrashView
{
    private const int FramesShown = 20;

    public static IEnumerable<(string Label, string Value)> Facts(TaskFailure failure)
    {
        if (failure.Cause.Length > 0)
        {
            yield return ("Cause", failure.Cause);
        }

        if (failure.Crash is not { } crash)
        {
            yield break;
        }

        if (Where(crash) is { Length: > 0 } where)
        {
            yield return ("Signal", where);
        }

        yield return (
            "Process",
            Text($"{crash.Pid} of worker {failure.Worker} (incarnation {crash.Incarnation}), ended {Times.Rfc3339(crash.AtMs)}")
        );
        if (crash.Program.Length > 0)
        {
            yield return ("Program", Table.OneLine(crash.Program));
        }

        yield return (
            "Used",
            Text(
                $"{crash.PeakRssBytes / 1048576.0:0.0} MiB at most; processor {Seconds(crash.UserMicros)} user, {Seconds(crash.SystemMicros)} system; ran {Seconds(crash.WallMicros)}"
            )
        );
        if (failure.CorePath.Length > 0 || crash.CoreNote.Length > 0)
        {
            yield return ("Core", Core(failure.CorePath, crash.CoreBytes, crash.CoreNote));
        }

        if (crash.Backtrace.Count > 0)
        {
            var more = crash.Backtrace.Count - FramesShown;
            yield return (
                "Backtrace",
                string.Join('\n', crash.Backtrace.Take(FramesShown).Select(Table.OneLine))
                    + (more > 0 ? Text($"\n… {more} more (--json)") : "")
            );
        }
        else if (crash.BacktraceNote.Length > 0)
        {
            yield return ("Backtrace", "none: " + Table.OneLine(crash.BacktraceNote));
        }
    }

    /// <summary><c>at 0xdeadbeef (SEGV_MAPERR)</c>, or who sent it; empty when neither is known.</summary>
    private static string Where(CrashReport crash)
    {
        var code = crash.SignalCode.Length > 0 ? $" ({crash.SignalCode})" : "";
        return crash.FaultAddress.Length > 0 ? $"at {crash.FaultAddress}{code}"
            : crash.SentBy > 0 ? Text($"sent by process {crash.SentBy}{code}")
            : crash.SignalCode;
    }

    /// <summary>Where a core is, or why there is none.</summary>
    public static string Core(string path, long bytes, string note) =>
        path.Length == 0
            ? "none: " + Table.OneLine(note)
            : Text($"{path} ({bytes / 1048576.0:0.0} MiB)") + (note.Length > 0 ? "; " + Table.OneLine(note) : "");

    public static void Write(Utf8JsonWriter writer, CrashReport crash)
    {
        writer.WriteStartObject("crash");
        writer.WriteNumber("pid", crash.Pid);
        writer.WriteNumber("incarnation", crash.Incarnation);
        writer.WriteTime("at", crash.AtMs);
        writer.WriteText("program", crash.Program);
        writer.WriteText("plugin_version", crash.PluginVersion);
        if (crash.Signal > 0)
        {
            writer.WriteNumber("signal", crash.Signal);
        }

        writer.WriteText("signal_code", crash.SignalCode);
        writer.WriteText("fault_address", crash.FaultAddress);
        if (crash.SentBy > 0)
        {
            writer.WriteNumber("sent_by", crash.SentBy);
        }

        writer.WriteNumber("peak_rss_bytes", crash.PeakRssBytes);
        writer.WriteNumber("user_ms", crash.UserMicros / 1000.0);
        writer.WriteNumber("system_ms", crash.SystemMicros / 1000.0);
        writer.WriteNumber("wall_ms", crash.WallMicros / 1000.0);
        if (crash.CoreBytes > 0)
        {
            writer.WriteNumber("core_bytes", crash.CoreBytes);
        }

        writer.WriteText("core_note", crash.CoreNote);
        if (crash.Backtrace.Count > 0)
        {
            writer.WriteStartArray("backtrace");
            foreach (var frame in crash.Backtrace)
            {
                writer.WriteStringValue(frame);
            }

            writer.WriteEndArray();
        }

        writer.WriteText("backtrace_note", crash.BacktraceNote);
        writer.WriteEndObject();
    }

    private static string Seconds(long micros) => Text($"{micros / 1e6:0.00} s");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
