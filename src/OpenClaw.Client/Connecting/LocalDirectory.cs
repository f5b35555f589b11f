using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;

namespace OpenClaw.Client.Connecting;

/// <summary>The data directory of this machine's manager: the one that was named, else the first of the usual ones that says where a manager is.</summary>
internal sealed class LocalDirectory
{
    private const string OfTheSystem = "/var/lib/openclaw";

    private readonly string directory;

    public LocalDirectory(OpenClawClientOptions options, Func<string, string?> environment)
    {
        var named = options.DataDirectory ?? environment(ClusterAddress.DataVariable);
        string[] usual = string.IsNullOrWhiteSpace(named) ? [OfTheSystem, OfTheUser(environment)] : [named];
        directory = usual.FirstOrDefault(d => LocalCluster.FindAddress(d) is not null) ?? usual[^1];
        Address = LocalCluster.FindAddress(directory);
    }

    /// <summary>Where the manager listens, or listened last; null when none has said.</summary>
    public HostPort? Address { get; }

    /// <summary>The token as the file has it now.</summary>
    public string? ReadToken() => LocalCluster.ReadToken(directory);

    // By the XDG base directory specification, as the manager chooses it: a relative path there is ignored.
    private static string OfTheUser(Func<string, string?> environment) =>
        Path.Combine(
            environment("XDG_STATE_HOME") is { } set && Path.IsPathRooted(set)
                ? set
                : Path.Combine(environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/state"),
            "openclaw"
        );
}
