using System.Text.Json;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Worker.Session;

/// <summary>
/// Where managers are. Addresses that somebody set are taken as they are; otherwise the manager of this machine, wherever its data
/// directory says that it listens now.
/// </summary>
internal sealed class ManagerAddresses(LoadedSettings loaded)
{
    private readonly bool isSet = loaded.Settings.Find(ClusterKeys.ManagerAddress) is { At.Kind: not SourceKind.Default };

    /// <summary>The name of this machine's manager among addresses.</summary>
    public const string Local = "this machine";

    /// <summary>The link's addresses.</summary>
    public IReadOnlyList<string> Names => isSet ? [.. loaded.Settings.Cluster.ManagerAddress.Select(a => a.ToString())] : [Local];

    /// <summary>Every manager is one of this machine.</summary>
    public bool AreLocal => !isSet || loaded.Settings.Cluster.ManagerAddress.All(a => a.IsLoopback);

    /// <summary>Where to connect to now.</summary>
    public string Resolve(string name)
    {
        if (isSet)
        {
            return name;
        }

        var fallback = loaded.Settings.Cluster.ManagerAddress[0].ToString();

        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(loaded.Paths.DataDir, "manager.json")));
            return file.RootElement.TryGetProperty("address", out var address) && address.GetString() is { Length: > 0 } text
                ? text
                : fallback;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // No manager of this machine has said where it is: the default is as good as any.
            return fallback;
        }
    }

    /// <summary>The token of this machine's data directory, read anew each time: a manager that starts over may draw another.</summary>
    public string? Authorization()
    {
        try
        {
            return "Bearer " + File.ReadAllText(Path.Combine(loaded.Paths.DataDir, "token")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
