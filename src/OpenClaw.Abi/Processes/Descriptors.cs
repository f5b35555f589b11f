using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>What can be done with descriptors by their number.</summary>
public static class Descriptors
{
    /// <summary>A copy, close-on-exec, with a number of at least <paramref name="atLeast"/>.</summary>
    /// <exception cref="IOException">No descriptors left, or not an open one.</exception>
    public static SafeFileHandle Duplicate(SafeHandle handle, int atLeast = 3)
    {
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            return Duplicate((int)handle.DangerousGetHandle(), atLeast);
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <inheritdoc cref="Duplicate(SafeHandle, int)"/>
    public static SafeFileHandle Duplicate(int descriptor, int atLeast = 3) =>
        Native.fcntl(descriptor, Native.F_DUPFD_CLOEXEC, atLeast) is >= 0 and var copy
            ? new SafeFileHandle(copy, ownsHandle: true)
            : throw Error("cannot duplicate a descriptor");

    /// <summary>Makes <paramref name="number"/> mean what <paramref name="source"/> means; it then survives an exec.</summary>
    /// <exception cref="IOException">Not an open descriptor.</exception>
    public static void Redirect(SafeHandle source, int number)
    {
        if (Native.dup2((int)source.DangerousGetHandle(), number) < 0)
        {
            throw Error("cannot redirect a descriptor");
        }
    }

    /// <inheritdoc cref="Redirect(SafeHandle, int)"/>
    public static void Redirect(int source, int number)
    {
        if (Native.dup2(source, number) < 0)
        {
            throw Error("cannot redirect a descriptor");
        }
    }

    /// <summary>Takes over an inherited descriptor and keeps it from children. Null when it is not open.</summary>
    public static SafeFileHandle? Adopt(int number)
    {
        var flags = Native.fcntl(number, Native.F_GETFD, 0);
        return flags < 0 || Native.fcntl(number, Native.F_SETFD, flags | Native.FD_CLOEXEC) < 0
            ? null
            : new SafeFileHandle(number, ownsHandle: true);
    }

    /// <summary>Blocks for at least one byte; 0 at the end.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int Read(SafeFileHandle source, Span<byte> buffer) =>
        Native.Read((int)source.DangerousGetHandle(), buffer, out var error) is >= 0 and var count
            ? (int)count
            : throw Error("cannot read a descriptor", error);

    /// <summary>Writes all of it, blocking. False when nobody reads any more (a pipe whose other end is closed).</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static bool WriteAll(SafeFileHandle target, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = Native.Write((int)target.DangerousGetHandle(), bytes, out var error);
            if (error == Native.EPIPE)
            {
                return false;
            }
            if (error != 0)
            {
                throw Error("cannot write to a descriptor", error);
            }
            bytes = bytes[(int)written..];
        }
        return true;
    }

    internal static void SetNonBlocking(int descriptor)
    {
        var flags = Native.fcntl(descriptor, Native.F_GETFL, 0);
        if (flags < 0 || Native.fcntl(descriptor, Native.F_SETFL, flags | Native.O_NONBLOCK) < 0)
        {
            throw Error("cannot make a descriptor non-blocking");
        }
    }

    internal static IOException Error(string what) => Error(what, Marshal.GetLastPInvokeError());

    internal static IOException Error(string what, int error) => new($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
}
