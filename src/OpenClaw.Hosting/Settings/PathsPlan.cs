using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>
/// The directories that a program uses, resolved and absolute. A directory that somebody set is taken as it is: a
/// program that cannot use it says so. The others are the system's, or below the home directory when the system's
/// cannot be written. Nothing is created here.
/// </summary>
public sealed record PathsPlan
{
    public const string SystemState = "/var/lib/openclaw";
    public const string SystemLogs = "/var/log/openclaw";
    public const string SystemConfig = "/etc/openclaw";

    /// <summary>The manager's database and the local token.</summary>
    public required string DataDir { get; init; }

    /// <summary>The worker's identity and outbox.</summary>
    public required string StateDir { get; init; }

    public required string LogDir { get; init; }

    public required string ConfigDir { get; init; }

    public required string PluginDir { get; init; }

    /// <summary>One line that says which directories stand below the home directory and why; null when none does.</summary>
    public string? Notice { get; init; }

    /// <summary>Decides where everything is.</summary>
    public static PathsPlan Resolve(OpenClawSettings settings, IMachine machine, IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(machine);
        var home = new HomeDirectories(machine.Home, environment);
        var moved = new SortedSet<string>(StringComparer.Ordinal);
        string Choose(string? set, string system, string? fallback)
        {
            if (set is not null)
            {
                return Absolute(set, machine.Home);
            }
            if (fallback is null || machine.CanWrite(system))
            {
                return system;
            }
            moved.Add($"{fallback} for {system}");
            return fallback;
        }
        return new()
        {
            DataDir = Choose(settings.Manager.DataDir, SystemState, home.State),
            StateDir = Choose(settings.Worker.StateDir, SystemState, home.State),
            LogDir = Choose(settings.Log.Directory, SystemLogs, home.State is null ? null : Path.Combine(home.State, "log")),
            ConfigDir = machine.IsRoot || home.Config is null ? SystemConfig : home.Config,
            PluginDir = Plugins(settings, machine, home),
            Notice = moved.Count == 0 ? null : $"the system's directories cannot be written by this user; using {string.Join(", ", moved)}",
        };
    }

    /// <summary>Plugins are read, not written: the default gives way only when it is missing.</summary>
    private static string Plugins(OpenClawSettings settings, IMachine machine, HomeDirectories home)
    {
        var set = settings.Find(TaskKeys.PluginDir);
        var isDefault = set is null or { At.Kind: SourceKind.Default };
        return isDefault && home.Config is not null && !machine.IsRoot && !machine.DirectoryExists(TaskKeys.PluginDirDefault)
            ? Path.Combine(home.Config, "plugins")
            : Absolute(settings.Task.PluginDir, machine.Home);
    }

    private static string Absolute(string path, string? home) =>
        Path.GetFullPath(home is not null && (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)) ? home + path[1..] : path);
}

/// <summary>Our directories below the home directory, by the XDG base directory specification; null without a home.</summary>
internal sealed class HomeDirectories(string? home, IReadOnlyDictionary<string, string> environment)
{
    internal string? State => Base("XDG_STATE_HOME", ".local/state");

    internal string? Config => Base("XDG_CONFIG_HOME", ".config");

    private string? Base(string variable, string below)
    {
        // The specification: a relative path there is to be ignored.
        if (environment.TryGetValue(variable, out var set) && Path.IsPathRooted(set))
        {
            return Path.Combine(set, "openclaw");
        }
        return home is null ? null : Path.Combine(home, below, "openclaw");
    }
}
