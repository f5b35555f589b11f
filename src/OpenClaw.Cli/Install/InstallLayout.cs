namespace OpenClaw.Cli.Install;

/// <summary>
/// Where an installation has its parts. The program stands in a directory of its own for each build, and <c>current</c> points to the
/// newest: what runs keeps the files that it was started from.
/// </summary>
/// <param name="Programs">Holds one directory for each build, and <c>current</c>.</param>
/// <param name="Names">Where the links to the program stand: <c>bin</c>.</param>
/// <param name="Units">Where the systemd units stand.</param>
/// <param name="System">Null for an installation below a directory of the user's choice, which leaves the rest of the machine alone.</param>
internal sealed record InstallLayout(string Programs, string Names, string Units, SystemLayout? System)
{
    public const string SystemPrefix = "/usr/local";

    /// <summary>The machine's own installation: /usr/local, systemd, a user, directories.</summary>
    public static InstallLayout OfSystem() => new($"{SystemPrefix}/lib/openclaw", $"{SystemPrefix}/bin", "/etc/systemd/system", new());

    /// <summary>Everything below one directory.</summary>
    public static InstallLayout Below(string prefix) =>
        new(Path.Combine(prefix, "lib/openclaw"), Path.Combine(prefix, "bin"), Path.Combine(prefix, "lib/systemd/system"), null);

    public string Current => Path.Combine(Programs, "current");
}

/// <summary>What an installation of the machine's own has beside its programs.</summary>
internal sealed record SystemLayout
{
    public const string User = Abi.Files.ServiceGroup.Name;

    public string Config { get; } = "/etc/openclaw";
    public string Certificates { get; } = "/etc/openclaw/certs";
    public string Plugins { get; } = "/etc/claw/plugins";
    public string State { get; } = "/var/lib/openclaw";
    public string Logs { get; } = "/var/log/openclaw";

    /// <summary>Names under which guides look for the logs.</summary>
    public IReadOnlyList<string> LogLinks { get; } = ["/var/log/clw", "/var/log/claw"];

    /// <summary>Where .NET looks up where it is installed, when that is not one of the usual places.</summary>
    public string RuntimeLocation { get; } = "/etc/dotnet/install_location";
}
