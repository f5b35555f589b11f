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
            return count < 0
                ? LookAtAll()
                : [.. Parse(buffer.AsSpan(0, count), isWhole: count < buffer.Length).Where(p => !Family.Knows(p))];
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The numbers in such a list.</summary>
    /// <param name="list">Numbers with a space behind each.</param>
    /// <param name="isWhole">False: it was cut off somewhere. A number without a space behind it may have lost digits, and is nobody's.</param>
    public static IReadOnlyList<int> Parse(ReadOnlySpan<byte> list, bool isWhole)
    {
        if (!isWhole)
        {
            list = list[..(list.LastIndexOf((byte)' ') + 1)];
        }
        List<int> found = [];
        while (Utf8Parser.TryParse(list, out int process, out var length))
        {
            found.Add(process);
            list = list[length..].TrimStart((byte)' ');
        }
        return found;
    }

    // A kernel without that file (CONFIG_PROC_CHILDREN).
    private static List<int> LookAtAll() =>
        [.. ProcessFamily.Everybody().Where(p => p.Parent == Environment.ProcessId && !Family.Knows(p.Id)).Select(p => p.Id)];
}
