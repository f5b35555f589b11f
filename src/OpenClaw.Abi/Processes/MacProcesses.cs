using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Processes as macOS shows them (libproc.h, sys/proc_info.h, sys/resource.h, sysctl KERN_PROCARGS2): of the own user, of everybody for
/// root. Ended ones that nobody waited for are not shown.
/// </summary>
public static unsafe partial class MacProcesses
{
    private const string Library = "libSystem";

    // struct proc_taskallinfo: a proc_bsdinfo of 136 bytes, then a proc_taskinfo of 96.
    private const int TaskAllInfo = 2;
    private const int TaskAllInfoBytes = 232;
    private const int TaskInfo = 136;

    // struct rusage_info_v0: an identity of 16 bytes, then ten numbers.
    private const int RusageBytes = 96;

    /// <summary>Reads what the kernel wrote for PROC_PIDTASKALLINFO; null when it is not whole.</summary>
    /// <param name="info">Its bytes.</param>
    /// <param name="session">The process' session.</param>
    /// <param name="timebase">Of <c>mach_timebase_info</c>.</param>
    public static ProcessStat? Parse(ReadOnlySpan<byte> info, int session, (uint Numerator, uint Denominator) timebase)
    {
        if (info.Length < TaskAllInfoBytes)
        {
            return null;
        }
        var ticks = Word64(info, TaskInfo + 16) + Word64(info, TaskInfo + 24);
        var nanoseconds = (Int128)ticks * timebase.Numerator / Math.Max(1, timebase.Denominator);
        return new ProcessStat(
            Word32(info, 12),
            // SZOMB is 5.
            Word32(info, 4) == 5
                ? 'Z'
                : 'R',
            Word32(info, 16),
            Word32(info, 100),
            session,
            (long)(nanoseconds / (1_000_000_000 / ProcessStat.TicksPerSecond)),
            Word32(info, TaskInfo + 84),
            (Word64(info, 120) * 1_000_000) + Word64(info, 128),
            Word64(info, TaskInfo + 8)
        );
    }

    /// <summary>The variables of a process in the answer of KERN_PROCARGS2: how many arguments, the program, zeros, arguments, variables.</summary>
    public static ReadOnlySpan<byte> EnvironmentOf(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < sizeof(int))
        {
            return default;
        }
        var arguments = BinaryPrimitives.ReadInt32LittleEndian(answer);
        var rest = Behind(answer[sizeof(int)..]).TrimStart((byte)0);
        for (; arguments > 0 && !rest.IsEmpty; arguments--)
        {
            rest = Behind(rest);
        }
        return rest;
    }

    [SupportedOSPlatform("macos")]
    public static ProcessStat? Of(int process)
    {
        Span<byte> info = stackalloc byte[TaskAllInfoBytes];
        fixed (byte* p = info)
        {
            var count = proc_pidinfo(process, TaskAllInfo, 0, p, info.Length);
            return Parse(info[..Math.Clamp(count, 0, info.Length)], getsid(process), Clock.Timebase);
        }
    }

    [SupportedOSPlatform("macos")]
    public static int[] All()
    {
        // More may start between the two calls.
        var numbers = new int[proc_listallpids(null, 0) + 64];
        fixed (int* p = numbers)
        {
            var count = proc_listallpids(p, numbers.Length * sizeof(int));
            return numbers[..Math.Clamp(count, 0, numbers.Length)];
        }
    }

    /// <summary>Bytes that the kernel could not drop; 0 when it has ended.</summary>
    [SupportedOSPlatform("macos")]
    public static long FootprintOf(int process)
    {
        Span<byte> usage = stackalloc byte[RusageBytes];
        fixed (byte* p = usage)
        {
            return proc_pid_rusage(process, 0, p) == 0 ? Word64(usage, 72) : 0;
        }
    }

    [SupportedOSPlatform("macos")]
    public static string? VariableOf(int process, ReadOnlySpan<byte> name)
    {
        const int kern = 1;
        const int procargs2 = 49;
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            var which = stackalloc int[3] { kern, procargs2, process };
            nuint size = (nuint)buffer.Length;
            fixed (byte* p = buffer)
            {
                if (sysctl(which, 3, p, &size, null, 0) != 0)
                {
                    return null;
                }
            }
            return ProcessStat.ValueIn(EnvironmentOf(buffer.AsSpan(0, (int)size)), name);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)0);
        return end < 0 ? default : text[(end + 1)..];
    }

    private static int Word32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static long Word64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    /// <summary>In a class of its own: asked of the system only where that is macOS.</summary>
    [SupportedOSPlatform("macos")]
    private static class Clock
    {
        /// <summary>Nanoseconds are ticks times the first through the second.</summary>
        public static readonly (uint Numerator, uint Denominator) Timebase = Read();

        private static (uint Numerator, uint Denominator) Read()
        {
            var both = stackalloc uint[2];
            return mach_timebase_info(both) == 0 ? (both[0], both[1]) : (1, 1);
        }
    }

    [SupportedOSPlatform("macos")]
    [LibraryImport(Library)]
    private static partial int proc_listallpids(int* buffer, int bytes);

    [SupportedOSPlatform("macos")]
    [LibraryImport(Library)]
    private static partial int proc_pidinfo(int process, int flavor, ulong argument, byte* buffer, int bytes);

    [SupportedOSPlatform("macos")]
    [LibraryImport(Library)]
    private static partial int proc_pid_rusage(int process, int flavor, byte* buffer);

    [SupportedOSPlatform("macos")]
    [LibraryImport(Library)]
    private static partial int getsid(int process);

    [SupportedOSPlatform("macos")]
    [LibraryImport(Library)]
    private static partial int mach_timebase_info(uint* both);

    [SupportedOSPlatform("macos")]
    [LibraryImport(Library)]
    private static partial int sysctl(int* name, uint words, byte* old, nuint* oldSize, void* next, nuint nextSize);
}
