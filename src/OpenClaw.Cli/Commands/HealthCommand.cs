using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary>
/// <c>clw health</c>: asks the worker of this machine how it stands, or the manager whether it answers, for container health checks.
/// Exit 0 or 1, nothing else.
/// </summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly SettingsOptions Flags = new();

    private static readonly Argument<string> Whose = new("whose")
    {
        Description = "worker or manager",
        DefaultValueFactory = _ => "worker",
        HelpName = "worker|manager",
    };

    private static readonly Option<string?> At = new("--at")
    {
        Description = "The health port of another worker: HOST:PORT",
        HelpName = "HOST:PORT",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "health",
            "Ask the worker of this machine how it stands, or the manager; exit 0 when it is healthy, 1 when not",
            RunAsync,
            [Whose.AcceptOnlyFromAmong("worker", "manager"), At, Options.DataDir, .. Flags.All]
        );

    private static Task<int> RunAsync(Invocation invocation)
    {
        Failure? failure;
        try
        {
            if (invocation.Get(Whose) == "manager")
            {
                failure = ManagerHealth.Ask(invocation, Flags, At, Patience);
            }
            else
            {
                var (address, worker) = Address(invocation);
                failure = Ask(invocation, address, worker);
            }
        }
        catch (FailureException e)
        {
            failure = e.Failure;
        }

        if (failure is not null)
        {
            // Whatever the reason's own exit code is: health checks know two, and containers keep 2 for themselves.
            FailurePrinter.Print(invocation.Terminal, failure, invocation.Json);
        }

        return Task.FromResult((int)(failure is null ? ExitCode.Ok : ExitCode.Failed));
    }

    private static (HostPort Address, string? Worker) Address(Invocation invocation)
    {
        if (invocation.Get(At) is { } given)
        {
            return HostPort.TryParse(given, null, out var at)
                ? (at, null)
                : throw new Failure(
                    Catalogue.Usage,
                    $"--at: '{given}' is not HOST:PORT",
                    "For example --at 192.168.1.102:9091"
                ).AsException();
        }

        // A cluster that keeps all it has in one directory keeps its worker's state there.
        IEnumerable<SettingFlag> directory = invocation.Get(Options.DataDir) is { } dir
            ? [new("--data-dir", WorkerKeys.StateDir.Path, dir)]
            : [];
        return AddressOf(Flags.LoadToLook(invocation, directory));
    }

    /// <summary>Where the worker of this state directory says that it listens. No word of it is an answer too: it does not, and whoever has its port is another.</summary>
    private static (HostPort Address, string? Worker) AddressOf(LoadedSettings loaded)
    {
        var path = Path.Combine(loaded.Paths.StateDir, "worker", "health.json");
        string why;
        try
        {
            var file = JsonNode.Parse(File.ReadAllBytes(path));
            if (HostPort.TryParse((string?)file?["address"] ?? "", null, out var told))
            {
                return (told, (string?)file?["worker"]);
            }

            why = "it says nothing that can be read";
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            why = "there is no such file";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            why = e.Message;
        }

        throw new Failure(
            Catalogue.WorkerUnreachable,
            $"No worker of this machine has a health port: {path}: {why}",
            "See whether it runs: clw cluster status; another directory: --data-dir DIR; another worker: --at HOST:PORT"
        ).AsException();
    }

    private static Failure? Ask(Invocation invocation, HostPort address, string? worker)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
        limit.CancelAfter(Patience);
        try
        {
            var (code, body) = HealthProbe.Get(address, "/health", limit.Token);
            return Judge(invocation, address, worker, code, body);
        }
        catch (SocketException e)
        {
            return new Failure(
                Catalogue.ConnectionRefused,
                $"No worker answers on {address}: {e.Message}",
                "See whether it runs, and with which health port: clw cluster status, clw debug config"
            );
        }
        catch (OperationCanceledException) when (!invocation.Cancellation.IsCancellationRequested)
        {
            return new Failure(Catalogue.ConnectionTimeout, $"The worker at {address} does not answer within {Patience.TotalSeconds:0} s");
        }
    }

    private static Failure? Judge(Invocation invocation, HostPort address, string? worker, int code, ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        if (
            document?.RootElement is not { ValueKind: JsonValueKind.Object } root
            || Text(root, "status") is not { } status
            || (code == 200 && status != "healthy")
        )
        {
            return new Failure(
                Catalogue.Protocol,
                $"What answers on {address} is not an OpenClaw worker",
                "Name its health port: --at HOST:PORT"
            );
        }

        var who = Text(root, "worker") ?? address.ToString();
        if (worker is not null && who != worker)
        {
            return new Failure(Catalogue.WorkerUnreachable, $"{worker} does not answer: its port {address} is that of {who} now");
        }

        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, root.WriteTo);
        }

        if (code == 200)
        {
            if (!invocation.Json)
            {
                var tasks =
                    root.TryGetProperty("active_tasks", out var active)
                    && active.ValueKind == JsonValueKind.Number
                    && active.TryGetInt32(out var count)
                        ? count
                        : 0;
                invocation.Terminal.WriteLine($"{who}: {status}, {tasks} active {(tasks == 1 ? "task" : "tasks")}");
            }

            return null;
        }

        var problem = root.TryGetProperty("problem", out var known) && known.ValueKind == JsonValueKind.Object ? known : (JsonElement?)null;
        var entry = Catalogue.Find(problem is { } told ? Text(told, "code") ?? "" : "") ?? Catalogue.WorkerUnreachable;
        return new Failure(entry, $"{who} is {status}{(problem is { } more ? $": {Text(more, "message")}" : "")}");
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
