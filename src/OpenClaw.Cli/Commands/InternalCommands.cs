using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Settings;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands;

/// <summary>Verbs that our own programs call. No promise is made of them.</summary>
internal static class InternalCommands
{
    private static readonly Option<string?> Worker = new("--id") { Description = "The worker; left out: the one of the state directory" };
    private static readonly Option<string?> StateDir = new("--state-dir") { Description = "The worker's state directory" };
    private static readonly Option<long> Incarnation = new("--incarnation") { Description = "Its incarnation", Required = true };
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
                    [Worker, StateDir, Incarnation, Cause, .. ClusterSession.Options]
                ),
            },
        };

    private static async Task<int> ReportDeathAsync(Invocation invocation)
    {
        var loaded = ClusterSession.Load(invocation);
        var worker =
            invocation.Get(Worker) ?? loaded.Settings.Cluster.WorkerId ?? KeptId(invocation.Get(StateDir) ?? loaded.Paths.StateDir);
        if (worker is null)
        {
            // It died before it had a name: it was never registered and held nothing.
            return 0;
        }

        // What a supervisor says of its worker, it says as that worker.
        using var client = ClusterSession.Open(invocation, loaded, TlsRole.Worker);
        var response = await client.ReportDeathAsync(
            new ReportDeathRequest
            {
                Worker = worker,
                Incarnation = invocation.Get(Incarnation),
                Cause = invocation.Get(Cause) ?? "",
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
