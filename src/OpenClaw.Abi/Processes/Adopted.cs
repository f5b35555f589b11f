using System.Buffers.Text;
using System.Globalization;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Processes that became children of this one because their own parent ended (<see cref="Subreaper"/>). The kernel hands them to the
/// first thread, while what we start is a child of the thread that starts it: a look costs one small file.
/// </summary>
[SupportedOSPlatform("linux")]
public static class Adopted
{
    private static readonly string Children = string.Create(
        CultureInfo.InvariantCulture,
        $"/proc/{Environment.ProcessId}/task/{Environment.ProcessId}/children"
    );

    /// <summary>Their numbers, ended ones that were not reaped yet included. Empty for a process that adopts nobody.</summary>
    public static IReadOnlyList<int> Look()
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            var count = SmallFile.Read(Children, buffer);
            return count < 0 ? LookAtAll() : Parse(buffer.AsSpan(0, count));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static List<int> Parse(ReadOnlySpan<byte> list)
    {
        List<int> found = [];
        while (Utf8Parser.TryParse(list, out int process, out var length))
        {
            if (!Family.Knows(process))
            {
                found.Add(process);
            }
            list = list[length..].TrimStart((byte)' ');
        }
        return found;
    }

    // A kernel without that file (CONFIG_PROC_CHILDREN).
    private static List<int> LookAtAll() =>
        [.. ProcessStat.All().Where(p => ProcessStat.Of(p) is { } stat && stat.Parent == Environment.ProcessId && !Family.Knows(p))];
}
