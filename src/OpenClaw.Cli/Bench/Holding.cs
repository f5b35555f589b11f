using System.Globalization;

namespace OpenClaw.Cli.Bench;

/// <summary>What processes hold at one moment.</summary>
/// <param name="Rss">Resident memory in bytes; pages that several share count for each.</param>
/// <param name="Descriptors">Open files, sockets and pipes.</param>
/// <param name="Processes">How many processes it is.</param>
internal readonly record struct Holding(long Rss, int Descriptors, int Processes)
{
    public static Holding operator +(Holding a, Holding b) => new(a.Rss + b.Rss, a.Descriptors + b.Descriptors, a.Processes + b.Processes);

    /// <summary>Of one process; null when it has ended, is another user's, or where there is no /proc: nothing is compared then.</summary>
    public static Holding? Of(int pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            // See proc_pid_statm(5): the second word is the resident set, in pages.
            var words = File.ReadAllText($"/proc/{pid}/statm").Split(' ');
            var rss = long.Parse(words[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            return rss == 0 ? null : new(rss, Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count(), 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
