using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// One process as the kernel shows it (<c>/proc/PID/stat</c>; libproc on macOS): what it descends from, what it has used, what it holds.
/// </summary>
/// <param name="Id">Its number.</param>
/// <param name="State">R, S, D, Z…</param>
/// <param name="Parent">Its parent's number.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Session">Its session.</param>
/// <param name="CpuTicks">Processor time in hundredths of a second, that of children that it has waited for included.</param>
/// <param name="Threads">How many threads it has.</param>
/// <param name="Started">When it began, in the kernel's own count: tells it from another with the same number.</param>
/// <param name="ResidentBytes">What it has in memory, shared pages counted whole.</param>
public readonly record struct ProcessStat(
    int Id,
    char State,
    int Parent,
    int Group,
    int Session,
    long CpuTicks,
    int Threads,
    long Started,
    long ResidentBytes
)
{
    /// <summary>USER_HZ, the same on every Linux that .NET runs on.</summary>
    public const int TicksPerSecond = 100;

    public bool HasEnded => State is 'Z' or 'X';

    /// <summary>Null when there is no such process, or it cannot be looked at.</summary>
    public static ProcessStat? Of(int process)
    {
        if (!Native.IsLinux)
        {
            return Native.IsMac ? MacProcesses.Of(process) : null;
        }
        Span<byte> buffer = stackalloc byte[1024];
        var count = SmallFile.ReadOf(process, "stat"u8, buffer);
        return count <= 0 ? null : Parse(process, buffer[..count]);
    }

    /// <summary>Reads a line of <c>/proc/PID/stat</c>; null for anything else.</summary>
    public static ProcessStat? Parse(int process, ReadOnlySpan<byte> line)
    {
        // The name in parentheses may hold anything, parentheses too: what counts begins behind the last.
        var close = line.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= line.Length)
        {
            return null;
        }
        var rest = line[(close + 2)..];
        Span<long> fields = stackalloc long[22];
        var state = (char)rest[0];
        for (var i = 0; i < fields.Length; i++)
        {
            var space = rest.IndexOf((byte)' ');
            var word = space < 0 ? rest : rest[..space];
            // The first is a letter.
            if (i > 0 && !Utf8Parser.TryParse(word, out fields[i], out _))
            {
                // Some are unsigned 64-bit numbers, which nobody asks for.
                fields[i] = 0;
            }
            rest = space < 0 ? default : rest[(space + 1)..];
            if (space < 0 && i < fields.Length - 1)
            {
                return null;
            }
        }
        return new ProcessStat(
            process,
            state,
            (int)fields[1],
            (int)fields[2],
            (int)fields[3],
            fields[11] + fields[12] + fields[13] + fields[14],
            (int)fields[17],
            fields[19],
            fields[21] * Environment.SystemPageSize
        );
    }

    /// <summary>The numbers of all processes that the kernel shows us.</summary>
    public static IEnumerable<int> All() =>
        Native.IsLinux ? Listed()
        : Native.IsMac ? MacProcesses.All()
        : [];

    private static IEnumerable<int> Listed()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
            {
                yield return process;
            }
        }
    }

    /// <summary>The value of a variable in the environment that the process was started with; null when it has none, or is not ours to look at.</summary>
    /// <param name="process">Its number.</param>
    /// <param name="name"><c>NAME=</c></param>
    public static string? VariableOf(int process, ReadOnlySpan<byte> name)
    {
        if (!Native.IsLinux)
        {
            return Native.IsMac ? MacProcesses.VariableOf(process, name) : null;
        }
        // As much as the kernel passes to a program at most, where there is more than is usual.
        return VariableOf(process, name, 64 << 10, out var whole) is { } value ? value
            : whole ? null
            : VariableOf(process, name, 6 << 20, out _);
    }

    [SupportedOSPlatform("linux")]
    private static string? VariableOf(int process, ReadOnlySpan<byte> name, int most, out bool whole)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            var count = SmallFile.ReadOf(process, "environ"u8, buffer);
            whole = count < buffer.Length;
            return ValueIn(buffer.AsSpan(0, Math.Max(0, count)), name);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The value of a variable among others, each ended by a zero; null when it is not there.</summary>
    public static string? ValueIn(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> name)
    {
        while (!environment.IsEmpty)
        {
            var end = environment.IndexOf((byte)0);
            var variable = end < 0 ? environment : environment[..end];
            if (variable.StartsWith(name))
            {
                return System.Text.Encoding.UTF8.GetString(variable[name.Length..]);
            }
            environment = end < 0 ? default : environment[(end + 1)..];
        }
        return null;
    }

    /// <summary>
    /// Bytes that a process holds and the kernel could not drop, what it shares counted whole: anonymous and shared memory (the footprint on
    /// macOS). Pages of files do not count. 0 when it has ended. Cheap.
    /// </summary>
    public static long HeldBy(int process)
    {
        if (!Native.IsLinux)
        {
            return Native.IsMac ? MacProcesses.FootprintOf(process) : 0;
        }
        Span<byte> buffer = stackalloc byte[4096];
        var count = SmallFile.ReadOf(process, "status"u8, buffer);
        return count <= 0 ? 0 : KiB(buffer[..count], "RssAnon:"u8) + KiB(buffer[..count], "RssShmem:"u8);
    }

    /// <summary>
    /// The same for several together, what they share counted once where the kernel tells it: a fork shares its parent's pages. It walks
    /// their pages for that, some milliseconds for each GiB.
    /// </summary>
    public static long HeldBy(IReadOnlyList<ProcessStat> processes)
    {
        ArgumentNullException.ThrowIfNull(processes);
        if (processes.Count == 1 || !Native.IsLinux)
        {
            return processes.Sum(p => HeldBy(p.Id));
        }
        var sum = 0L;
        Span<byte> buffer = stackalloc byte[4096];
        foreach (var process in processes)
        {
            var count = SmallFile.ReadOf(process.Id, "smaps_rollup"u8, buffer);
            // It changed its user, or the kernel does not tell: what is not known is not held against anybody.
            sum += count <= 0 ? 0 : KiB(buffer[..count], "Pss_Anon:"u8) + KiB(buffer[..count], "Pss_Shmem:"u8);
        }
        return sum;
    }

    private static long KiB(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        var at = text.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(text[(at + name.Length)..].TrimStart(" \t"u8), out long kilobytes, out _)
            ? kilobytes * 1024
            : 0;
    }
}
