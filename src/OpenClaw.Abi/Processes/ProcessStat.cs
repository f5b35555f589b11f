using System.Buffers.Text;
using System.Globalization;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>One process as <c>/proc/PID/stat</c> shows it: what it descends from, what it has used, what it holds.</summary>
/// <param name="Id">Its number.</param>
/// <param name="State">R, S, D, Z…</param>
/// <param name="Parent">Its parent's number.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Session">Its session.</param>
/// <param name="CpuTicks">Processor time in hundredths of a second, that of children that it has waited for included.</param>
/// <param name="Threads">How many threads it has.</param>
/// <param name="Started">When it began, in ticks since the machine's start: tells it from another with the same number.</param>
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
    [SupportedOSPlatform("linux")]
    public static ProcessStat? Of(int process)
    {
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

    /// <summary>The numbers of all processes that <c>/proc</c> shows.</summary>
    [SupportedOSPlatform("linux")]
    public static IEnumerable<int> All()
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
    [SupportedOSPlatform("linux")]
    public static string? VariableOf(int process, ReadOnlySpan<byte> name)
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(256 << 10);
        try
        {
            var count = SmallFile.ReadOf(process, "environ"u8, buffer);
            var rest = (ReadOnlySpan<byte>)buffer.AsSpan(0, Math.Max(0, count));
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf((byte)0);
                var variable = end < 0 ? rest : rest[..end];
                if (variable.StartsWith(name))
                {
                    return System.Text.Encoding.UTF8.GetString(variable[name.Length..]);
                }
                rest = end < 0 ? default : rest[(end + 1)..];
            }
            return null;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
