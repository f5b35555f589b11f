using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;

namespace OpenClaw.Worker;

/// <summary>
/// Who a worker is, kept in its state directory: a name, and a random mark that tells a restart of this worker from another worker of
/// the same name. The directory is locked while the worker runs: two processes never share an identity.
/// </summary>
internal sealed class WorkerIdentity : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryLock held;
    private readonly string file;
    private Kept kept;

    private WorkerIdentity(string id, Kept kept, string file, DirectoryLock held)
    {
        Id = id;
        this.kept = kept;
        this.file = file;
        this.held = held;
    }

    public string Id { get; }
    public string Mark => kept.Mark;

    /// <summary>
    /// The number of this process among the processes of this worker: what its supervisor drew, or one more than the last when a clock
    /// that was set back drew a smaller one. A manager takes a smaller number for an older process and refuses it.
    /// </summary>
    public Result<long> NextIncarnation(long drawn)
    {
        try
        {
            kept = kept with { LastIncarnation = Math.Max(drawn, kept.LastIncarnation + 1) };
            Write(file, kept);
            return kept.LastIncarnation;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(Catalogue.StoreUnwritable, $"{file} cannot be written: {e.Message}");
        }
    }

    /// <summary>Takes the directory's identity, made at the first start. <paramref name="chosenId"/> wins over the kept name.</summary>
    public static Result<WorkerIdentity> Take(string directory, string? chosenId)
    {
        try
        {
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, OwnerOnly | UnixFileMode.UserExecute);
            var locked = DirectoryLock.Take(directory, out var owner);
            if (locked is null)
            {
                return new Failure(
                    Catalogue.StoreInUse,
                    $"{directory} is used by another worker, process {owner?.ToString(CultureInfo.InvariantCulture) ?? "?"}"
                )
                {
                    Next = "Stop it, or give this one a directory of its own: --state-dir",
                };
            }

            var path = Path.Combine(directory, "identity.json");
            var known = File.Exists(path) ? Read(path) : null;
            if (known is null)
            {
                var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
                known = new Kept(chosenId ?? DefaultId(mark), mark, 0);
                Write(path, known);
            }

            return new WorkerIdentity(chosenId ?? known.Id, known, path, locked);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(Catalogue.StoreUnwritable, $"The state directory {directory} cannot be used: {e.Message}");
        }
    }

    private static Kept? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), IdentityJson.Default.Kept);
        }
        catch (JsonException)
        {
            // A torn file: a new identity is safe, the old incarnation's tasks go back when its lease ends.
            return null;
        }
    }

    private static void Write(string file, Kept kept) =>
        OwnFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(kept, IdentityJson.Default.Kept));

    // With a part of the mark: hosts and containers may share a name, workers must not.
    private static string DefaultId(string mark)
    {
        var host = new string([.. Environment.MachineName.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c == '-')]);
        return $"worker-{(host.Length == 0 ? "host" : host)}-{mark[..4]}";
    }

    public void Dispose() => held.Dispose();

    internal sealed record Kept(string Id, string Mark, long LastIncarnation);
}

[JsonSerializable(typeof(WorkerIdentity.Kept))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class IdentityJson : JsonSerializerContext;
