using System.Text.Json;
using OpenClaw.Core.Settings;

namespace OpenClaw.Client.Wire;

/// <summary>What a manager on this machine leaves in its data directory for those who may read it.</summary>
internal static class LocalCluster
{
    /// <summary>Written by the manager when it listens: <c>{"address":"127.0.0.1:9090","pid":4711}</c>, mode 0600.</summary>
    public const string AddressFile = "manager.json";

    /// <summary>The bearer token, mode 0600.</summary>
    public const string TokenFile = "token";

    /// <summary>
    /// The address that the manager of this data directory listens on, or listened on last; null when there is no such file, or when
    /// it may not be read or is not what it should be.
    /// </summary>
    public static HostPort? FindAddress(string dataDirectory)
    {
        if (ReadQuietly(Path.Combine(dataDirectory, AddressFile)) is not { } text)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            if (
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("address", out var address)
                && address.ValueKind == JsonValueKind.String
                && HostPort.TryParse(address.GetString()!, null, out var found)
            )
            {
                // A manager that listens everywhere is asked on this machine's own address.
                return found.Host is "0.0.0.0" ? found with { Host = "127.0.0.1" }
                    : found.Host is "::" ? found with { Host = "::1" }
                    : found;
            }
        }
        catch (JsonException)
        {
            // A file of somebody else, or cut short by a full disk: as good as none.
        }

        return null;
    }

    /// <summary>The token of the manager with this data directory; null when there is none or it may not be read.</summary>
    public static string? ReadToken(string dataDirectory) =>
        ReadQuietly(Path.Combine(dataDirectory, TokenFile))?.Trim() is { Length: > 0 } token ? token : null;

    private static string? ReadQuietly(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
