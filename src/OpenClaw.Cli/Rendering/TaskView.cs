using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Cli.Rendering;

/// <summary>One task with everything that is known of it, a fact a line.</summary>
internal static class TaskView
{
    private const int LabelWidth = 14;

    public static IEnumerable<string> Lines(Terminal terminal, V1.Task task)
    {
        yield return Line("Task", task.Id);
        yield return Line("Type", task.Type);
        yield return Line("Status", TaskTable.PaintState(terminal, task.State, TaskMessages.Name(task.State)) + Remark(task));
        foreach (var (label, value) in Facts(task))
        {
            yield return Line(label, value);
        }

        if (task.Failure is { Code.Length: > 0 } failure)
        {
            foreach (var line in FailureLines(task, failure))
            {
                yield return line;
            }
        }

        foreach (var (label, value) in new[] { ("Payload", task.Payload), ("Result", task.Result), ("Late result", task.LateResult) })
        {
            if (!value.IsEmpty)
            {
                yield return Line(label, Indent(Pretty(value.Span)));
            }
        }
    }

    private static string Remark(V1.Task task) =>
        task.Unserved ? $" (no worker serves this type now{string.Concat(task.Refused.Select(r => $"; {Table.OneLine(r)}"))})"
        : task.Progress is { Fraction: >= 0 } progress
            ? string.Create(CultureInfo.InvariantCulture, $" ({progress.Fraction:P0}) {progress.Message}")
        : "";

    private static IEnumerable<(string Label, string Value)> Facts(V1.Task task)
    {
        if (task.Worker.Length > 0)
        {
            yield return ("Worker", task.Worker);
        }

        yield return ("Attempt", task.Attempt.ToString(CultureInfo.InvariantCulture));
        yield return ("Retries", $"{task.Retries}/{task.MaxRetries}");
        if (task.Losses > 0)
        {
            yield return ("Workers lost", task.Losses.ToString(CultureInfo.InvariantCulture));
        }

        if (task.Priority != 0)
        {
            yield return ("Priority", task.Priority.ToString(CultureInfo.InvariantCulture));
        }

        if (task.Queue != "default" || task.Project != "default")
        {
            yield return ("Queue", $"{task.Queue} (project {task.Project})");
        }

        if (task.Key.Length > 0)
        {
            yield return ("Key", task.Key);
        }

        if (task.Labels.Count > 0)
        {
            yield return (
                "Labels",
                string.Join(", ", task.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"))
            );
        }

        foreach (
            var (label, at) in new[]
            {
                ("Created", task.CreatedAtMs),
                ("Due", task.DueAtMs),
                ("Assigned", task.AssignedAtMs),
                ("Started", task.StartedAtMs),
                ("Finished", task.FinishedAtMs),
            }
        )
        {
            if (at > 0)
            {
                yield return (label, Times.Rfc3339(at));
            }
        }

        if (task.RunMicros > 0)
        {
            yield return ("Ran for", Times.Took(task.RunMicros));
        }

        if (task.TimeoutMs > 0)
        {
            yield return ("Timeout", Times.Took(task.TimeoutMs * 1000));
        }

        if (task.SubmittedBy.Length > 0)
        {
            yield return ("Submitted by", task.SubmittedBy);
        }

        if (task.PluginVersion.Length > 0)
        {
            yield return ("Plugin", task.PluginVersion);
        }

        if (task.Reason.Length > 0)
        {
            yield return ("Reason", task.Reason);
        }
    }

    private static IEnumerable<string> FailureLines(V1.Task task, TaskFailure failure)
    {
        yield return Line("Failure", $"{failure.Code}: {Indent(failure.Message)}");
        if (failure.HasExitCode)
        {
            yield return Line("Exit code", failure.Signal.Length > 0 ? $"{failure.ExitCode} ({failure.Signal})" : $"{failure.ExitCode}");
        }

        foreach (var (label, value) in CrashView.Facts(failure))
        {
            yield return Line(label, Indent(value));
        }

        if (failure.HasPeakMemoryBytes && failure.PeakMemoryBytes > 0)
        {
            yield return Line("Peak memory", string.Create(CultureInfo.InvariantCulture, $"{failure.PeakMemoryBytes / 1048576.0:0.0} MiB"));
        }

        if (failure.Scope.Length > 0)
        {
            yield return Line("Scope", failure.Scope);
        }

        if (failure is { Crash: null, CorePath.Length: > 0 })
        {
            yield return Line("Core", failure.CorePath);
        }

        if (failure.LastLines.Count > 0)
        {
            yield return Line(
                "Last lines",
                Indent(string.Join('\n', failure.LastLines.SelectMany(l => l.Split('\n')).Select(Table.OneLine)))
            );
        }

        yield return Line(
            "Next",
            Hint.AfterAttempt(Catalogue.Find(failure.Code) ?? Catalogue.TaskFailed, task.Id, task.Type, failure.Crash?.Backtrace.Count > 0)
        );
    }

    private static string Line(string label, string value) => $"{(label + ":").PadRight(LabelWidth)} {value}";

    private static string Indent(string text) => text.ReplaceLineEndings("\n" + new string(' ', LabelWidth + 1));

    private static string Pretty(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
            using var document = JsonDocument.ParseValue(ref reader);
            return Json.ToText(writer => document.RootElement.WriteTo(writer), Json.Indented);
        }
        catch (JsonException)
        {
            return Table.OneLine(Encoding.UTF8.GetString(json));
        }
    }
}
