using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Links;
using OpenClaw.V1;

namespace OpenClaw.Cli.Doctor;

/// <summary>The way to a manager, step by step: each step needs the one before it, so that the first that fails is the cause.</summary>
internal static class ManagerChecks
{
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(3);

    /// <param name="address">Where it should be.</param>
    /// <param name="connect">A client for it; throws the failure that forbids one.</param>
    /// <param name="tls">Looks at the handshake; null: this build has no such look, or there is none to be had.</param>
    /// <param name="version">Ours.</param>
    /// <param name="time">For the manager's clock.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<Finding>> LookAsync(
        HostPort address,
        Func<WireClient> connect,
        Func<HostPort, CancellationToken, Task<Finding?>>? tls,
        string version,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        List<Finding> found = [];
        var name = await NameAsync(address, cancellation);
        found.Add(name);
        var stands = name.Level == Level.Ok;
        found.Add(stands ? await TcpAsync(address, cancellation) : Skipped("manager tcp"));
        stands &= found[^1].Level == Level.Ok;
        if (tls is not null)
        {
            found.Add(
                stands
                    ? await tls(address, cancellation) ?? Finding.Skip("manager tls", "not spoken with this manager")
                    : Skipped("manager tls")
            );
            stands &= found[^1].Level is not Level.Fail;
        }

        if (stands)
        {
            found.AddRange(await CallAsync(address, connect, version, time, cancellation));
        }
        else
        {
            found.Add(Skipped("manager call"));
        }

        return found;
    }

    private static Finding Skipped(string check) => Finding.Skip(check, "the step before it failed");

    private static async Task<Finding> NameAsync(HostPort address, CancellationToken cancellation)
    {
        const string check = "manager name";
        if (IPAddress.TryParse(address.Host, out _))
        {
            return Finding.Ok(check, $"{address} is a number: no name to look up");
        }

        using var limit = Limit(cancellation);
        try
        {
            var found = await Dns.GetHostAddressesAsync(address.Host, limit.Token);
            return Finding.Ok(check, $"{address.Host} is {string.Join(", ", found.Select(a => a.ToString()))}");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return Finding.Fail(
                check,
                new Failure(
                    Catalogue.HostUnknown,
                    $"{address.Host} has no address: {(e is SocketException ? e.Message : KernelChecks.Text($"no answer within {StepPatience.TotalSeconds:0} s"))}",
                    $"getent hosts {address.Host}; in Kubernetes a NetworkPolicy may cut DNS (port 53)"
                )
            );
        }
    }

    private static async Task<Finding> TcpAsync(HostPort address, CancellationToken cancellation)
    {
        const string check = "manager tcp";
        using var limit = Limit(cancellation);
        var clock = Stopwatch.StartNew();
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address.Host, address.Port, limit.Token);
            return Finding.Ok(check, KernelChecks.Text($"{address} connects in {clock.Elapsed.TotalMilliseconds:0.#} ms"));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return Finding.Fail(check, LinkFailures.Of(e, address.ToString()));
        }
    }

    private static async Task<IReadOnlyList<Finding>> CallAsync(
        HostPort address,
        Func<WireClient> connect,
        string version,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        const string check = "manager call";
        using var limit = Limit(cancellation);
        StatusResponse status;
        DateTimeOffset asked,
            answered;
        try
        {
            using var client = connect();
            asked = time.GetUtcNow();
            var answer = await client.StatusAsync(limit.Token);
            answered = time.GetUtcNow();
            if (answer.Failure is { } failure)
            {
                return [Finding.Fail(check, failure)];
            }

            status = answer.Value;
        }
        catch (FailureException e)
        {
            return [Finding.Fail(check, e.Failure)];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return
            [
                Finding.Fail(
                    check,
                    new Failure(
                        Catalogue.ConnectionTimeout,
                        $"{address} takes connections and does not answer within {StepPatience.TotalSeconds:0} s"
                    )
                ),
            ];
        }

        return
        [
            status.Healthy
                ? Finding.Ok(check, $"cluster {status.Cluster} answers, {status.Workers.Count} workers, all is well")
                : Finding.Warn(
                    check,
                    $"cluster {status.Cluster} answers, but: {string.Join("; ", status.Problems.Take(3))}",
                    "clw cluster status"
                ),
            OfVersion(version, status.Manager.Version),
            status.NowMs == 0
                ? Finding.Skip("clock of manager", "this manager does not tell its time")
                : KernelChecks.OfSkew(
                    asked + ((answered - asked) / 2) - DateTimeOffset.FromUnixTimeMilliseconds(status.NowMs),
                    (answered - asked) / 2
                ),
        ];
    }

    /// <summary>Our version against the manager's.</summary>
    public static Finding OfVersion(string ours, string theirs) =>
        ours == theirs
            ? Finding.Ok("manager version", $"{theirs}, as here")
            : Finding.Warn("manager version", $"the manager is {theirs}, this is {ours}", "Bring both to one version, the manager first");

    private static CancellationTokenSource Limit(CancellationToken cancellation)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StepPatience);
        return limit;
    }
}
