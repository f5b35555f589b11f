using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc;
using OpenClaw.V1;

namespace OpenClaw.Cli.Diag;

/// <summary>What the cluster says, when it answers: it is asked once and not waited for.</summary>
internal static class ClusterParts
{
    private const int MostFailures = 20;

    /// <summary>A report is plain text wherever it is written to.</summary>
    private static readonly Terminal Plain = new()
    {
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        OpenInput = () => Stream.Null,
    };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Task<IReadOnlyList<string>> StatusAsync(Invocation invocation, LoadedSettings loaded) =>
        AskAsync(
            invocation,
            loaded,
            async (client, cancellation) =>
            {
                var status = await client.StatusAsync(cancellation);
                return status.IsOk ? [.. ClusterTree.Lines(Plain, status.Value)] : [Away(status.Failure)];
            }
        );

    /// <summary>The newest tasks that failed, each with all that is known of it.</summary>
    public static Task<IReadOnlyList<string>> FailuresAsync(Invocation invocation, LoadedSettings loaded, DateTimeOffset since) =>
        AskAsync(
            invocation,
            loaded,
            async (client, cancellation) =>
            {
                var request = new ListRequest { States = { TaskState.Dead, TaskState.Failed }, Limit = MostFailures };
                var listed = await client.ListAsync(request, cancellation);
                if (!listed.IsOk)
                {
                    return [Away(listed.Failure)];
                }

                var recent = listed.Value.Tasks.Where(t => t.FinishedAtMs >= since.ToUnixTimeMilliseconds()).ToList();
                return recent.Count == 0
                    ? ["no task failed or died since then"]
                    : [.. recent.SelectMany(t => TaskView.Lines(Plain, t).SelectMany(l => l.Split('\n')).Append(""))];
            }
        );

    private static async Task<IReadOnlyList<string>> AskAsync(
        Invocation invocation,
        LoadedSettings loaded,
        Func<WireClient, CancellationToken, Task<IReadOnlyList<string>>> ask
    )
    {
        using var limit = new CancellationTokenSource(Patience, invocation.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, invocation.Cancellation);
        using var client = ClusterSession.Open(invocation, loaded, one: ClusterSession.Addresses(loaded)[0]);
        try
        {
            return await ask(client, patience.Token);
        }
        catch (OperationCanceledException) when (!invocation.Cancellation.IsCancellationRequested)
        {
            return [$"no manager answers within {Patience.TotalSeconds:0} s"];
        }
    }

    private static string Away(Failure failure) => $"no cluster answers: {failure}";
}
