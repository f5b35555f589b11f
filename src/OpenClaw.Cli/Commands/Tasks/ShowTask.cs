using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary><c>clw task show --watch</c>: a task as it goes on, with its progress and last lines; ends with the task.</summary>
internal static class ShowTask
{
    private const int LinesKept = 10;

    /// <summary>Lines and progress may come by the thousand; nobody reads faster than this.</summary>
    private static readonly TimeSpan MostOften = TimeSpan.FromMilliseconds(50);

    public static Task<int> WatchAsync(Invocation invocation, WireClient client, string id) =>
        new Watch(invocation).UntilInterruptedAsync(async watch =>
        {
            V1.Task? task = null;
            var lines = new Queue<string>();
            var shownAt = 0L;
            await foreach (var happened in client.WatchAsync(id, invocation.Cancellation))
            {
                switch (happened.EventCase)
                {
                    case TaskEvent.EventOneofCase.Task:
                        task = happened.Task;
                        shownAt = 0;
                        break;
                    case TaskEvent.EventOneofCase.Progress when task is not null:
                        task.Progress = happened.Progress;
                        break;
                    case TaskEvent.EventOneofCase.Log:
                        lines.Enqueue($"[{happened.Log.Level}] {Table.OneLine(happened.Log.Text)}");
                        if (lines.Count > LinesKept)
                        {
                            lines.Dequeue();
                        }

                        break;
                }

                if (task is null || (shownAt != 0 && invocation.Time.GetElapsedTime(shownAt) < MostOften))
                {
                    continue;
                }

                shownAt = invocation.Time.GetTimestamp();
                var now = task;
                watch.Show(
                    new(
                        [.. TaskView.Lines(invocation.Terminal, now).SelectMany(l => l.Split('\n')), .. lines],
                        writer => TaskJson.Write(writer, now)
                    )
                );
            }
        });
}
