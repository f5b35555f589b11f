using OpenClaw.Cli.Shell;
using Spectre.Console;

namespace OpenClaw.Cli.Commands.Demo;

/// <summary>Shows work that goes on: a bar for each type on a terminal, a few plain lines anywhere else.</summary>
internal static class DemoProgress
{
    private const int PlainLines = 5;

    /// <param name="terminal">Where to show it.</param>
    /// <param name="totals">Tasks by type, in the order of the bars.</param>
    /// <param name="work">Does it, and tells of each task that has ended by its type.</param>
    public static Task ShowAsync(Terminal terminal, IReadOnlyList<(string Type, int Count)> totals, Func<Action<string>, Task> work) =>
        terminal.ErrorIsInteractive ? BarsAsync(terminal, totals, work) : LinesAsync(terminal, totals, work);

    private static Task BarsAsync(Terminal terminal, IReadOnlyList<(string Type, int Count)> totals, Func<Action<string>, Task> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error), Ansi = AnsiSupport.Yes });
        console.Profile.Width = terminal.Width;
        return console
            .Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var bars = totals.ToDictionary(t => t.Type, t => context.AddTask(t.Type, maxValue: t.Count), StringComparer.Ordinal);
                await work(type => bars[type].Increment(1));
            });
    }

    private static async Task LinesAsync(Terminal terminal, IReadOnlyList<(string Type, int Count)> totals, Func<Action<string>, Task> work)
    {
        var total = totals.Sum(t => t.Count);
        var done = 0;
        await work(_ =>
        {
            done++;
            if (done * PlainLines / total != (done - 1) * PlainLines / total)
            {
                terminal.Note($"{done} of {total} tasks done");
            }
        });
    }
}
