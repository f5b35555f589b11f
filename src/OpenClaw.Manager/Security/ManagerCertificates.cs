using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Certificates;
using OpenClaw.Hosting.Loops;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;

namespace OpenClaw.Manager.Security;

/// <summary>Everything that a manager knows of certificates: its own, those of workers, who a caller is. Thread-safe.</summary>
internal sealed partial class ManagerCertificates(WorkerPins keys, TlsSource? source, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, CertificateNames> workers = new(StringComparer.Ordinal);
    private readonly CertificateLog log = new(logger);
    private readonly Dictionary<(string Peer, string Code), Damper> refusals = [];
    private const int MostRefusals = 1000;
    private FileWatch? watch;

    /// <summary>Null: no TLS.</summary>
    public TlsSource? Source => source;

    /// <summary>Takes up renewed files and warns of ends from here on.</summary>
    public void Start()
    {
        var directories = new List<string>();
        if (source is not null)
        {
            source.Renewed += OnRenewed;
            source.KeptOut += log.KeptOut;
            log.InUse(source.Current.Names!, source.Files.Cert!);
            SayOwnProblem(source.Current);
            directories.AddRange(new[] { source.Files.Ca, source.Files.Cert!, source.Files.Key! }.Select(f => Path.GetDirectoryName(f)!));
        }

        watch = new FileWatch("certificates", directories, Look, time, logger);
    }

    /// <summary>Null when the certificate may speak for the worker.</summary>
    public Failure? Check(string worker, CertificateNames? certificate, string peer)
    {
        var refused = keys.Check(worker, certificate, time.GetUtcNow());
        if (refused is not null)
        {
            LogRefused(logger, worker, peer, refused.Message);
        }

        return refused;
    }

    /// <summary>The worker was registered.</summary>
    public void Registered(string worker, CertificateNames? certificate)
    {
        if (certificate is null)
        {
            workers.TryRemove(worker, out _);
            return;
        }

        workers[worker] = certificate;
        try
        {
            switch (keys.Record(worker, certificate, time.GetUtcNow()))
            {
                case PinChange.Bound:
                    LogBound(logger, worker, certificate.Subject, certificate.KeyHash[..16]);
                    break;
                case PinChange.KeyChanged:
                    LogKeyChanged(logger, worker, certificate.Subject, certificate.KeyHash[..16]);
                    break;
                default:
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(logger, worker, e.Message);
        }
    }

    /// <summary>The worker is gone for good: its certificate is watched no longer. Its binding stays.</summary>
    public void Forget(string worker) => workers.TryRemove(worker, out _);

    /// <summary>A connection was refused. False: it is one of many that are not worth another word.</summary>
    public bool Refused(Failure failure, string peer)
    {
        if (!Allows(failure, peer, out var suppressed))
        {
            return false;
        }

        if (suppressed > 0)
        {
            failure = failure with { Message = $"{failure.Message} ({suppressed} more like this since the last line)" };
        }

        if (failure.Message.StartsWith(CertificateProblem.Prefix, StringComparison.Ordinal) || failure.Entry == Catalogue.HandshakeTimeout)
        {
            LogHandshake(logger, failure.Message, failure.Code);
        }
        else
        {
            LogNoTls(logger, failure.Code, failure.Message);
        }

        return true;
    }

    // A client that is refused comes again and again, and a hostile one as often as it likes.
    private bool Allows(Failure failure, string peer, out int suppressed)
    {
        var from = peer[..Math.Max(0, peer.LastIndexOf(':'))];
        lock (refusals)
        {
            if (refusals.Count >= MostRefusals)
            {
                refusals.Clear();
            }

            if (!refusals.TryGetValue((from, failure.Code), out var damper))
            {
                refusals[(from, failure.Code)] = damper = new Damper(time, first: 5, reminder: TimeSpan.FromMinutes(5));
            }

            return damper.Allow(out suppressed);
        }
    }

    /// <summary>What an operator is to know: a line for each certificate that ends soon or has ended.</summary>
    public IReadOnlyList<string> Problems(IEnumerable<string> connected)
    {
        var now = time.GetUtcNow();
        var shown = connected.ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Watched()
                .Where(w => w.Owner != "worker" || shown.Contains(w.Name))
                .OrderBy(w => w.Ends)
                .Select(w => ExpiryWarnings.Problem(w, now))
                .OfType<string>(),
        ];
    }

    /// <summary>Whether the manager's own certificate, or its CA, has ended: nobody from another machine comes in any more.</summary>
    public bool HasEnded => Watched().Any(w => w.Owner != "worker" && w.Ends <= time.GetUtcNow());

    /// <summary>Seconds until each certificate ends.</summary>
    public IEnumerable<Measurement<long>> Measurements()
    {
        var now = time.GetUtcNow();
        return Watched()
            .Select(w => new Measurement<long>(
                (long)(w.Ends - now).TotalSeconds,
                new KeyValuePair<string, object?>("owner", w.Owner),
                new KeyValuePair<string, object?>("name", w.Name)
            ));
    }

    public async ValueTask DisposeAsync()
    {
        if (watch is not null)
        {
            await watch.DisposeAsync();
        }
    }

    private IEnumerable<WatchedCertificate> Watched()
    {
        if (source?.Current is { Names: { } own } material)
        {
            yield return new("manager", own.Name, own.Ends);
            foreach (var authority in material.Authorities)
            {
                var names = CertificateNames.Of(authority);
                yield return new("ca", names.Name, names.Ends);
            }
        }

        foreach (var (worker, names) in workers)
        {
            yield return new("worker", worker, names.Ends);
        }
    }

    private void Look()
    {
        source?.Refresh();
        log.Warn(Watched(), time.GetUtcNow());
    }

    private void OnRenewed(TlsMaterial material)
    {
        log.Renewed(material.Names);
        SayOwnProblem(material);
    }

    private void SayOwnProblem(TlsMaterial material)
    {
        var problem =
            material.OwnProblem(CertificateUse.Server, time.GetUtcNow())
            ?? (
                material.Names is { Hosts.Count: 0, Addresses.Count: 0 } names
                    ? new CertificateProblem(
                        Catalogue.TlsNoSan,
                        "no-san",
                        $"x509: certificate relies on legacy Common Name field, use SANs instead: {names.Subject} names no host"
                    )
                    : null
            );
        if (problem is not null)
        {
            log.OwnProblem(problem, source!.Files.Cert!);
        }
    }

    [LoggerMessage(
        10,
        LogLevel.Warning,
        "Worker {worker} shows the certificate {subject}, which does not name it: the id is bound to its key ({key}) from now on; clw certs issue worker {worker} makes one with the id"
    )]
    private static partial void LogBound(ILogger logger, string worker, string subject, string key);

    [LoggerMessage(
        15,
        LogLevel.Error,
        "Worker {worker} has changed its key: the certificate that its id was bound to has ended, and the id is bound to the key {key} of {subject} from now on. If nobody renewed it, somebody else has taken the id"
    )]
    private static partial void LogKeyChanged(ILogger logger, string worker, string subject, string key);

    [LoggerMessage(11, LogLevel.Warning, "clw-registration-failed: worker {worker} from {peer} was not registered: {reason}")]
    private static partial void LogRefused(ILogger logger, string worker, string peer, string reason);

    [LoggerMessage(
        12,
        LogLevel.Error,
        "clw-store-unwritable: which key worker {worker} has cannot be kept, and is forgotten by a restart: {why}"
    )]
    private static partial void LogNotKept(ILogger logger, string worker, string why);

    // As people know it from other programs, and the guide prints it; the code stands behind it.
    [LoggerMessage(13, LogLevel.Error, "{message} [{code}]")]
    private static partial void LogHandshake(ILogger logger, string message, string code);

    [LoggerMessage(14, LogLevel.Warning, "{code}: {message}")]
    private static partial void LogNoTls(ILogger logger, string code, string message);
}
