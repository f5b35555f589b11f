using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
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
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string path;

    private LocalEndpoint(string path) => this.path = path;

    /// <summary>The token of the data directory; drawn once.</summary>
    public static string Token(string directory)
    {
        var file = Path.Combine(directory, TokenFile);
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: >= 32 } known)
        {
            return known;
        }

        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        WriteWhole(file, token + "\n");
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
        WriteWhole(file, content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        return new LocalEndpoint(file);
    }

    // Written beside and renamed: a reader sees all of it or none.
    private static void WriteWhole(string file, string text)
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
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(partial, file, overwrite: true);
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
