using System.Globalization;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Abi.Crashes;

/// <summary>A core of the kernel's, found: its file and what it says.</summary>
public sealed record FoundCore(string Path, CoreFile Content);

/// <summary>Finds the core that the kernel wrote for a process. Whose it is, the core itself says.</summary>
public sealed class CoreSearch(CorePattern pattern, ulong? hardLimit)
{
    // Names of one process are few; a directory that many cores fall into is looked through from its newest on.
    private const int MostLookedAt = 50;

    /// <summary>With what this machine and this process have now.</summary>
    public static CoreSearch OfMachine() => new(CorePattern.OfMachine(), ResourceLimits.HardCoreBytes());

    /// <summary>Why a crash leaves no core that we could find; null when it does.</summary>
    public string? WhyNot =>
        pattern.WhyNot ?? (hardLimit == 0 ? "the limit on the size of cores is 0 (ulimit -Hc, LimitCORE of the unit)" : null);

    /// <summary>Signals whose default is to write a core (signal(7)).</summary>
    public static bool LeavesCore(int signal) =>
        signal is Signals.Quit or 4 or 5 or Signals.Abort or 7 or 8 or Signals.SegmentationFault or 24 or 25 or 31;

    /// <summary>
    /// The core of a process, or of one that it started, that has ended. Null with the reason when there is none.
    /// </summary>
    /// <param name="leader">The process, leader of a session of its own.</param>
    /// <param name="signal">The signal, as its end or its shell tells it.</param>
    /// <param name="workingDirectory">Where it was started.</param>
    /// <param name="since">Older files are none of its.</param>
    /// <param name="why">Why there is none.</param>
    public FoundCore? Find(int leader, int signal, string workingDirectory, DateTimeOffset since, out string? why)
    {
        why = WhyNot;
        if (why is not null)
        {
            return null;
        }

        if (pattern.DirectoryFor(workingDirectory) is not { } directory)
        {
            why = $"kernel.core_pattern ({pattern}) names directories that cannot be known here";
            return null;
        }

        var names = pattern.NameFor(pid: null, signal);
        try
        {
            var candidates = new DirectoryInfo(directory)
                .EnumerateFiles()
                // The clock of files is a little behind.
                .Where(f => names.IsMatch(f.Name) && f.LastWriteTimeUtc >= since.UtcDateTime - TimeSpan.FromSeconds(1))
                .OrderByDescending(f => f.LastWriteTimeUtc)
                .Take(MostLookedAt);
            foreach (var candidate in candidates)
            {
                using var file = CoreShelf.OpenOwn(candidate.FullName);
                if (file is not null && CoreFile.Read(file) is { } core && (core.Pid == leader || core.Session == leader))
                {
                    return new(candidate.FullName, core);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"{directory}, where the kernel puts cores, cannot be read: {e.Message}";
            return null;
        }

        why = string.Create(
            CultureInfo.InvariantCulture,
            $"the kernel wrote none to {directory}: it may not have room or the right to, or the program may have gone to another directory"
        );
        return null;
    }
}
