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
/// while it runs. Both 0600.
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
            if (OwnFile.Narrow(file) is { } mode)
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
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: >= 32 } known)
        {
            return known;
        }

        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        OwnFile.Write(file, Encoding.ASCII.GetBytes(token + "\n"));
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
        OwnFile.Write(file, Encoding.UTF8.GetBytes(content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"));
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
