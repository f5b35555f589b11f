using System.Reflection;

namespace OpenClaw.Cli.Install;

/// <summary>What belongs to an installation and to its removal, in order. Looks at the machine, changes nothing.</summary>
internal static class InstallPlan
{
    private const UnixFileMode All =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private const UnixFileMode OwnerAndGroup =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private static readonly string[] UsualRuntimePlaces = ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/local/share/dotnet"];

    /// <summary>The units that are shipped, by file name.</summary>
    public static IReadOnlyDictionary<string, string> Units { get; } = ReadUnits();

    /// <summary>Other names of units, and the unit that each is: one that is known under two names runs once.</summary>
    public static IReadOnlyDictionary<string, string> UnitNames { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["clw-worker.service"] = "openclaw-worker.service" };

    /// <summary>Every name that the program answers to.</summary>
    public static IEnumerable<string> Names => ProgramNames.Links.Prepend("clw").Order(StringComparer.Ordinal);

    /// <param name="layout">Where.</param>
    /// <param name="source">The directory of this build.</param>
    /// <param name="build">Its name, see <see cref="CopyProgram.NameOf"/>.</param>
    /// <param name="runtime">The directory of the .NET that runs us; null for a build that carries its own.</param>
    public static IReadOnlyList<Step> Install(InstallLayout layout, string source, string build, string? runtime)
    {
        // Out of the place where programs look by themselves: they have to be told.
        var elsewhere = runtime is not null && !UsualRuntimePlaces.Contains(runtime) ? runtime : null;
        List<Step> steps =
        [
            new CopyProgram(source, Path.Combine(layout.Programs, build)),
            new MakeLink(layout.Current, build),
            .. Names.Select(n => new MakeLink(
                Path.Combine(layout.Names, n),
                Path.GetRelativePath(layout.Names, Path.Combine(layout.Current, "clw"))
            )),
        ];
        if (layout.System is { } system)
        {
            if (elsewhere is not null)
            {
                steps.Add(new WriteFile(system.RuntimeLocation, elsewhere + "\n", KeepOther: true));
            }

            steps.AddRange(ForSystem(system));
        }

        steps.AddRange(Units.Select(u => new WriteFile(Path.Combine(layout.Units, u.Key), UnitFor(u.Value, layout, elsewhere))));
        steps.AddRange(UnitNames.Select(n => new MakeLink(Path.Combine(layout.Units, n.Key), n.Value)));
        if (layout.System is not null)
        {
            steps.Add(new Call("tell systemd of the units", SystemdRuns, "systemctl", "daemon-reload"));
        }

        steps.Add(new PruneBuilds(layout.Programs, build));
        return steps;
    }

    /// <summary>Programs, names and units go; configuration, data, logs and the user stay.</summary>
    public static IReadOnlyList<Step> Uninstall(InstallLayout layout)
    {
        List<Step> steps = [];
        if (layout.System is not null)
        {
            steps.AddRange(
                Units.Keys.Select(u => new Call(
                    $"stop and disable {u}",
                    () => SystemdRuns() && File.Exists(Path.Combine(layout.Units, u)),
                    "systemctl",
                    "disable",
                    "--now",
                    u
                ))
            );
        }

        steps.AddRange(
            UnitNames.Select(n => new Remove(
                Path.Combine(layout.Units, n.Key),
                p => new FileInfo(p).LinkTarget is { } t && t.EndsWith(n.Value, StringComparison.Ordinal)
            ))
        );
        steps.AddRange(Units.Keys.Select(u => new Remove(Path.Combine(layout.Units, u))));
        if (layout.System is { } system)
        {
            steps.Add(new Call("tell systemd of it", SystemdRuns, "systemctl", "daemon-reload"));
            steps.AddRange(system.LogLinks.Select(l => new Remove(l, p => new FileInfo(p).LinkTarget is "openclaw")));
        }

        steps.AddRange(Names.Select(n => new Remove(Path.Combine(layout.Names, n), p => PointsInto(p, layout.Programs))));
        steps.Add(new Remove(layout.Programs));
        return steps;
    }

    /// <summary>A unit with the paths of this installation.</summary>
    public static string UnitFor(string unit, InstallLayout layout, string? runtime)
    {
        var text = unit.Replace(InstallLayout.SystemPrefix + "/bin/", layout.Names + "/", StringComparison.Ordinal);
        return runtime is null ? text : text.Replace("\nUser=", $"\nEnvironment=DOTNET_ROOT={runtime}\nUser=", StringComparison.Ordinal);
    }

    private static IEnumerable<Step> ForSystem(SystemLayout system) =>
        [
            new Call(
                $"make the system user and group {SystemLayout.User}",
                () => !HasUser(),
                "useradd",
                "--system",
                "--user-group",
                "--home-dir",
                system.State,
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                SystemLayout.User
            ),
            new MakeDirectory(system.Config, All),
            // Read by the service, whose user runs tasks, and written by root alone.
            new MakeDirectory(system.Certificates, OwnerAndGroup, "root", SystemLayout.User),
            new MakeDirectory(system.Plugins, All),
            new MakeDirectory(system.State, OwnerAndGroup, SystemLayout.User),
            new MakeDirectory(system.Logs, OwnerAndGroup, SystemLayout.User),
            .. system.LogLinks.Select(l => new MakeLink(l, "openclaw")),
        ];

    private static bool HasUser() =>
        File.ReadLines("/etc/passwd").Any(l => l.StartsWith(SystemLayout.User + ":", StringComparison.Ordinal));

    private static bool SystemdRuns() => Directory.Exists("/run/systemd/system");

    private static bool PointsInto(string link, string programs) =>
        new FileInfo(link).LinkTarget is { } target
        && Path.GetFullPath(target, Path.GetDirectoryName(link)!).StartsWith(programs + "/", StringComparison.Ordinal);

    private static Dictionary<string, string> ReadUnits()
    {
        const string folder = "systemd/";
        var assembly = Assembly.GetExecutingAssembly();
        var units = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(folder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            units[name[folder.Length..]] = reader.ReadToEnd();
        }

        return units;
    }
}
