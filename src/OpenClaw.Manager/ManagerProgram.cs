using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Settings;
using OpenClaw.Hosting.Stopping;
using OpenClaw.Rpc;

namespace OpenClaw.Manager;

/// <summary>The manager as a program.</summary>
public static class ManagerProgram
{
    /// <summary>Runs a manager until it is told to stop. Returns the exit code of the process.</summary>
    public static Task<int> RunAsync(LoadedSettings loaded)
    {
        ArgumentNullException.ThrowIfNull(loaded);

        // Nothing in a manager drains for long: what it acknowledged is in the store, and workers keep what they run.
        var grace = new StopOptions
        {
            Draining = TimeSpan.FromSeconds(1),
            Cancelling = TimeSpan.FromSeconds(4),
            Abandoning = loaded.Settings.Manager.ShutdownGrace,
        };
        return Daemon.RunAsync("manager", loaded, grace, context => RunAsync(context, loaded));
    }

    private static async Task<Failure?> RunAsync(DaemonContext context, LoadedSettings loaded)
    {
        var tls = TlsPlan.Resolve(loaded, TlsRole.Manager, Machine.Here);
        if (!tls.IsOk)
        {
            return tls.Failure;
        }

        // Files that happen to be on the machine and that nobody needs are not read: this user may not be allowed to.
        var (plan, addresses) = (tls.Value, new[] { loaded.Settings.Manager.Listen, loaded.Settings.Manager.Web });
        var options = Options(loaded) with
        {
            Tls = plan.CanListen && addresses.Any(plan.Dials) ? new TlsFiles(plan.Ca!, plan.Cert, plan.Key) : null,
        };
        if (CheckAddress(options, tls.Value, loaded) is { } insecure)
        {
            return insecure;
        }

        await using var host = new ManagerHost(options, context);
        return await host.StartAsync() ?? await host.RunUntilStoppedAsync();
    }

    /// <summary>Settings that a manager takes up while it runs.</summary>
    internal static IReadOnlyList<SettingKey> LiveKeys { get; } =
    [
        QueueKeys.Capacity,
        QueueKeys.Retention,
        ManagerKeys.MaxWorkers,
        ClusterKeys.FlapDrops,
        ClusterKeys.FlapWindow,
        ClusterKeys.FlapHold,
        TaskKeys.MaxRetries,
        TaskKeys.MaxLosses,
    ];

    private static readonly HashSet<SettingKey> OfBoth = [.. LiveKeys, ClusterKeys.LeaseStop, ClusterKeys.TaskReassignAfter];

    /// <summary>What stands in a file for workers alone is not this program's business.</summary>
    internal static bool Uses(SettingKey key) =>
        OfBoth.Contains(key)
        || !(
            key.Path.StartsWith("worker.", StringComparison.Ordinal)
            || key.Path.StartsWith("task.", StringComparison.Ordinal)
            || key.Path.StartsWith("cluster.", StringComparison.Ordinal)
        );

    internal static ManagerOptions Options(LoadedSettings loaded)
    {
        var settings = loaded.Settings;
        return new ManagerOptions
        {
            ClusterName = settings.Manager.ClusterName,
            ManagerId = $"{Environment.MachineName}-{Environment.ProcessId}",
            DataDirectory = loaded.Paths.DataDir,
            Listen = settings.Manager.Listen,
            Web = settings.Manager.Web,
            MaxWorkers = settings.Manager.MaxWorkers,
            Insecure = settings.Manager.Insecure,
            AlwaysTls = settings.Tls.Mode == TlsMode.Always,
            HandshakeTimeout = settings.Tls.HandshakeTimeout,
            QueueCapacity = settings.Queue.Capacity,
            QueueRetryAfter = settings.Queue.RetryAfter,
            Retention = settings.Queue.Retention,
            DefaultMaxRetries = settings.Task.MaxRetries,
            MaxLosses = settings.Task.MaxLosses,
            TaskReassignAfter = settings.Cluster.TaskReassignAfter,
            LeaseStop = settings.Cluster.LeaseStop,
            FlapDrops = settings.Cluster.FlapDrops,
            FlapWindow = settings.Cluster.FlapWindow,
            FlapHold = settings.Cluster.FlapHold,
            Version = typeof(ManagerProgram).Assembly.GetName().Version?.ToString(3) ?? "0",
        };
    }

    private static Failure? CheckAddress(ManagerOptions options, TlsPlan tls, LoadedSettings loaded)
    {
        var open = new[] { options.Listen, options.Web }.Where(a => !a.IsLoopback).ToList();
        if (options.Tls is not null || (open.Count == 0 && tls.Mode != TlsMode.Always) || (options.Insecure && tls.Mode != TlsMode.Always))
        {
            return null;
        }

        var where = string.Join(" and ", open.Count > 0 ? open : [options.Listen]);
        var lacking =
            tls.Mode == TlsMode.Never ? "tls.mode is never"
            : tls.Ca is null ? $"there is no {TlsPlan.CaName} in {string.Join(" or ", TlsPlan.Directories(loaded, Machine.Here))}"
            : $"there is no manager.crt with its manager-key.pem beside {tls.Ca}";
        return new Failure(
            Catalogue.AddressInsecure,
            $"The manager would listen on {where} without TLS and sign-in: {lacking}",
            "Make certificates and start again: clw certs init; clw certs issue manager --host NAME,ADDRESS (docs/security.md). On a network that is protected by other means: --insecure"
        );
    }
}
