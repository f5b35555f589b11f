using System.Collections.Frozen;

namespace OpenClaw.Core.Settings;

/// <summary>
/// All rows, as data. A new section is a file of rows and one line in <see cref="All"/>; readers, builder, listing
/// and variables follow from the rows.
/// </summary>
public static class SettingsSchema
{
    /// <summary>Every key, in the order of listings.</summary>
    public static IReadOnlyList<SettingKey> All { get; } =
    [.. ClusterKeys.All, .. ManagerKeys.All, .. TlsKeys.All, .. QueueKeys.All, .. TaskKeys.All, .. WorkerKeys.All, .. LogKeys.All];

    /// <summary>Variables that begin with <c>OPENCLAW_</c> and are no settings: programs read them themselves.</summary>
    public static IReadOnlySet<string> OtherVariables { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            "OPENCLAW_CONFIG",
            "OPENCLAW_TOKEN",
            "OPENCLAW_TRACE",
            // Faults that tests plant; the manager says aloud that they are set.
            "OPENCLAW_UNSAFE_NO_SYNC",
            "OPENCLAW_UNSAFE_ACK_BEFORE_COMMIT",
            // From a supervisor to its children.
            "OPENCLAW_SUPERVISED",
            "OPENCLAW_INCARNATION",
            "OPENCLAW_LIFELINE_FD",
            "OPENCLAW_READY_FD",
            "OPENCLAW_RESPAWN",
            "OPENCLAW_ALIVE_MS",
        };

    private static readonly FrozenDictionary<string, SettingKey> ByPath = All.SelectMany(k =>
            k.Aliases.Prepend(k.Path).Select(p => (Path: p, Key: k))
        )
        .ToFrozenDictionary(p => p.Path, p => p.Key, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, SettingKey> ByVariable = All.SelectMany(k =>
            k.Variables.Select(v => (Variable: v, Key: k))
        )
        .ToFrozenDictionary(p => p.Variable, p => p.Key, StringComparer.Ordinal);

    private static readonly FrozenSet<string> Sections = ByPath.Keys.SelectMany(Parents).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The key at this path or alias, or null.</summary>
    public static SettingKey? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>The key that this variable sets, or null.</summary>
    public static SettingKey? FindVariable(string name) => ByVariable.GetValueOrDefault(name);

    /// <summary>Whether keys stand below this path.</summary>
    public static bool IsSection(string path) => Sections.Contains(path);

    /// <summary>The known path that a mistyped one most likely means, or null when none is near.</summary>
    public static string? NearestPath(string path) => NearestName.Find(path, [.. ByPath.Keys, .. Sections]);

    /// <summary>The known variable that a mistyped one most likely means, or null when none is near.</summary>
    public static string? NearestVariable(string name) => NearestName.Find(name, ByVariable.Keys);

    private static IEnumerable<string> Parents(string path)
    {
        for (var dot = path.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = path.IndexOf('.', dot + 1))
        {
            yield return path[..dot];
        }
    }
}
