using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw cluster status</c> and <c>clw status</c>.</summary>
internal static class ClusterCommands
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private static readonly Option<bool> Watch = new("--watch", "-w") { Description = "Show it again every second until Ctrl-C" };

    public static Command Create(VerbRunner run) =>
        new("cluster", "Look at the cluster")
        {
            CommandTree.Verb(
                run,
                "status",
                "Manager, workers and queue; exit 0 when all is healthy, 1 when not",
                i => ShowAsync(i, withSession: false),
                [Watch, .. ClusterSession.Options]
            ),
        };

    public static Command Status(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "status",
            "Whether this machine is connected, then the cluster",
            i => ShowAsync(i, withSession: true),
            [Watch, .. ClusterSession.Options]
        );

    private static async Task<int> ShowAsync(Invocation invocation, bool withSession)
    {
        using var client = ClusterSession.Open(invocation);
        if (invocation.Get(Watch))
        {
            await WatchAsync(invocation, client);
        }

        var status = (await client.StatusAsync(invocation.Cancellation)).Value;
        Show(invocation, status, withSession);
        return (int)(status.Healthy ? ExitCode.Ok : ExitCode.Failed);
    }

    private static void Show(Invocation invocation, StatusResponse status, bool withSession)
    {
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => ClusterJson.Write(writer, status));
            return;
        }

        if (withSession)
        {
            invocation.Terminal.WriteLine($"{invocation.Terminal.Green("✓")} Connected");
        }

        foreach (var line in ClusterTree.Lines(invocation.Terminal, status))
        {
            invocation.Terminal.WriteLine(line);
        }
    }

    // Ends by Ctrl-C alone: the token's exception leaves through the command line.
    private static async Task WatchAsync(Invocation invocation, WireClient client)
    {
        while (true)
        {
            var result = await client.StatusAsync(invocation.Cancellation);
            invocation.Cancellation.ThrowIfCancellationRequested();
            if (invocation.Terminal.IsInteractive && !invocation.Json)
            {
                // Home, and clear what is below: no flicker, and nothing of the screen before is left.
                invocation.Terminal.Out.Write("\u001b[H\u001b[J");
            }

            if (result.IsOk)
            {
                Show(invocation, result.Value, withSession: false);
            }
            else
            {
                FailurePrinter.Print(invocation.Terminal, result.Failure, invocation.Json);
            }

            invocation.Terminal.Flush();
            await Task.Delay(Refresh, invocation.Time, invocation.Cancellation);
        }
    }
}
