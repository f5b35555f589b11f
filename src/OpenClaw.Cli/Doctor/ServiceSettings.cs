using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Doctor;

/// <summary>
/// The variables of the installed service, which stand in a file that systemd reads (EnvironmentFile): a shell does not have them, and
/// without them a command looks for another manager than the service does.
/// </summary>
internal static class ServiceSettings
{
    public const string File = "/etc/openclaw/environment";

    /// <summary>The request with those of the service's variables that set a key and that this process has not; their names.</summary>
    /// <param name="request">As the shell has it.</param>
    /// <param name="text">The file; null when there is none, or it may not be read.</param>
    public static (SettingsRequest Request, IReadOnlyList<string> Adopted) Adopt(SettingsRequest request, string? text)
    {
        var environment = new Dictionary<string, string>(request.Environment, StringComparer.Ordinal);
        List<string> adopted = [];
        foreach (var line in (text ?? "").Split('\n'))
        {
            // NAME=value, in quotes or not; a comment begins with # or ;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals > 0 ? line[..equals].Trim() : "";
            if (SettingsSchema.FindVariable(name) is not null && environment.TryAdd(name, Unquoted(line[(equals + 1)..].Trim())))
            {
                adopted.Add(name);
            }
        }

        return (request with { Environment = environment }, adopted);
    }

    private static string Unquoted(string value) => value is ['"', .., '"'] or ['\'', .., '\''] && value.Length >= 2 ? value[1..^1] : value;
}
