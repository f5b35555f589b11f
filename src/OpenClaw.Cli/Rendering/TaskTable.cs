using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.V1;

namespace OpenClaw.Cli.Rendering;

/// <summary>Tasks as a list: TASK ID, TYPE, WORKER, AGE, RETRY, STATUS.</summary>
internal static class TaskTable
{
    private const int TypeColumn = 1;
    private const int WorkerColumn = 2;
    private const int AgeColumn = 3;
    private const int RetryColumn = 4;
    private const int StatusColumn = 5;

    /// <param name="terminal">Paints the states.</param>
    /// <param name="tasks">In the order of the list.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static IEnumerable<string> Lines(Terminal terminal, IReadOnlyList<V1.Task> tasks, long now)
    {
        var table = new Table("TASK ID", "TYPE", "WORKER", "AGE", "RETRY", "STATUS");
        foreach (var task in tasks)
        {
            table.Add(
                task.Id,
                task.Type,
                task.Worker.Length == 0 ? "-" : task.Worker,
                Times.Age(TimeSpan.FromMilliseconds(now - task.CreatedAtMs)),
                $"{task.Retries}/{task.MaxRetries}",
                TaskMessages.Name(task.State)
            );
        }

        // Which task it is and how it stands are what the list is for: in a narrow window the others give way.
        var fit = terminal.IsInteractive
            ? new TableFit(terminal.Size().Width - 1, [TypeColumn, WorkerColumn], [RetryColumn, WorkerColumn, AgeColumn, TypeColumn])
            : null;
        return table.Lines((row, column, cell) => column == StatusColumn ? PaintState(terminal, tasks[row].State, cell) : cell, fit);
    }

    public static string PaintState(Terminal terminal, TaskState state, string text) =>
        state switch
        {
            TaskState.Succeeded => terminal.Green(text),
            TaskState.Failed or TaskState.Dead => terminal.Red(text),
            TaskState.Cancelled => terminal.Yellow(text),
            _ => text,
        };
}
