using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Files;

/// <summary>
/// The lock of a directory: <c>flock</c> on the file <c>lock</c> in it, which holds the owner's process id. The kernel releases it
/// however the process ends, so a crash never leaves a directory locked; the file itself stays and means nothing by itself. No child
/// inherits it.
/// </summary>
public sealed unsafe class DirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private const int ReadWriteCreateLinux = 0x2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC
    private const int ReadWriteCreateMac = 0x2 | 0x200 | 0x1000000;
    private const int OwnerReadsAndWrites = 0x180; // 0600
    private const int Exclusive = 2;
    private const int DontWait = 4;
    private const int Unlock = 8;
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;

    private readonly SafeFileHandle file;

    private DirectoryLock(SafeFileHandle file) => this.file = file;

    /// <summary>Takes the lock of a directory that is there; null when another process has it.</summary>
    /// <param name="directory">Exists.</param>
    /// <param name="owner">The process that has the lock, as it wrote itself down; null when we have it, or when it wrote nothing yet.</param>
    /// <exception cref="IOException">The file cannot be opened, locked or written; <c>HResult</c> is the system's error number.</exception>
    public static DirectoryLock? Take(string directory, out int? owner)
    {
        owner = null;
        var path = Path.Combine(directory, FileName);
        int descriptor;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            descriptor = open(name, OperatingSystem.IsMacOS() ? ReadWriteCreateMac : ReadWriteCreateLinux, OwnerReadsAndWrites);
        }

        if (descriptor < 0)
        {
            throw Failed($"{path} cannot be opened");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Span<byte> text = stackalloc byte[32];
            if (flock(descriptor, Exclusive | DontWait) != 0)
            {
                if (Marshal.GetLastPInvokeError() is not (WouldBlockLinux or WouldBlockMac))
                {
                    throw Failed($"{path} cannot be locked");
                }

                var written = Encoding.ASCII.GetString(text[..RandomAccess.Read(handle, text, 0)]);
                owner = int.TryParse(written.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
                handle.Dispose();
                return null;
            }

            Environment.ProcessId.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
            text[length] = (byte)'\n';
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, text[..(length + 1)], 0);
            return new DirectoryLock(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!file.IsClosed)
        {
            // Said, not left to the close: a child of this process between fork and exec has the descriptor too, and would keep the lock.
            _ = flock((int)file.DangerousGetHandle(), Unlock);
        }

        file.Dispose();
    }

    private static IOException Failed(string what) => new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int flock(int descriptor, int operation);
}
