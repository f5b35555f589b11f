using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw health</c>: asks the worker of this machine how it stands, for container health checks. Exit 0 or 1, nothing else.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly SettingsOptions Flags = new();

    private static readonly Option<string?> At = new("--at")
    {
        Description = "The health port of another worker: HOST:PORT",
        HelpName = "HOST:PORT",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "health",
            "Ask the worker of this machine how it stands; exit 0 when it is healthy, 1 when not",
            RunAsync,
            [At, Options.DataDir, .. Flags.All]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        Failure? failure;
        try
        {
            failure = await AskAsync(invocation, Address(invocation));
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

        return (int)(failure is null ? ExitCode.Ok : ExitCode.Failed);
    }

    private static HostPort Address(Invocation invocation)
    {
        if (invocation.Get(At) is { } given)
        {
            return HostPort.TryParse(given, null, out var at)
                ? at
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
        return AddressOf(Flags.Load(invocation, directory));
    }

    /// <summary>Where the worker says that it listens; without a word of it, where it would.</summary>
    private static HostPort AddressOf(LoadedSettings loaded)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(loaded.Paths.StateDir, "worker", "health.json")));
            if (
                file.RootElement.TryGetProperty("address", out var address)
                && HostPort.TryParse(address.GetString() ?? "", null, out var told)
            )
            {
                return told;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // It does not run, or runs for somebody else: the port tells.
        }

        return new HostPort("127.0.0.1", loaded.Settings.Worker.HealthPort);
    }

    private static async Task<Failure?> AskAsync(Invocation invocation, HostPort address)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
        limit.CancelAfter(Patience);
        try
        {
            var (code, body) = await HealthProbe.GetAsync(address, "/health", limit.Token);
            return Judge(invocation, address, code, body);
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

    private static Failure? Judge(Invocation invocation, HostPort address, int code, ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return new Failure(
                Catalogue.Protocol,
                $"What answers on {address} is not an OpenClaw worker",
                "Name its health port: --at HOST:PORT"
            );
        }

        using (document)
        {
            var root = document.RootElement;
            if (invocation.Json)
            {
                Json.Write(invocation.Terminal, root.WriteTo);
            }

            var status = Text(root, "status") ?? "unknown";
            var who = Text(root, "worker") ?? address.ToString();
            if (code == 200)
            {
                if (!invocation.Json)
                {
                    var tasks = root.TryGetProperty("active_tasks", out var active) ? active.GetInt32() : 0;
                    invocation.Terminal.WriteLine($"{who}: {status}, {tasks} active {(tasks == 1 ? "task" : "tasks")}");
                }

                return null;
            }

            var problem = root.TryGetProperty("problem", out var known) ? known : default;
            var entry =
                (problem.ValueKind == JsonValueKind.Object ? Catalogue.Find(Text(problem, "code") ?? "") : null)
                ?? Catalogue.WorkerUnreachable;
            var why = problem.ValueKind == JsonValueKind.Object ? $": {Text(problem, "message")}" : "";
            return new Failure(entry, $"{who} is {status}{why}");
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
