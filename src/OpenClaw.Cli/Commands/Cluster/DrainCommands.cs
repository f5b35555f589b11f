using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands.Cluster;

/// <summary><c>clw cluster drain</c> and <c>undrain</c>: workers that get no more work, until they are given back.</summary>
internal static class DrainCommands
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private static readonly Argument<string[]> Names = new("workers") { Description = "Their names", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Kept with it and shown", HelpName = "TEXT" };
    private static readonly Option<bool> Wait = new("--wait") { Description = "Wait until they hold nothing more" };
    private static readonly Option<TimeSpan?> Timeout = Options.Duration(
        "--timeout",
        "With --wait: give up after this long; they stay drained"
    );

    public static Command Drain(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "drain",
            "Give workers no more work; they finish what they run and stay connected until undrain",
            DrainAsync,
            [Names, Reason, Wait, Timeout, .. ClusterSession.Options]
        );

    public static Command Undrain(VerbRunner run) =>
        CommandTree.Verb(run, "undrain", "Give drained workers work again", UndrainAsync, [Names, .. ClusterSession.Options]);

    private static async Task<int> DrainAsync(Invocation invocation)
    {
        using var client = ClusterSession.Open(invocation);
        var names = Distinct(invocation);
        var answer = (await client.DrainAsync(names, drained: true, invocation.Get(Reason) ?? "", invocation.Cancellation)).Value;
        if (invocation.Get(Wait))
        {
            return await WaitAsync(invocation, client, names);
        }

        Show(
            invocation,
            answer.Workers,
            answer.TypesOf,
            w => w.Held == 0 ? "drained, holds nothing" : $"drained, finishes {Counted.Of(w.Held, "task")}"
        );
        return 0;
    }

    private static async Task<int> UndrainAsync(Invocation invocation)
    {
        using var client = ClusterSession.Open(invocation);
        var answer = (await client.DrainAsync(Distinct(invocation), drained: false, "", invocation.Cancellation)).Value;
        Show(
            invocation,
            answer.Workers,
            answer.TypesOf,
            w => w.State == "healthy" ? "gets work again" : $"gets work again when it is well: it is {w.State}"
        );
        return 0;
    }

    private static string[] Distinct(Invocation invocation) => [.. invocation.Get(Names)!.Distinct(StringComparer.Ordinal)];

    private static async Task<int> WaitAsync(Invocation invocation, WireClient client, string[] names)
    {
        var left = names.ToHashSet(StringComparer.Ordinal);
        var began = invocation.Time.GetTimestamp();
        var silent = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var status = (await client.StatusAsync(names, invocation.Cancellation)).Value;
            var now = status.Workers;
            foreach (var gone in left.Where(n => now.All(w => w.Id != n)).ToList())
            {
                // Forgotten, or never here since the manager's start: it holds nothing.
                left.Remove(gone);
            }

            var empty = now.Where(w => w.Held == 0 && left.Remove(w.Id)).ToList();
            Show(invocation, empty, status.TypesOf, _ => "holds nothing more");
            invocation.Terminal.Flush();
            foreach (var away in now.Where(w => left.Contains(w.Id) && w.State == "UNREACHABLE" && silent.Add(w.Id)))
            {
                invocation.Terminal.Note($"note: {away.Id} is UNREACHABLE; what it holds stays with it until it is back or its lease ends");
            }

            if (left.Count == 0)
            {
                return 0;
            }

            if (invocation.Get(Timeout) is { } patience && invocation.Time.GetElapsedTime(began) > patience)
            {
                var held = now.Where(w => left.Contains(w.Id)).Select(w => $"{w.Id} ({Counted.Of(w.Held, "task")})");
                throw new Failure(
                    Catalogue.WaitTimeout,
                    $"Not empty after {Times.Took((long)patience.TotalMicroseconds)}: {string.Join(", ", held)}",
                    $"See what it runs: clw task list --worker {left.First()} --status RUNNING; it stays drained"
                ).AsException();
            }

            await Task.Delay(LookAgain, invocation.Time, invocation.Cancellation);
        }
    }

    private static void Show(
        Invocation invocation,
        IEnumerable<WorkerStatus> workers,
        Func<WorkerStatus, IReadOnlyList<WorkerType>> types,
        Func<WorkerStatus, string> what
    )
    {
        foreach (var worker in workers)
        {
            if (invocation.Json)
            {
                Json.WriteLine(invocation.Terminal, writer => ClusterJson.WriteWorker(writer, worker, types(worker)));
            }
            else
            {
                invocation.Terminal.WriteLine($"{worker.Id} {what(worker)}");
            }
        }
    }
}
