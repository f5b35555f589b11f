using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Manager;

/// <summary>
/// What a manager leaves in its data directory for programs of the same machine: <c>token</c>, and <c>manager.json</c> with its address
/// while it runs. Both 0600; 0640 where the manager runs as the installed service, whose group may then use it.
/// </summary>
internal sealed class LocalEndpoint : IDisposable
{
    public const string TokenFile = "token";
    public const string AddressFile = "manager.json";

    private readonly string path;

    private LocalEndpoint(string path) => this.path = path;

    /// <summary>The token of the data directory; drawn once. One that others could use is taken from them, or else refused.</summary>
    /// <param name="directory">Of the manager.</param>
    /// <param name="onNarrowed">Told of a file that others could use, with the mode that it had.</param>
    public static Result<string> Token(string directory, Action<string, string> onNarrowed)
    {
        var file = Path.Combine(directory, TokenFile);
        try
        {
            if (OwnFile.Narrow(file, ServiceGroup.IsOurs) is { } mode)
            {
                onNarrowed(file, mode);
            }

            return ReadOrDraw(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(
                Catalogue.StoreUnwritable,
                $"The token file {file} cannot be made its owner's alone, read or written: {e.Message}",
                "Give it to the user that runs the manager, or remove it: another is drawn"
            );
        }
    }

    private static string ReadOrDraw(string file)
    {
        var known = File.Exists(file) && File.ReadAllText(file).Trim() is { Length: >= 32 } kept ? kept : null;
        if (known is not null && !(ServiceGroup.IsOurs && (File.GetUnixFileMode(file) & UnixFileMode.GroupRead) == 0))
        {
            return known;
        }

        // Written anew for the service's group as well: a file of before belongs to whatever group its writer had.
        var token = known ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        OwnFile.Write(file, Encoding.ASCII.GetBytes(token + "\n"), ServiceGroup.IsOurs);
        return token;
    }

    public static LocalEndpoint Write(string directory, HostPort listen, HostPort web)
    {
        var file = Path.Combine(directory, AddressFile);
        var content = new JsonObject
        {
            ["address"] = listen.ToString(),
            ["web"] = web.ToString(),
            ["pid"] = Environment.ProcessId,
        };
        var text = content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        OwnFile.Write(file, Encoding.UTF8.GetBytes(text), ServiceGroup.IsOurs);
        return new LocalEndpoint(file);
    }

    /// <summary>Where another manager of this directory listens, as it wrote down; null when it wrote nothing that can be read.</summary>
    public static string? Find(string directory)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(directory, AddressFile)))?["address"]?.GetValue<string>();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The manager is going: its address is nobody's any more.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // A stale file names a port where nobody listens, which says the same.
        }
    }
}
