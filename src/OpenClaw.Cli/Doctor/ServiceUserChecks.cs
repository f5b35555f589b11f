using OpenClaw.Abi.Files;
using OpenClaw.Cli.Install;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Doctor;

/// <summary>Root may read everything; the installed service may not. Asked is the system itself, as that user.</summary>
internal static class ServiceUserChecks
{
    private const string Check = "service user";

    /// <summary>The secrets that the service of this machine needs, as its settings have them.</summary>
    public static IReadOnlyList<string> Secrets(LoadedSettings loaded, IMachine machine) =>
        [
            .. new[] { TlsRole.Worker, TlsRole.Manager }
                .Select(role => TlsPlan.Resolve(loaded, role, machine))
                .Where(plan => plan.IsOk)
                .SelectMany(plan => new[] { plan.Value.Ca, plan.Value.Cert, plan.Value.Key })
                .Append(Path.Combine(loaded.Paths.DataDir, "token"))
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .Where(machine.FileExists),
        ];

    /// <summary>Whether this machine has the service's user.</summary>
    public static bool Exists(string? passwords) =>
        passwords?.Split('\n').Any(line => line.StartsWith(ServiceGroup.Name + ":", StringComparison.Ordinal)) ?? false;

    /// <summary>One finding for all files, or one for each that the service cannot read.</summary>
    /// <param name="files">What it needs.</param>
    /// <param name="canRead">Asks as the service's user; throws <see cref="IOException"/> when that cannot be asked.</param>
    public static IReadOnlyList<Finding> Look(IReadOnlyList<string> files, Func<string, bool> canRead)
    {
        if (files.Count == 0)
        {
            return [Finding.Skip(Check, $"{ServiceGroup.Name} needs no certificate and no token of this machine")];
        }

        try
        {
            var kept = files.Where(f => !canRead(f)).ToList();
            return kept.Count == 0
                ? [Finding.Ok(Check, $"{ServiceGroup.Name} can read {string.Join(", ", files)}")]
                :
                [
                    .. kept.Select(f =>
                        Finding.Fail(
                            Check,
                            $"the service runs as {ServiceGroup.Name}, who cannot read {f}",
                            $"chgrp {ServiceGroup.Name} {f} && chmod 640 {f}; the directories above it must let {ServiceGroup.Name} through (chmod g+x or o+x)",
                            Path.GetFileName(f) == "token" ? Catalogue.AuthRefused : Catalogue.TlsFiles
                        )
                    ),
                ];
        }
        catch (IOException e)
        {
            return [Finding.Skip(Check, $"it cannot be asked what {ServiceGroup.Name} can read: {e.Message}")];
        }
    }

    /// <summary>Asks the system as the service's user: modes, groups, access lists and the directories above, all at once.</summary>
    public static bool CanRead(string file)
    {
        _ = Tool.Run("runuser", "-u", ServiceGroup.Name, "--", "true");
        try
        {
            _ = Tool.Run("runuser", "-u", ServiceGroup.Name, "--", "test", "-r", file);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
