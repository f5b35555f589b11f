using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>Pipes whose both ends are close-on-exec.</summary>
public static class Pipes
{
    /// <exception cref="IOException">No descriptors left.</exception>
    public static unsafe (SafeFileHandle Read, SafeFileHandle Write) Create()
    {
        var ends = stackalloc int[2];
        // macOS has no pipe2; there the spawner closes everything that a child was not given.
        var result = Native.IsLinux ? Native.pipe2(ends, Native.O_CLOEXEC) : Native.pipe(ends);
        if (result != 0)
        {
            throw Descriptors.Error("cannot make a pipe");
        }
        if (!Native.IsLinux)
        {
            _ = Native.fcntl(ends[0], Native.F_SETFD, Native.FD_CLOEXEC);
            _ = Native.fcntl(ends[1], Native.F_SETFD, Native.FD_CLOEXEC);
        }
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>
    /// A stream over our end of a pipe, which the stream then owns. Its asynchronous calls block no thread (Linux). The other end
    /// is not touched: it stays blocking, as every program expects of its standard streams.
    /// </summary>
    public static PipeStream OpenRead(SafeFileHandle end) => new(end, reads: true);

    /// <inheritdoc cref="OpenRead"/>
    public static PipeStream OpenWrite(SafeFileHandle end) => new(end, reads: false);
}
