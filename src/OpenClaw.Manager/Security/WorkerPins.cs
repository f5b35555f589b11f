using System.Text.Json;
using System.Text.Json.Serialization;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Manager.Security;

/// <summary>What is known of a worker's certificate.</summary>
/// <param name="Key">The hash of its public key.</param>
/// <param name="Ends">The end of the certificate.</param>
/// <param name="ById">The certificate named the worker; the key is then no more than the last one seen.</param>
internal sealed record WorkerPin(
    [property: JsonPropertyName("key")] string Key,
    [property: JsonPropertyName("ends")] DateTimeOffset Ends,
    [property: JsonPropertyName("by_id")] bool ById
);

/// <summary>What a registration was for the binding of a worker's id.</summary>
internal enum PinChange
{
    /// <summary>The key that was known, or a certificate that names the worker itself.</summary>
    None,

    /// <summary>The id is bound for the first time.</summary>
    Bound,

    /// <summary>The id had another key, whose certificate has ended.</summary>
    KeyChanged,
}

/// <summary>
/// Which certificate speaks for which worker. One that names worker ids (<see cref="CertificateNames.WorkerPrefix"/>) speaks for these and
/// for no other. One without, as openssl makes them, is bound to the first id that it registers with by its key: another key with that id
/// is refused for as long as the first certificate holds. Kept in the data directory (<see cref="FileName"/>). Thread-safe.
/// </summary>
/// <remarks>A crash between a registration and the writing loses the binding; the worker's next registration makes it again.</remarks>
internal sealed class WorkerPins
{
    public const string FileName = "worker-keys.json";

    // An ended binding refuses nobody any more; for a while it still tells a change of keys from a new worker.
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromDays(30);
    private const int MostEnded = 1000;

    private readonly Lock gate = new();
    private readonly string file;
    private Dictionary<string, WorkerPin> known;

    // Bound, and not in the file yet: reading it anew must not forget them.
    private readonly Dictionary<string, WorkerPin> unsaved = new(StringComparer.Ordinal);

    private WorkerPins(string file, Dictionary<string, WorkerPin> known)
    {
        this.file = file;
        this.known = known;
    }

    /// <summary>Reads what was kept. A file that cannot be read stops the start: without it anybody could take any id.</summary>
    public static Result<WorkerPins> Open(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            return new WorkerPins(path, Read(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return new Failure(
                Catalogue.StoreUnwritable,
                $"{path} does not tell which key belongs to which worker: {e.Message}",
                $"Mend the file, or remove it: each worker is then bound anew to the certificate that it shows first"
            );
        }
    }

    /// <summary>Null when the certificate may speak for the worker.</summary>
    /// <param name="worker">The id.</param>
    /// <param name="certificate">Null: a connection of this machine, which the token lets in.</param>
    /// <param name="now">The moment.</param>
    public Failure? Check(string worker, CertificateNames? certificate, DateTimeOffset now)
    {
        if (certificate is null)
        {
            return null;
        }

        var named = certificate.Workers.ToList();
        if (named.Count > 0)
        {
            return named.Contains(worker, StringComparer.Ordinal)
                ? null
                : Refused(
                    worker,
                    $"the certificate {certificate.Subject} is for worker {string.Join(", ", named)}, not for '{worker}'",
                    "wrong-worker"
                );
        }

        if (certificate.Uris.Any(u => u.StartsWith(CertificateNames.ClientPrefix, StringComparison.Ordinal)))
        {
            return Refused(
                worker,
                $"the certificate {certificate.Subject} is of client {certificate.Name}, not of a worker",
                "not-a-worker"
            );
        }

        lock (gate)
        {
            // An operator may have mended the file meanwhile.
            if (IsTaken(worker, certificate, now))
            {
                Reload();
            }

            return IsTaken(worker, certificate, now)
                ? Refused(
                    worker,
                    $"worker ID '{worker}' belongs to another key than that of the certificate {certificate.Subject}",
                    "other-key",
                    $"Renew it with its old key (openssl req -new -key worker-key.pem), or give it one with the id: clw certs issue worker {worker}; if the old key is lost, remove {worker} from {file}"
                )
                : null;
        }
    }

    /// <summary>The worker was registered with this certificate.</summary>
    /// <exception cref="IOException">It is known and could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It is known and may not be written.</exception>
    public PinChange Record(string worker, CertificateNames certificate, DateTimeOffset now)
    {
        var record = new WorkerPin(certificate.KeyHash, certificate.Ends, certificate.Workers.Any());
        lock (gate)
        {
            if (known.TryGetValue(worker, out var before) && before == record && !unsaved.ContainsKey(worker))
            {
                return PinChange.None;
            }

            known[worker] = record;
            unsaved[worker] = record;
            Prune(now);
            OwnFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(known, WorkerPinsJson.Default.DictionaryStringWorkerPin));
            unsaved.Clear();
            return record.ById || before?.Key == record.Key ? PinChange.None
                : before is null ? PinChange.Bound
                : PinChange.KeyChanged;
        }
    }

    // Workers that come and go under new names leave their bindings behind. What still holds is never dropped: it guards an id.
    private void Prune(DateTimeOffset now)
    {
        var ended = known.Where(p => p.Value.Ends <= now).OrderByDescending(p => p.Value.Ends).ToList();
        foreach (var (worker, _) in ended.Where((p, i) => i >= MostEnded || p.Value.Ends + KeptAfterEnd <= now))
        {
            known.Remove(worker);
            unsaved.Remove(worker);
        }
    }

    private bool IsTaken(string worker, CertificateNames certificate, DateTimeOffset now) =>
        known.TryGetValue(worker, out var bound) && bound.Key != certificate.KeyHash && bound.Ends > now;

    private void Reload()
    {
        try
        {
            known = Read(file);
            foreach (var (worker, pin) in unsaved)
            {
                known[worker] = pin;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // What is known already is as strict as what cannot be read.
        }
    }

    private static Dictionary<string, WorkerPin> Read(string file) =>
        File.Exists(file)
            ? JsonSerializer.Deserialize(File.ReadAllBytes(file), WorkerPinsJson.Default.DictionaryStringWorkerPin) ?? []
            : [];

    private static Failure Refused(string worker, string why, string cause, string? next = null) =>
        new(
            Catalogue.RegistrationFailed,
            $"Registration rejected: {why}",
            next ?? $"Give it a certificate of its own: clw certs issue worker {worker}"
        )
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["cause"] = cause, ["worker"] = worker },
        };
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, WorkerPin>))]
internal sealed partial class WorkerPinsJson : JsonSerializerContext;
