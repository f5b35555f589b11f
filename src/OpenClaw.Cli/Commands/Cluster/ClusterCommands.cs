using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Cluster;

/// <summary><c>clw cluster status</c> and <c>clw status</c>.</summary>
internal static class ClusterCommands
{
    public static Command Create(VerbRunner run) =>
        new("cluster", "Look at the cluster, and after its workers")
        {
            CommandTree.Verb(
                run,
                "status",
                "Manager, workers and queue; exit 0 when all is healthy, 1 when not",
                i => ShowAsync(i, withSession: false),
                [Watch.Flag, .. ClusterSession.Options]
            ),
            DrainCommands.Drain(run),
            DrainCommands.Undrain(run),
            RestartCommand.Create(run),
            ReloadCommand.Create(run),
        };

    public static Command Status(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "status",
            "Whether this machine is connected, then the cluster",
            i => ShowAsync(i, withSession: true),
            [Watch.Flag, .. ClusterSession.Options]
        );

    private static async Task<int> ShowAsync(Invocation invocation, bool withSession)
    {
        using var client = ClusterSession.OpenToLook(invocation);
        if (invocation.Get(Watch.Flag))
        {
            return await Watch.RepeatAsync(
                invocation,
                async () =>
                {
                    var now = (await client.StatusAsync(invocation.Cancellation)).Value;
                    return new([.. ClusterTree.Lines(invocation.Terminal, now)], writer => ClusterJson.Write(writer, now));
                }
            );
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
}
