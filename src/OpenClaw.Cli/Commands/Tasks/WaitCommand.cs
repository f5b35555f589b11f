using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary><c>clw task wait</c>: until tasks have ended.</summary>
internal static class WaitCommand
{
    private static readonly Argument<string[]> Ids = new("ids")
    {
        Description = "Ids of tasks; - reads them from the input, one a line",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<TimeSpan?> Timeout = Options.Duration("--timeout", "Give up after this long; the tasks go on");

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "wait",
            "Wait until tasks have ended; exit 0 when all of them succeeded",
            RunAsync,
            [Ids, Timeout, .. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var client = ClusterSession.OpenToLook(invocation);
        var ids = await ReadIdsAsync(invocation);
        return await WaitAsync(invocation, client, ids, invocation.Get(Timeout));
    }

    /// <summary>Prints each task as it ends. 1 when one of them did not succeed.</summary>
    internal static async Task<int> WaitAsync(Invocation invocation, WireClient client, IReadOnlyList<string> ids, TimeSpan? timeout)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
        using var timer = timeout is { } span
            ? invocation.Time.CreateTimer(_ => patience.Cancel(), null, span, System.Threading.Timeout.InfiniteTimeSpan)
            : null;
        var left = ids.ToHashSet(StringComparer.Ordinal);
        var all = left.Count;
        var code = ExitCode.Ok;
        try
        {
            await foreach (var task in client.WaitAsync(ids, patience.Token))
            {
                left.Remove(task.Id);
                code = task.State == TaskState.Succeeded ? code : ExitCode.Failed;
                Show(invocation, task);
            }

            return (int)code;
        }
        catch (Exception e)
            when (invocation.Cancellation.IsCancellationRequested
                && left.Count > 0
                && e is OperationCanceledException or FailureException { Failure.Entry.Kind: FailureKind.Cancelled }
            )
        {
            throw Interrupted(left);
        }
        catch (Exception e) when (IsOurTimeout(e, patience, invocation))
        {
            throw new Failure(
                Catalogue.WaitTimeout,
                $"{(all == 1 ? left.First() : $"{left.Count} of {all} tasks")} {(left.Count == 1 ? "has" : "have")} not ended after {Times.Took((long)timeout!.Value.TotalMicroseconds)}",
                $"Look why: clw task show {left.First()}; or wait longer: what was submitted goes on"
            ).AsException();
        }
    }

    private static FailureException Interrupted(HashSet<string> left) =>
        new Failure(
            Catalogue.Interrupted,
            $"Interrupted; {(left.Count == 1 ? $"{left.First()} has" : $"{left.Count} tasks have")} not ended",
            left.Count <= MostNamed
                ? $"What was submitted goes on; wait again: clw task wait {string.Join(' ', left.Order(StringComparer.Ordinal))}"
                : "What was submitted goes on; look with: clw task list"
        ).AsException();

    private const int MostNamed = 5;

    private static bool IsOurTimeout(Exception e, CancellationTokenSource patience, Invocation invocation) =>
        patience.IsCancellationRequested
        && !invocation.Cancellation.IsCancellationRequested
        && e is OperationCanceledException or FailureException { Failure.Entry.Kind: FailureKind.Cancelled };

    private static void Show(Invocation invocation, V1.Task task)
    {
        var terminal = invocation.Terminal;
        if (invocation.Json)
        {
            Json.WriteLine(terminal, writer => TaskJson.Write(writer, task));
        }
        else
        {
            var took = task.RunMicros > 0 ? $" {Times.Took(task.RunMicros)}" : "";
            var why =
                task.Failure is { Code.Length: > 0 } failure && task.State != TaskState.Succeeded
                    ? $" {failure.Code}: {Table.OneLine(failure.Message)}"
                    : "";
            terminal.WriteLine($"{task.Id} {TaskTable.PaintState(terminal, task.State, TaskMessages.Name(task.State))}{took}{why}");
        }

        // Whoever reads along wants it now, not when the last one has ended.
        terminal.Out.Flush();
    }

    private static async Task<IReadOnlyList<string>> ReadIdsAsync(Invocation invocation)
    {
        var ids = new List<string>();
        foreach (var word in invocation.Get(Ids)!)
        {
            if (word != "-")
            {
                ids.Add(word);
                continue;
            }

            using var input = new StreamReader(invocation.Terminal.OpenInput());
            while (await input.ReadLineAsync(invocation.Cancellation).AsTask().WaitAsync(invocation.Cancellation) is { } line)
            {
                if (line.Trim() is { Length: > 0 } id)
                {
                    ids.Add(id);
                }
            }
        }

        return ids;
    }
}
