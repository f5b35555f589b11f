using System.Globalization;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Abi.Files;

/// <summary>
/// The group of the installed service. What the service leaves on the machine for commands (the local token, the manager's address) may
/// be read by its members, so that they need not be root.
/// </summary>
public static class ServiceGroup
{
    public const string Name = "openclaw";
    private const string GroupFile = "/etc/group";

    /// <summary>True when this process runs as the service: not as root, and its own group is the service's.</summary>
    public static bool IsOurs => !Environment.IsPrivilegedProcess && Id() is { } group && group == Native.getegid();

    /// <summary>The number of a group in the lines of a group file (group(5)); null when it has none of this name.</summary>
    public static uint? Find(IEnumerable<string> lines, string name)
    {
        foreach (var line in lines)
        {
            if (line.Split(':') is [var known, _, var number, ..] && known == name)
            {
                return uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
            }
        }
        return null;
    }

    /// <summary>The group's number; null when this machine has no such group.</summary>
    internal static uint? Id()
    {
        try
        {
            return Find(File.ReadLines(GroupFile), Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody to share with.
            return null;
        }
    }
}
