using System.CommandLine;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Core.Errors;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Shell;

/// <summary>One look at something: lines for a person, a document for a program.</summary>
internal sealed record WatchFrame(IReadOnlyList<string> Lines, Action<Utf8JsonWriter> Json);

/// <summary>
/// <c>--watch</c>: the same look again and again, in one place on a terminal, block after block anywhere else, a document a line with
/// <c>--json</c>. Ctrl-C is how it is meant to end: exit code 0, and the last look stays where it is. Not thread-safe.
/// </summary>
internal sealed class Watch(Invocation invocation)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly LiveBlock? block =
        invocation.Terminal.IsInteractive && !invocation.Json ? new LiveBlock(invocation.Terminal, invocation.Terminal.Out) : null;
    private bool hasShown;

    public static Option<bool> Flag { get; } = new("--watch", "-w") { Description = "Show it again and again until Ctrl-C" };

    /// <summary>Looks once a second, or as often as is said, until Ctrl-C. A look that fails is shown as what it is, and the next is tried.</summary>
    public static Task<int> RepeatAsync(Invocation invocation, Func<Task<WatchFrame>> look, TimeSpan? interval = null) =>
        new Watch(invocation).UntilInterruptedAsync(async watch =>
        {
            while (true)
            {
                watch.Show(await LookAsync(invocation, look));
                await Task.Delay(interval ?? Refresh, invocation.Time, invocation.Cancellation);
            }
        });

    /// <summary>Runs something that shows frames until it ends, or until Ctrl-C.</summary>
    public async Task<int> UntilInterruptedAsync(Func<Watch, Task> show)
    {
        ArgumentNullException.ThrowIfNull(show);
        try
        {
            await show(this);
        }
        catch (Exception e) when (invocation.Cancellation.IsCancellationRequested && e is OperationCanceledException or FailureException)
        {
            // That is how a watch ends.
        }
        finally
        {
            block?.Leave();
        }

        return (int)ExitCode.Ok;
    }

    public void Show(WatchFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var terminal = invocation.Terminal;
        if (block is not null)
        {
            block.Show(frame.Lines);
            return;
        }

        if (invocation.Json)
        {
            Json.WriteLine(terminal, frame.Json);
        }
        else
        {
            if (hasShown)
            {
                terminal.WriteLine();
            }

            foreach (var line in frame.Lines)
            {
                terminal.WriteLine(line);
            }
        }

        hasShown = true;
        terminal.Flush();
    }

    private static async Task<WatchFrame> LookAsync(Invocation invocation, Func<Task<WatchFrame>> look)
    {
        try
        {
            return await look();
        }
        catch (FailureException e) when (!invocation.Cancellation.IsCancellationRequested)
        {
            var failure = e.Failure;
            return new(
                [$"{invocation.Terminal.Red("error:")} {failure.Code}: {Table.OneLine(failure.Message)}", $"next: {failure.NextStep}"],
                writer => writer.WriteRawValue(FailurePrinter.ToJson(failure))
            );
        }
    }
}
