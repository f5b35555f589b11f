using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Cluster;

/// <summary><c>clw cluster restart-workers</c>: some at a time, without losing a task.</summary>
internal static class RestartCommand
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromMinutes(5);

    private static readonly Argument<string[]> Names = new("workers") { Description = "Their names", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> All = new("--all") { Description = "All workers that are connected" };
    private static readonly Option<string?> Parallel = new("--parallel")
    {
        Description = "How many at a time: a number, or a share of them [10%, at least 1]",
        HelpName = "N|N%",
    };

    private static readonly Option<TimeSpan?> Timeout = Options.Duration(
        "--timeout",
        "How long one may take to be back; then no further one is restarted [5m]"
    );

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "restart-workers",
            "Restart workers, some at a time; what they run ends or goes to others",
            RunAsync,
            [Names, All, Parallel, Timeout, .. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var names = invocation.Get(Names) ?? [];
        if (invocation.Get(All) == names.Length > 0)
        {
            throw Usage(names.Length > 0 ? "Name workers or say --all, not both" : "clw cluster restart-workers needs names, or --all");
        }

        _ = HowMany(invocation.Get(Parallel), 1);
        using var client = ClusterSession.Open(invocation);
        var status = (await client.StatusAsync(invocation.Cancellation)).Value;
        var (chosen, skipped) = names.Length > 0 ? (Named(status, names), []) : Connected(status);
        foreach (var worker in skipped)
        {
            invocation.Terminal.Note($"note: {worker.Id} is left out: {WhyNot(worker)}");
        }

        var progress = new Progress(invocation.Terminal, invocation.Json, chosen.Count);
        var rolling = new RollingRestart(
            new Target(client),
            invocation.Time,
            HowMany(invocation.Get(Parallel), chosen.Count),
            invocation.Get(Timeout) ?? DefaultPatience
        )
        {
            Happened = progress.Show,
        };
        using var noticed = invocation.Cancellation.Register(progress.Interrupted);
        var began = invocation.Time.GetTimestamp();
        var report = await rolling.RunAsync(chosen, invocation.Cancellation);
        return Conclude(invocation, report, skipped, invocation.Time.GetElapsedTime(began));
    }

    private static int Conclude(Invocation invocation, RestartReport report, IReadOnlyList<WorkerStatus> skipped, TimeSpan took)
    {
        var interrupted = invocation.Cancellation.IsCancellationRequested && report.Left.Count > 0;
        var terminal = invocation.Terminal;
        if (invocation.Json)
        {
            Json.Write(terminal, writer => Write(writer, report, skipped, interrupted));
        }
        else
        {
            var left = report.Left.Count > 0 ? $", {report.Left.Count} not touched" : "";
            var failed = report.Failed.Count > 0 ? $", {report.Failed.Count} failed" : "";
            terminal.WriteLine(
                $"{Counted.Of(report.Restarted.Count, "worker")} restarted in {Times.Took((long)took.TotalMicroseconds)}{failed}{left}"
            );
        }

        if (report.Failed.Count > 0)
        {
            terminal.Flush();
            FailurePrinter.Print(terminal, report.Failed[0].Failure!, invocation.Json);
            return (int)ExitCode.Failed;
        }

        if (interrupted)
        {
            throw new Failure(
                Catalogue.Interrupted,
                $"Interrupted; not restarted: {string.Join(", ", report.Left)}",
                $"Go on with: clw cluster restart-workers {string.Join(' ', report.Left)}"
            ).AsException();
        }

        return (int)(skipped.Count > 0 ? ExitCode.Failed : ExitCode.Ok);
    }

    private static List<WorkerStatus> Named(StatusResponse status, string[] names)
    {
        var chosen = new List<WorkerStatus>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            var worker = status.Workers.FirstOrDefault(w => w.Id == name) ?? throw WorkerNames.Unknown(name, status).AsException();
            if (!CanBeTold(worker))
            {
                throw new Failure(
                    worker.Restartable || !IsConnected(worker) ? Catalogue.WorkerUnreachable : Catalogue.WorkerUnsupervised,
                    $"Worker {name} cannot be restarted: {WhyNot(worker)}"
                ).AsException();
            }

            chosen.Add(worker);
        }

        return chosen;
    }

    private static (List<WorkerStatus> Chosen, List<WorkerStatus> Skipped) Connected(StatusResponse status) =>
        ([.. status.Workers.Where(CanBeTold)], [.. status.Workers.Where(w => !CanBeTold(w) && w.State != "stopped")]);

    private static bool IsConnected(WorkerStatus worker) => worker.State is "healthy" or "draining" or "flapping";

    private static bool CanBeTold(WorkerStatus worker) => IsConnected(worker) && worker.Restartable;

    private static string WhyNot(WorkerStatus worker) =>
        IsConnected(worker) ? "no supervisor would start it again (clw-worker-unsupervised)" : $"it is {worker.State}";

    /// <summary>How many at a time: a number, a share of all, or a tenth of them; at least one.</summary>
    internal static int HowMany(string? text, int all)
    {
        if (text is null)
        {
            return Math.Max(1, all / 10);
        }

        var share = text.EndsWith('%');
        var number = share ? text[..^1] : text;
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n < 1 || (share && n > 100))
        {
            throw Usage($"--parallel takes a number from 1, or a share from 1% to 100%, not '{text}'");
        }

        return share ? (int)Math.Max(1, (long)all * n / 100) : n;
    }

    private static FailureException Usage(string message) =>
        new Failure(Catalogue.Usage, message, "See what it takes: clw cluster restart-workers --help").AsException();

    private static void Write(Utf8JsonWriter writer, RestartReport report, IReadOnlyList<WorkerStatus> skipped, bool interrupted)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("restarted");
        foreach (var step in report.Restarted)
        {
            writer.WriteStartObject();
            writer.WriteString("worker", step.Worker);
            writer.WriteNumber("from", step.From);
            writer.WriteNumber("to", step.To);
            writer.WriteNumber("took_ms", (long)step.Took.TotalMilliseconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("failed");
        foreach (var step in report.Failed)
        {
            writer.WriteStartObject();
            writer.WriteString("worker", step.Worker);
            writer.WriteString("code", step.Failure!.Code);
            writer.WriteString("message", step.Failure.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteNames(writer, "not_touched", report.Left);
        WriteNames(writer, "left_out", skipped.Select(w => w.Id));
        writer.WriteBoolean("interrupted", interrupted);
        writer.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter writer, string name, IEnumerable<string> names)
    {
        writer.WriteStartArray(name);
        foreach (var worker in names)
        {
            writer.WriteStringValue(worker);
        }

        writer.WriteEndArray();
    }

    // Orders are not taken back by Ctrl-C: whoever was told is waited for.
    private sealed class Target(WireClient client) : IRestartTarget
    {
        public async Task<Result<bool>> RestartAsync(string worker, long incarnation)
        {
            var answer = await client.RestartWorkerAsync(worker, incarnation);
            return answer.IsOk ? answer.Value.Told : answer.Failure;
        }

        public Task<Result<StatusResponse>> LookAsync(IReadOnlyCollection<string> workers) => client.StatusAsync(workers);
    }

    /// <summary>Lines as it goes on. The interruption comes from another thread.</summary>
    private sealed class Progress(Terminal terminal, bool json, int all)
    {
        private readonly Lock gate = new();
        private int told;

        public void Show(RestartStep step)
        {
            lock (gate)
            {
                if (step.Failure is { } failure)
                {
                    terminal.Note($"{step.Worker} failed: {failure}");
                }
                else if (step.To == 0)
                {
                    var holds = step.Held > 0 ? $", it holds {Counted.Of(step.Held, "task")}" : "";
                    terminal.Note($"{step.Worker} restarts ({++told} of {all}){holds}");
                }
                else if (!json)
                {
                    terminal.WriteLine($"{step.Worker} is back after {Times.Took((long)step.Took.TotalMicroseconds)}");
                    terminal.Flush();
                }
            }
        }

        public void Interrupted()
        {
            lock (gate)
            {
                terminal.Note("Stopping: no further worker is restarted; those that were told are waited for.");
            }
        }
    }
}
