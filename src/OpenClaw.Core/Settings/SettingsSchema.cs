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

    // Plain tables: every command makes them anew and asks them a few times, and frozen ones cost more to make than they save.
    private static readonly Dictionary<string, SettingKey> ByPath = Table(k => k.Aliases.Prepend(k.Path));

    private static readonly Dictionary<string, SettingKey> ByVariable = Table(k => k.Variables);

    private static readonly HashSet<string> Sections = new(ByPath.Keys.SelectMany(Parents), StringComparer.Ordinal);

    private static Dictionary<string, SettingKey> Table(Func<SettingKey, IEnumerable<string>> names)
    {
        var table = new Dictionary<string, SettingKey>(StringComparer.Ordinal);
        foreach (var key in All)
        {
            foreach (var name in names(key))
            {
                table.Add(name, key);
            }
        }

        return table;
    }

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
