using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using OpenClaw.Core.Errors;

namespace OpenClaw.Worker;

/// <summary>
/// Who a worker is, kept in its state directory: a name, and a random mark that tells a restart of this worker from another worker of
/// the same name. The directory is locked while the worker runs: two processes never share an identity.
/// </summary>
internal sealed class WorkerIdentity : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream held;

    private WorkerIdentity(string id, string mark, FileStream held)
    {
        Id = id;
        Mark = mark;
        this.held = held;
    }

    public string Id { get; }
    public string Mark { get; }

    /// <summary>Takes the directory's identity, made at the first start. <paramref name="chosenId"/> wins over the kept name.</summary>
    public static Result<WorkerIdentity> Take(string directory, string? chosenId)
    {
        try
        {
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, OwnerOnly | UnixFileMode.UserExecute);
            FileStream locked;
            try
            {
                locked = new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (Directory.Exists(directory) && e.GetType() == typeof(IOException))
            {
                return new Failure(Catalogue.StoreInUse, $"{directory} is used by another worker");
            }

            var file = Path.Combine(directory, "identity.json");
            var kept = File.Exists(file) ? Read(file) : null;
            if (kept is null)
            {
                kept = new Kept(chosenId ?? DefaultId(), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
                Write(file, kept);
            }

            return new WorkerIdentity(chosenId ?? kept.Id, kept.Mark, locked);
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

    private static void Write(string file, Kept kept)
    {
        var partial = file + ".new";
        File.Delete(partial);
        using (
            var stream = new FileStream(
                partial,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            )
        )
        {
            JsonSerializer.Serialize(stream, kept, IdentityJson.Default.Kept);
            stream.Flush(flushToDisk: true);
        }

        File.Move(partial, file, overwrite: true);
    }

    private static string DefaultId()
    {
        var host = new string([.. Environment.MachineName.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c == '-')]);
        return $"worker-{(host.Length == 0 ? "host" : host)}";
    }

    public void Dispose() => held.Dispose();

    internal sealed record Kept(string Id, string Mark);
}

[JsonSerializable(typeof(WorkerIdentity.Kept))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class IdentityJson : JsonSerializerContext;
