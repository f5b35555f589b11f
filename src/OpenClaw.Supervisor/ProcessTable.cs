using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace OpenClaw.Supervisor;

/// <summary>A process as /proc shows it.</summary>
internal readonly record struct ProcessRow(int Id, int Parent, bool IsZombie);

/// <summary>The processes of this machine, as far as /proc shows them. Linux only.</summary>
[SupportedOSPlatform("linux")]
internal static class ProcessTable
{
    public static IReadOnlyList<ProcessRow> Read()
    {
        var rows = new List<ProcessRow>(256);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Row(id) is { } row
            )
            {
                rows.Add(row);
            }
        }
        return rows;
    }

    /// <summary>Null when the process is gone.</summary>
    private static ProcessRow? Row(int id)
    {
        try
        {
            // "pid (name) state parent …": the name may hold spaces and parentheses, so what counts stands behind the last one.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var rest = stat.AsSpan(stat.LastIndexOf(')') + 2);
            var state = rest[0];
            rest = rest[2..];
            return new ProcessRow(
                id,
                int.Parse(rest[..rest.IndexOf(' ')], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                state is 'Z' or 'X'
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Does the environment that the process was started with hold this variable with this value?</summary>
    public static bool HasVariable(int id, string name, string value)
    {
        try
        {
            var environment = File.ReadAllBytes($"/proc/{id}/environ").AsSpan();
            var wanted = Encoding.UTF8.GetBytes($"{name}={value}\0");
            return environment.StartsWith(wanted) || environment.IndexOf((byte[])[0, .. wanted]) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
