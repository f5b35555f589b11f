using System.Globalization;
using OpenClaw.Cli.Rendering;
using OpenClaw.Client.Wire;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary>
/// What a person who waits for a task is told on the way: each thing once. Lines that were shown as they came are not shown again when
/// the task has failed. For one reader.
/// </summary>
internal sealed class TaskFollower(TimeProvider time)
{
    // As many as a failure can repeat, and some: a task may write for days.
    private const int MostRemembered = 4 * Core.Tasks.TaskLimits.MaxLastLines;
    private readonly Queue<string> shown = new();
    private int attempt;

    /// <summary>The line for an event; null where there is nothing to say.</summary>
    public string? Line(TaskEvent happened)
    {
        switch (happened.EventCase)
        {
            case TaskEvent.EventOneofCase.Log:
                shown.Enqueue(happened.Log.Text);
                if (shown.Count > MostRemembered)
                {
                    shown.Dequeue();
                }

                return $"[{happened.Log.Level}] {Table.OneLine(happened.Log.Text)}";
            case TaskEvent.EventOneofCase.Progress:
                var fraction = happened.Progress.Fraction;
                var share =
                    fraction < 0
                        ? ""
                        : fraction.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal) + " ";
                return $"{share}{Table.OneLine(happened.Progress.Message)}".TrimEnd();
            case TaskEvent.EventOneofCase.Task when !TaskMessages.HasEnded(happened.Task.State):
                return OnTheWay(happened.Task);
            default:
                return null;
        }
    }

    /// <summary>Those of the failure's last lines that were not shown as they came.</summary>
    public IEnumerable<string> Unshown(TaskFailure? failure) => failure?.LastLines.Where(l => !shown.Contains(l)) ?? [];

    private string OnTheWay(V1.Task task)
    {
        if (task.Attempt != attempt)
        {
            attempt = task.Attempt;
            shown.Clear();
        }

        if (task is { State: TaskState.Pending, Failure.Code.Length: > 0, Attempt: > 0 })
        {
            var wait = DateTimeOffset.FromUnixTimeMilliseconds(task.DueAtMs) - time.GetUtcNow();
            var again = wait > TimeSpan.Zero ? $"again in {Math.Ceiling(wait.TotalSeconds):0} s" : "again at once";
            var which = task.Retries > 0 ? $"attempt {task.Retries} of {task.MaxRetries + 1} failed" : $"attempt {task.Attempt} was lost";
            return $"{which}: {Table.OneLine(task.Failure.Message)}; {again}";
        }

        return task.Worker.Length > 0 && task.State != TaskState.Pending
            ? $"{TaskMessages.Name(task.State)} on {task.Worker}"
            : TaskMessages.Name(task.State);
    }
}
