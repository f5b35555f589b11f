using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Reads small files of the kernel (/proc, control groups) with three calls of the system and no object: for who looks at many of them,
/// many times a second. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public static unsafe class SmallFile
{
    private const int LongestPath = 512;

    /// <summary>Reads from the beginning of a file; the bytes that fit. Negative when it cannot be read (it is gone, or not ours).</summary>
    public static int Read(string path, Span<byte> buffer)
    {
        Span<byte> name = stackalloc byte[LongestPath];
        if (!Encoding.UTF8.TryGetBytes(path, name[..^1], out var length))
        {
            return -1;
        }
        name[length] = 0;
        return Read(name, buffer);
    }

    /// <summary>The same for <c>/proc/PROCESS/FILE</c>, without making a string of it.</summary>
    public static int ReadOf(int process, ReadOnlySpan<byte> file, Span<byte> buffer)
    {
        Span<byte> name = stackalloc byte[LongestPath];
        var at = "/proc/"u8.Length;
        "/proc/"u8.CopyTo(name);
        if (!process.TryFormat(name[at..], out var digits, provider: CultureInfo.InvariantCulture) || file.Length > 64)
        {
            return -1;
        }
        at += digits;
        name[at++] = (byte)'/';
        file.CopyTo(name[at..]);
        name[at + file.Length] = 0;
        return Read(name, buffer);
    }

    private static int Read(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        int descriptor;
        fixed (byte* p = path)
        {
            // O_RDONLY is 0.
            descriptor = Native.open(p, Native.O_CLOEXEC);
        }
        if (descriptor < 0)
        {
            return -1;
        }
        try
        {
            var held = 0;
            while (held < buffer.Length)
            {
                var count = (int)Native.Read(descriptor, buffer[held..], out _);
                if (count < 0)
                {
                    // The process ended between the two calls (ESRCH).
                    return -1;
                }
                if (count == 0)
                {
                    break;
                }
                held += count;
            }
            return held;
        }
        finally
        {
            _ = Native.close(descriptor);
        }
    }
}
