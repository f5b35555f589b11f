using Microsoft.Extensions.Logging;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Certificates;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Worker.Session;

/// <summary>The worker's certificates: which manager is dialled with them, renewal, warnings. Thread-safe.</summary>
internal sealed partial class WorkerTls
{
    private readonly TlsPlan plan;
    private readonly TlsClient? client;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CertificateLog log;

    private WorkerTls(TlsPlan plan, TlsClient? client, TimeProvider time, ILoggerFactory loggers)
    {
        this.plan = plan;
        this.client = client;
        this.time = time;
        logger = loggers.CreateLogger<WorkerTls>();
        log = new CertificateLog(logger);
    }

    /// <summary>Reads the files, if there are any. Failures: <c>clw-tls-files</c>.</summary>
    public static Result<WorkerTls> Open(TlsPlan plan, IEnumerable<HostPort> managers, TimeProvider time, ILoggerFactory loggers)
    {
        // Files that happen to be on the machine and that nobody needs are not read: this user may not be allowed to.
        if (!managers.Any(plan.Dials))
        {
            return new WorkerTls(plan, null, time, loggers);
        }

        var source = TlsSource.OpenForService(new TlsFiles(plan.Ca!, plan.Cert, plan.Key));
        return source.IsOk ? new WorkerTls(plan, new TlsClient(source.Value, time), time, loggers) : source.Failure;
    }

    /// <summary>How a manager is spoken to; null: without TLS.</summary>
    /// <param name="address">HOST:PORT.</param>
    /// <param name="isLocal">The manager of this machine, which nobody named.</param>
    public TlsClient? For(string address, bool isLocal) =>
        client is not null
        && (plan.Mode == TlsMode.Always || !isLocal)
        && HostPort.TryParse(address, ClusterKeys.ManagerPortDefault, out var where)
        && plan.Dials(where)
            ? client
            : null;

    /// <summary>Takes up renewed files, and dials at once when the link waits for that.</summary>
    /// <param name="link">The link to the manager.</param>
    /// <param name="worker">The worker's id.</param>
    public IAsyncDisposable? Watch(ILink link, string worker)
    {
        if (client is not { Source: var source })
        {
            return null;
        }

        source.KeptOut += log.KeptOut;
        var before = source.Current.Names;
        source.Renewed += material =>
        {
            log.Renewed(material.Names);
            if (IsRefusedKey(before, material.Names, time.GetUtcNow()))
            {
                LogOtherKey(logger, material.Names!.Subject, worker, before!.Ends);
            }

            before = material.Names;
            SayOwnProblem(material);
            link.NotifyCredentialsChanged();
            if (link.Snapshot.State is LinkState.Reconnecting or LinkState.Disconnected)
            {
                link.RetryNow();
            }
        };
        if (source.Current.Names is { } names)
        {
            log.InUse(names, source.Files.Cert!);
        }

        SayOwnProblem(source.Current);
        var directories = new[] { source.Files.Ca, source.Files.Cert, source.Files.Key }
            .OfType<string>()
            .Select(f => Path.GetDirectoryName(f)!);
        return new FileWatch(
            "certificates",
            directories,
            () =>
            {
                source.Refresh();
                log.Warn(Watched(source.Current), time.GetUtcNow());
            },
            time,
            logger
        );
    }

    /// <summary>
    /// Whether the manager will refuse what was taken up: the id is bound to the old key while its certificate holds, and the new one does
    /// not name the worker.
    /// </summary>
    internal static bool IsRefusedKey(CertificateNames? before, CertificateNames? now, DateTimeOffset moment) =>
        before is not null && now is not null && before.KeyHash != now.KeyHash && before.Ends > moment && !now.Workers.Any();

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "clw-registration-failed: the renewed certificate {subject} has another key and does not name worker {worker}: the manager will refuse it at the next connection, for the id is bound to the old key until {until:yyyy-MM-dd'T'HH:mm:ss'Z'}. Next: renew it with the old key (openssl req -new -key worker-key.pem), or issue one with the id: clw certs issue worker {worker}"
    )]
    private static partial void LogOtherKey(ILogger logger, string subject, string worker, DateTimeOffset until);

    private static IEnumerable<WatchedCertificate> Watched(TlsMaterial material)
    {
        if (material.Names is { } own)
        {
            yield return new("worker", own.Name, own.Ends);
        }

        foreach (var authority in material.Authorities)
        {
            var names = CertificateNames.Of(authority);
            yield return new("ca", names.Name, names.Ends);
        }
    }

    private void SayOwnProblem(TlsMaterial material)
    {
        if (material.OwnProblem(CertificateUse.Client, time.GetUtcNow()) is { } problem)
        {
            log.OwnProblem(problem, client!.Source.Files.Cert!);
        }
    }
}
