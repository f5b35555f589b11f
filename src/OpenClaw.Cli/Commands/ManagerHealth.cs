using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw health manager</c>: whether the manager of this machine answers on its web port, where <c>manager.json</c> says that it is.</summary>
internal static class ManagerHealth
{
    private const string Liveness = "/healthz";

    /// <summary>Null when it answers.</summary>
    public static Failure? Ask(Invocation invocation, SettingsOptions flags, Option<string?> at, TimeSpan patience)
    {
        var address = Address(invocation, flags, at);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
        limit.CancelAfter(patience);
        try
        {
            var (code, _) = HealthProbe.Get(address, Liveness, limit.Token);
            if (code != 200)
            {
                return new Failure(
                    Catalogue.Protocol,
                    $"What answers on {address} is not an OpenClaw manager",
                    "Name its web port: --at HOST:PORT"
                );
            }

            if (invocation.Json)
            {
                Json.Write(
                    invocation.Terminal,
                    writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteString("status", "healthy");
                        writer.WriteString("web", address.ToString());
                        writer.WriteEndObject();
                    }
                );
            }
            else
            {
                invocation.Terminal.WriteLine($"manager: answers on {address}");
            }

            return null;
        }
        catch (SocketException e)
        {
            return new Failure(
                Catalogue.ConnectionRefused,
                $"No manager answers on {address}: {e.Message}",
                "See whether it runs: systemctl status openclaw-manager, clw doctor"
            );
        }
        catch (OperationCanceledException) when (!invocation.Cancellation.IsCancellationRequested)
        {
            return new Failure(Catalogue.ConnectionTimeout, $"The manager at {address} does not answer within {patience.TotalSeconds:0} s");
        }
    }

    private static HostPort Address(Invocation invocation, SettingsOptions flags, Option<string?> at)
    {
        if (invocation.Get(at) is { } given)
        {
            return HostPort.TryParse(given, null, out var named)
                ? named
                : throw new Failure(
                    Catalogue.Usage,
                    $"--at: '{given}' is not HOST:PORT",
                    "For example --at 192.168.1.10:9080"
                ).AsException();
        }

        IEnumerable<SettingFlag> directory = invocation.Get(Options.DataDir) is { } dir
            ? [new("--data-dir", ManagerKeys.DataDir.Path, dir)]
            : [];
        var file = Path.Combine(ClusterSession.DataDirectory(flags.LoadToLook(invocation, directory)), "manager.json");
        string why;
        try
        {
            var text = (string?)JsonNode.Parse(File.ReadAllBytes(file))?["web"] ?? "";
            if (HostPort.TryParse(text, null, out var told))
            {
                // One that listens everywhere is asked on this machine's own address.
                return told.Host is "0.0.0.0" ? told with { Host = "127.0.0.1" }
                    : told.Host is "::" ? told with { Host = "::1" }
                    : told;
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
            Catalogue.ConnectionRefused,
            $"No manager of this machine has said where it is: {file}: {why}",
            "See whether it runs: systemctl status openclaw-manager; another directory: --data-dir DIR; another manager: --at HOST:PORT"
        ).AsException();
    }
}
