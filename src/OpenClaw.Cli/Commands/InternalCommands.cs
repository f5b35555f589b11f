using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Settings;
using OpenClaw.V1;
using OpenClaw.Worker;

namespace OpenClaw.Cli.Commands;

/// <summary>Verbs that our own programs call. No promise is made of them.</summary>
internal static class InternalCommands
{
    private static readonly Option<string?> Worker = new("--id") { Description = "The worker; left out: the one of the state directory" };
    private static readonly Option<string?> StateDir = new("--state-dir") { Description = "The worker's state directory" };
    private static readonly Option<long> Incarnation = new("--incarnation") { Description = "Its incarnation", Required = true };
    private static readonly Option<int?> Code = Options.Int("--code", "Its exit code, as a shell shows it", 0, 255);
    private static readonly Option<string?> Cause = new("--cause") { Description = "How it ended" };

    public static Command Create(VerbRunner run) =>
        new("internal", "What our own programs call")
        {
            Hidden = true,
            Subcommands =
            {
                CompletionCommand.Complete(run),
                CommandTree.Verb(
                    run,
                    "report-death",
                    "Tell the manager that every process of a worker's incarnation is gone",
                    ReportDeathAsync,
                    [Worker, StateDir, Incarnation, Code, Cause, .. ClusterSession.Options]
                ),
            },
        };

    private static async Task<int> ReportDeathAsync(Invocation invocation)
    {
        // Its own file may be why it ended: what can be read of it tells where the manager is.
        var loaded = ClusterSession.LoadToLook(invocation);
        var worker =
            invocation.Get(Worker) ?? loaded.Settings.Cluster.WorkerId ?? KeptId(invocation.Get(StateDir) ?? loaded.Paths.StateDir);
        if (worker is null)
        {
            // It died before it had a name: it was never registered and held nothing.
            return 0;
        }

        // One that ended by itself perhaps cannot start at all: a start's own checks tell why.
        var why = invocation.Get(Code) is > 0 and < 128
            ? WorkerProgram.WhyNotStart(loaded.Request, Programs.Runner, invocation.Time)
            : null;

        // What a supervisor says of its worker, it says as that worker.
        using var client = ClusterSession.Open(invocation, loaded, TlsRole.Worker);
        var response = await client.ReportDeathAsync(
            new ReportDeathRequest
            {
                Worker = worker,
                Incarnation = invocation.Get(Incarnation),
                Cause = invocation.Get(Cause) ?? "",
                Code = why?.Code ?? "",
                Reason = why?.Message ?? "",
            },
            invocation.Cancellation
        );
        var released = response.Value.Released;
        if (released == 0)
        {
            return 0;
        }

        invocation.Terminal.WriteLine($"{Counted.Of(released, "task")} went back to the queue");
        return 0;
    }

    // The name that the worker made for itself at its first start; null when it never came so far.
    private static string? KeptId(string stateDirectory)
    {
        var file = Path.Combine(stateDirectory, "worker", "identity.json");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return document.RootElement.GetProperty("id").GetString()!;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            throw new Failure(Catalogue.FileUnreadable, $"{file} does not tell which worker it was: {e.Message}").AsException(e);
        }
    }
}
