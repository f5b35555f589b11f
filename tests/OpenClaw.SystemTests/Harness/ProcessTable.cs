using System.Globalization;
using System.Text;

namespace OpenClaw.SystemTests.Harness;

/// <summary>A process as /proc shows it.</summary>
internal sealed record ProcessEntry(int Id, int Parent, char State, string Name, string CommandLine)
{
    public bool IsZombie => State == 'Z';

    public override string ToString() => $"{Id} (parent {Parent}, {State}) {Name}: {CommandLine}";
}

/// <summary>What runs on this machine.</summary>
internal static class ProcessTable
{
    public static IEnumerable<ProcessEntry> All() =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Find(id) : null)
            .OfType<ProcessEntry>();

    public static ProcessEntry? Find(int id)
    {
        if (Read($"/proc/{id}/stat") is not { Length: > 0 } stat)
        {
            return null;
        }

        // The name is in brackets and may hold anything.
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        var rest = stat[(close + 2)..].Split(' ');
        return new ProcessEntry(
            id,
            int.Parse(rest[1], CultureInfo.InvariantCulture),
            rest[0][0],
            stat[(open + 1)..close],
            Read($"/proc/{id}/cmdline").Replace('\0', ' ').Trim()
        );
    }

    public static bool IsAlive(int id) => Find(id) is { IsZombie: false };

    public static IEnumerable<ProcessEntry> ChildrenOf(int id) => All().Where(p => p.Parent == id);

    public static List<ProcessEntry> DescendantsOf(int id)
    {
        var all = All().ToLookup(p => p.Parent);
        var found = new List<ProcessEntry>();
        var open = new Queue<int>([id]);
        while (open.TryDequeue(out var parent))
        {
            foreach (var child in all[parent])
            {
                found.Add(child);
                open.Enqueue(child.Id);
            }
        }

        return found;
    }

    /// <summary>Processes whose environment, command line or working directory names this directory: whoever was started from there.</summary>
    public static List<ProcessEntry> Marked(string directory) =>
        [
            .. All()
                .Where(p =>
                    p.Id != Environment.ProcessId
                    && (
                        p.CommandLine.Contains(directory, StringComparison.Ordinal)
                        || Read($"/proc/{p.Id}/environ").Contains(directory, StringComparison.Ordinal)
                        || Link($"/proc/{p.Id}/cwd").StartsWith(directory, StringComparison.Ordinal)
                    )
                ),
        ];

    public static string[] EnvironmentOf(int id) => Read($"/proc/{id}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether a process has an open connection to a port of this machine.</summary>
    public static bool IsConnected(int id, int port)
    {
        const string established = "01";
        var remote = $":{port:X4}";
        // A socket for both kinds of addresses stands among those of IPv6.
        var sockets = (Read("/proc/net/tcp") + Read("/proc/net/tcp6"))
            .Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f.Length > 9 && f[2].EndsWith(remote, StringComparison.Ordinal) && f[3] == established)
            .Select(f => $"socket:[{f[9]}]")
            .ToHashSet(StringComparer.Ordinal);
        try
        {
            return Directory.GetFiles($"/proc/{id}/fd").Any(f => sockets.Contains(new FileInfo(f).LinkTarget ?? ""));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Read(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return "";
        }
    }

    private static string Link(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, false)?.FullName ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
