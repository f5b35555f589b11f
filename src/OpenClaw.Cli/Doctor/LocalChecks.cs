using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Cli.Commands;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Doctor;

/// <summary>What runs on this machine, which ports it has, and what earlier runs left.</summary>
internal static class LocalChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>A program that says in a file where it listens.</summary>
    /// <param name="Pid">Its process; 0: not told.</param>
    /// <param name="Address">Its plain HTTP port.</param>
    /// <param name="Alive">Whether that process is there.</param>
    public sealed record Told(int Pid, HostPort Address, bool Alive);

    /// <summary>What a program wrote about itself; null: nothing that can be read.</summary>
    public static Told? Read(string file, string key)
    {
        try
        {
            var node = JsonNode.Parse(File.ReadAllBytes(file));
            return HostPort.TryParse((string?)node?[key] ?? "", null, out var address)
                ? new Told((int?)node?["pid"] ?? 0, Local(address), Lives((int?)node?["pid"] ?? 0))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The managers that a worker that runs here was told to connect to; none: the one of this machine, or it does not run.</summary>
    public static IReadOnlyList<HostPort> ManagersOf(string file)
    {
        if (Read(file, "address") is not { Alive: true })
        {
            return [];
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file))?["managers"] is JsonArray all
                ? [.. all.Select(m => HostPort.TryParse((string?)m ?? "", null, out var at) ? at : (HostPort?)null).OfType<HostPort>()]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    public static async Task<Finding> WorkerAsync(Told? told, string file, CancellationToken cancellation)
    {
        const string check = "worker here";
        if (told is null)
        {
            return Finding.Skip(check, $"none has said that it runs ({file})");
        }

        if (!told.Alive)
        {
            return Stale(check, told, file);
        }

        var (code, body) = await GetAsync(told.Address, "/health", cancellation);
        return code switch
        {
            200 => Finding.Ok(check, KernelChecks.Text($"process {told.Pid} is healthy, on {told.Address}")),
            503 => Finding.Fail(check, Problem(told, body)),
            _ => Finding.Fail(
                check,
                KernelChecks.Text($"process {told.Pid} does not answer on {told.Address}"),
                "systemctl restart openclaw-worker; its log tells more: clw logs --component worker",
                Catalogue.WorkerUnreachable
            ),
        };
    }

    public static async Task<Finding> ManagerAsync(Told? told, string file, CancellationToken cancellation)
    {
        const string check = "manager here";
        if (told is null)
        {
            return Finding.Skip(check, $"none has said that it runs ({file})");
        }

        if (!told.Alive)
        {
            return Stale(check, told, file);
        }

        var (code, _) = await GetAsync(told.Address, "/healthz", cancellation);
        return code == 200
            ? Finding.Ok(check, KernelChecks.Text($"process {told.Pid} answers, on {told.Address}"))
            : Finding.Fail(
                check,
                KernelChecks.Text($"process {told.Pid} does not answer on {told.Address}"),
                "systemctl restart openclaw-manager; its log tells more: clw logs --component manager",
                Catalogue.ConnectionTimeout
            );
    }

    /// <summary>A port that a program of this machine would take.</summary>
    /// <param name="check">The check's name.</param>
    /// <param name="address">Where it would listen.</param>
    /// <param name="ours">A program of ours runs and has it.</param>
    public static Finding Port(string check, HostPort address, bool ours)
    {
        if (ours)
        {
            return Finding.Ok(check, $"{address} is ours");
        }

        if (address.Port == 0)
        {
            return Finding.Ok(check, "the system chooses");
        }

        var at = IPAddress.TryParse(address.Host, out var given) ? given : IPAddress.Loopback;
        using var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(at, address.Port));
            return Finding.Ok(check, $"{address} is free");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return Finding.Warn(
                check,
                $"{address} is taken by a program that is not ours: ours would not start on it",
                KernelChecks.Text($"ss -ltnp 'sport = :{address.Port}' tells whose it is; or choose another port"),
                Catalogue.PortInUse
            );
        }
        catch (SocketException e)
        {
            return Finding.Skip(check, $"{address} cannot be tried: {e.Message}");
        }
    }

    /// <summary>Files that guides tell to remove. Ours need no removal: locks are the kernel's and end with their holder.</summary>
    public static Finding Leftovers(string stateDirectory)
    {
        const string check = "locks";
        var directory = Path.Combine(stateDirectory, "worker-state");
        string[] files;
        try
        {
            files = Directory.Exists(directory) ? Directory.GetFiles(directory) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Skip(check, $"{directory} cannot be read: {e.Message}");
        }

        var old = files.Where(f => f.EndsWith(".lock", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal)).ToList();
        return old.Count == 0
            ? Finding.Ok(check, "held by the kernel, they end with their process: none can be stale")
            : Finding.Warn(
                check,
                $"{string.Join(", ", old.Select(Path.GetFileName))} in {directory}: left by another version, not used",
                $"rm -f {directory}/*.lock {directory}/*.tmp; that is always safe"
            );
    }

    private static Finding Stale(string check, Told told, string file) =>
        Finding.Fail(
            check,
            KernelChecks.Text($"{file} names process {told.Pid}, which is gone: it was killed and not started again"),
            check.StartsWith("worker", StringComparison.Ordinal)
                ? "systemctl start openclaw-worker, or clw worker"
                : "systemctl start openclaw-manager, or clw up",
            check.StartsWith("worker", StringComparison.Ordinal) ? Catalogue.WorkerUnreachable : Catalogue.ConnectionRefused
        );

    private static Failure Problem(Told told, ReadOnlyMemory<byte> body)
    {
        string? status = null,
            code = null,
            message = null;
        try
        {
            var node = JsonNode.Parse(body.Span);
            status = (string?)node?["status"];
            code = (string?)node?["problem"]?["code"];
            message = (string?)node?["problem"]?["message"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What it says is not to be read: that it is not healthy is known.
        }

        var entry = Catalogue.Find(code ?? "") ?? Catalogue.WorkerUnreachable;
        return new Failure(
            entry,
            KernelChecks.Text($"process {told.Pid} is {status ?? "not healthy"}{(message is null ? "" : ": " + message)}")
        );
    }

    private static async Task<(int Code, ReadOnlyMemory<byte> Body)> GetAsync(HostPort address, string path, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await HealthProbe.GetAsync(address, path, limit.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return (0, default);
        }
    }

    private static bool Lives(int pid) =>
        pid <= 0 || !Directory.Exists("/proc/self") || Directory.Exists($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}");

    // One that listens everywhere is asked on this machine's own address.
    private static HostPort Local(HostPort address) =>
        address.Host is "0.0.0.0" or "*" ? address with { Host = "127.0.0.1" }
        : address.Host is "::" ? address with { Host = "::1" }
        : address;
}
