using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.V1;

namespace OpenClaw.Cli.Rendering;

/// <summary>A task as JSON. What does not apply is left out.</summary>
internal static class TaskJson
{
    public static void Write(Utf8JsonWriter writer, V1.Task task)
    {
        writer.WriteStartObject();
        writer.WriteString("id", task.Id);
        writer.WriteString("project", task.Project);
        writer.WriteString("queue", task.Queue);
        writer.WriteString("type", task.Type);
        writer.WriteString("state", TaskMessages.Name(task.State));
        writer.WriteNumber("priority", task.Priority);
        writer.WriteNumber("attempt", task.Attempt);
        writer.WriteNumber("retries", task.Retries);
        writer.WriteNumber("max_retries", task.MaxRetries);
        writer.WriteNumber("losses", task.Losses);
        writer.WriteText("worker", task.Worker);
        writer.WriteTime("created_at", task.CreatedAtMs);
        writer.WriteTime("due_at", task.DueAtMs);
        writer.WriteTime("assigned_at", task.AssignedAtMs);
        writer.WriteTime("started_at", task.StartedAtMs);
        writer.WriteTime("finished_at", task.FinishedAtMs);
        if (task.RunMicros > 0)
        {
            writer.WriteNumber("run_ms", task.RunMicros / 1000.0);
        }

        if (task.TimeoutMs > 0)
        {
            writer.WriteNumber("timeout_ms", task.TimeoutMs);
        }

        writer.WriteText("key", task.Key);
        if (task.Labels.Count > 0)
        {
            writer.WriteStartObject("labels");
            foreach (var (name, value) in task.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteText("submitted_by", task.SubmittedBy);
        writer.WriteText("plugin_version", task.PluginVersion);
        writer.WriteText("reason", task.Reason);
        if (task.Unserved)
        {
            writer.WriteBoolean("unserved", true);
            if (task.Refused.Count > 0)
            {
                writer.WriteStartArray("refused");
                foreach (var line in task.Refused)
                {
                    writer.WriteStringValue(line);
                }

                writer.WriteEndArray();
            }
        }

        if (task.Failure is { } failure && failure.Code.Length > 0)
        {
            WriteFailure(writer, failure);
        }

        if (task.Progress is { } progress)
        {
            writer.WriteStartObject("progress");
            if (progress.Fraction >= 0)
            {
                writer.WriteNumber("fraction", progress.Fraction);
            }

            writer.WriteText("message", progress.Message);
            writer.WriteEndObject();
        }

        writer.WriteRaw("payload", task.Payload.Span);
        writer.WriteRaw("result", task.Result.Span);
        writer.WriteRaw("late_result", task.LateResult.Span);
        writer.WriteEndObject();
    }

    private static void WriteFailure(Utf8JsonWriter writer, TaskFailure failure)
    {
        writer.WriteStartObject("failure");
        writer.WriteString("code", failure.Code);
        writer.WriteString("message", failure.Message);
        if (failure.HasExitCode)
        {
            writer.WriteNumber("exit_code", failure.ExitCode);
        }

        writer.WriteText("signal", failure.Signal);
        writer.WriteText("cause", failure.Cause);
        if (failure.HasPeakMemoryBytes)
        {
            writer.WriteNumber("peak_memory_bytes", failure.PeakMemoryBytes);
        }

        writer.WriteText("scope", failure.Scope);
        if (failure.HasAllowed)
        {
            writer.WriteNumber("allowed", failure.Allowed);
        }

        if (failure.HasUsed)
        {
            writer.WriteNumber("used", failure.Used);
        }

        writer.WriteText("core_path", failure.CorePath);
        writer.WriteText("worker", failure.Worker);
        if (failure.Crash is { } crash)
        {
            CrashView.Write(writer, crash);
        }

        if (failure.LastLines.Count > 0)
        {
            writer.WriteStartArray("last_lines");
            foreach (var line in failure.LastLines)
            {
                writer.WriteStringValue(line);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
