using System.Buffers.Binary;

namespace OpenClaw.Abi.Processes;

/// <summary>How a process ended, and what it took.</summary>
/// <param name="ExitCode">Null when a signal ended it.</param>
/// <param name="Signal">Null when it exited.</param>
/// <param name="CoreDumped">The system says that it wrote a core.</param>
/// <param name="PeakMemoryBytes">
/// The largest resident size of the process. On Linux the time between fork and exec counts, so it is never below the resident size
/// of the program that started it.
/// </param>
/// <param name="CpuTime">User and system time, its own and that of its children that it waited for.</param>
public sealed record ProcessEnd(int? ExitCode, int? Signal, bool CoreDumped, long PeakMemoryBytes, TimeSpan CpuTime)
{
    /// <summary>The part of <see cref="CpuTime"/> in the program's own code, and that in the kernel for it.</summary>
    public TimeSpan UserTime { get; init; }
    public TimeSpan SystemTime { get; init; }

    /// <summary>The number that a shell would show: the exit code, or 128 and the signal.</summary>
    public int ShellCode => ExitCode ?? 128 + Signal.GetValueOrDefault();

    /// <summary>Exit code 0.</summary>
    public bool IsSuccess => ExitCode == 0;

    /// <summary><c>exit code 3</c>, or <c>signal 11 (SIGSEGV)</c>.</summary>
    public override string ToString() => Signal is { } signal ? $"signal {signal} ({Signals.Name(signal)})" : $"exit code {ExitCode}";

    internal const int UsageBytes = 512;

    /// <summary>From what wait4 gives: the status word and a struct rusage.</summary>
    internal static ProcessEnd From(int status, ReadOnlySpan<byte> usage)
    {
        var signal = status & 0x7F;
        // Seconds are 8 bytes everywhere; microseconds 4 on macOS, 8 on Linux, little-endian and below a million: 4 will do.
        var (user, system) = (Time(usage), Time(usage[16..]));
        var peak = BinaryPrimitives.ReadInt64LittleEndian(usage[32..]) * (Native.IsMac ? 1 : 1024);
        var end =
            signal == 0
                ? new ProcessEnd((status >> 8) & 0xFF, null, CoreDumped: false, peak, user + system)
                : new ProcessEnd(null, signal, (status & 0x80) != 0, peak, user + system);
        return end with { UserTime = user, SystemTime = system };
    }

    private static TimeSpan Time(ReadOnlySpan<byte> timeval) =>
        TimeSpan.FromSeconds(BinaryPrimitives.ReadInt64LittleEndian(timeval))
        + TimeSpan.FromMicroseconds(BinaryPrimitives.ReadInt32LittleEndian(timeval[8..]));
}
