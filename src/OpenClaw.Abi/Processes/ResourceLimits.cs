using System.Globalization;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Abi.Processes;

/// <summary>Applies limits to this process; what it becomes by an exec and what it starts inherit them.</summary>
public static class ResourceLimits
{
    private const int Cpu = 0;
    private const int FileSize = 1;
    private const int Data = 2;
    private const int Core = 4;

    /// <summary>From SIGXCPU to SIGKILL, for who goes on all the same. Soft and hard limit alike would be SIGKILL at once.</summary>
    private const long CpuGraceSeconds = 5;
    private static readonly int Processes = Native.IsMac ? 7 : 6;
    private static readonly int OpenFiles = Native.IsMac ? 8 : 7;

    /// <summary>The most that this process and what it starts may set as the size of a core; null when the system does not say.</summary>
    public static unsafe ulong? HardCoreBytes()
    {
        var limit = stackalloc ulong[2];
        return Native.getrlimit(Core, limit) == 0 ? limit[1] : null;
    }

    /// <summary>
    /// The kernel writes no core of this process any more; what it starts may raise its own limit again. For a program whose runtime
    /// writes a core by itself: one is enough.
    /// </summary>
    public static unsafe void LeaveCoreToRuntime()
    {
        var limit = stackalloc ulong[2];
        if (Native.getrlimit(Core, limit) == 0)
        {
            limit[0] = 0;
            _ = Native.setrlimit(Core, limit);
        }
    }

    /// <summary>
    /// Asks for so many descriptors for this process and all that it starts, the hard limit raised where that is allowed. Null: it has
    /// them, or nobody asked; else why there are fewer.
    /// </summary>
    public static unsafe string? AskForOpenFiles(long? wanted)
    {
        var limit = stackalloc ulong[2];
        if (wanted is not { } number || Native.getrlimit(OpenFiles, limit) != 0)
        {
            return null;
        }
        var hard = limit[1];
        limit[0] = (ulong)number;
        limit[1] = Math.Max(hard, (ulong)number);
        if (Native.setrlimit(OpenFiles, limit) == 0)
        {
            return null;
        }
        limit[0] = Math.Min((ulong)number, hard);
        limit[1] = hard;
        return Native.setrlimit(OpenFiles, limit) == 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the system allows {hard} descriptors, not {number}; raise LimitNOFILE of the unit"
            )
            : $"the limit was refused: {Descriptors.Error("setrlimit").Message}";
    }

    /// <summary>Applies what is set. Gives one line for each limit that the system refused; the others are in force.</summary>
    public static IReadOnlyList<string> Apply(ProcessLimits limits)
    {
        var refused = new List<string>();
        Set(OpenFiles, limits.OpenFiles, "open files");
        Set(Core, limits.CoreBytes, "core size");
        Set(Processes, limits.Processes, "processes");
        Set(FileSize, limits.FileBytes, "file size");
        Set(Cpu, limits.CpuSeconds, "processor time", CpuGraceSeconds);
        Set(Data, limits.DataBytes, "data size");
        if (limits.OomScoreAdjust is { } score && Native.IsLinux)
        {
            try
            {
                File.WriteAllText("/proc/self/oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                refused.Add($"the limit on oom score {score} was refused: {e.Message}");
            }
        }
        return refused;

        unsafe void Set(int resource, long? value, string name, long slack = 0)
        {
            if (value is not { } wanted)
            {
                return;
            }
            var limit = stackalloc ulong[2];
            if (Native.getrlimit(resource, limit) == 0)
            {
                limit[1] = Math.Min((ulong)(wanted + slack), limit[1]);
                limit[0] = Math.Min((ulong)wanted, limit[1]);
                if (Native.setrlimit(resource, limit) == 0)
                {
                    return;
                }
            }
            refused.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the limit on {name} of {wanted} was refused: {Descriptors.Error("setrlimit").Message}"
                )
            );
        }
    }
}
