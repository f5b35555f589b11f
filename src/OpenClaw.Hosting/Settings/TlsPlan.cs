using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>Whose certificate is looked for when nobody names one.</summary>
public enum TlsRole
{
    Manager,
    Worker,
    Client,
}

/// <summary>
/// The certificate files of a program, resolved. A path in a file is relative to that file; in a variable or a flag, to the directory that
/// the program was started in. What nobody named is looked for in the usual directories. Immutable; reads no file.
/// </summary>
public sealed record TlsPlan
{
    public const string SystemCertificates = "/etc/openclaw/certs";
    public const string CaName = "ca.crt";

    /// <summary>Null: there is none, and without it no TLS.</summary>
    public string? Ca { get; init; }

    public string? Cert { get; init; }

    public string? Key { get; init; }

    public required TlsMode Mode { get; init; }

    /// <summary>Somebody named files: they are meant to be used, also on this machine.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Whether a client has what it takes and may use it.</summary>
    public bool CanDial => Ca is not null && Mode != TlsMode.Never;

    /// <summary>Whether a manager has what it takes and may use it.</summary>
    public bool CanListen => CanDial && Cert is not null && Key is not null;

    /// <summary>Whether a client speaks TLS with this address.</summary>
    public bool Dials(HostPort address) => CanDial && (Mode == TlsMode.Always || IsNamed || !address.IsLoopback);

    /// <summary>The files that were found, and nothing of what is missing: the directory to put them in, for a message.</summary>
    public static Result<TlsPlan> Resolve(LoadedSettings loaded, TlsRole role, IMachine machine)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(machine);
        var settings = loaded.Settings;
        var (ca, cert, key) = (
            Named(settings, TlsKeys.Ca, machine),
            Named(settings, TlsKeys.Cert, machine),
            Named(settings, TlsKeys.Key, machine)
        );
        var plan = new TlsPlan { Mode = settings.Tls.Mode, IsNamed = (ca ?? cert ?? key) is not null };
        if (cert is null != key is null)
        {
            return new Failure(
                Catalogue.TlsFiles,
                cert is null ? $"tls.key names {key} and tls.cert nothing" : $"tls.cert names {cert} and tls.key nothing",
                "Name both: certificate and key are a pair"
            );
        }

        foreach (var directory in Directories(loaded, machine))
        {
            ca ??= Present(Path.Combine(directory, CaName), machine);
            if (cert is null && PairIn(directory, role, machine) is var (found, its))
            {
                (cert, key) = (found, its);
            }
        }

        if (ca is null && plan.IsNamed)
        {
            return new Failure(
                Catalogue.TlsFiles,
                $"tls.cert names {cert}, and there is no CA file to judge the other side by",
                "Name it: --tls-ca FILE (tls.ca)"
            );
        }

        return plan with
        {
            Ca = ca,
            Cert = cert,
            Key = key,
        };
    }

    /// <summary>Where certificates are looked for: those of the user, then those of the machine.</summary>
    public static IEnumerable<string> Directories(LoadedSettings loaded, IMachine machine)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(machine);
        return new[] { Path.Combine(loaded.Paths.ConfigDir, "certs"), SystemCertificates }.Distinct(StringComparer.Ordinal);
    }

    // A manager on a machine whose only certificate is the worker's of the guide shows that one: if it names the host it serves.
    private static (string Cert, string Key)? PairIn(string directory, TlsRole role, IMachine machine)
    {
        string[] names = role switch
        {
            TlsRole.Manager => ["manager", "worker"],
            TlsRole.Worker => ["worker"],
            _ => ["client", "worker", "manager"],
        };
        foreach (var name in names)
        {
            var (cert, key) = (Path.Combine(directory, name + ".crt"), Path.Combine(directory, name + "-key.pem"));
            if (machine.FileExists(cert) && machine.FileExists(key))
            {
                return (cert, key);
            }
        }

        return null;
    }

    private static string? Present(string file, IMachine machine) => machine.FileExists(file) ? file : null;

    private static string? Named(OpenClawSettings settings, SettingKey<string> key, IMachine machine)
    {
        if (settings.Find(key) is not { } value)
        {
            return null;
        }

        var path = value.Text;
        if (machine.Home is { } home && (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)))
        {
            return Path.GetFullPath(home + path[1..]);
        }

        return value.At.Kind == SourceKind.File && Path.GetDirectoryName(Path.GetFullPath(value.At.Name)) is { } directory
            ? Path.GetFullPath(path, directory)
            : Path.GetFullPath(path);
    }
}
