using System.Buffers.Text;
using System.Runtime.Versioning;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits;

/// <summary>
/// What processes hold that the kernel could not drop: anonymous and shared memory. Pages of files do not count, they are written back
/// or thrown away when memory is short.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class HeldMemory
{
    /// <summary>Bytes of one process, shared memory counted whole; 0 when it has ended. Cheap.</summary>
    public static long Of(int process)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var count = SmallFile.ReadOf(process, "status"u8, buffer);
        return count <= 0 ? 0 : KiB(buffer[..count], "RssAnon:"u8) + KiB(buffer[..count], "RssShmem:"u8);
    }

    /// <summary>
    /// Bytes of several together, what they share counted once: a fork shares its parent's pages. The kernel walks their pages for that,
    /// some milliseconds for each GiB.
    /// </summary>
    public static long Of(IReadOnlyList<ProcessStat> processes)
    {
        if (processes.Count == 1)
        {
            return Of(processes[0].Id);
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
