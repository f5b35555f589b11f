using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Core.Errors;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// The lock of a data directory: <c>flock</c> on the file <c>lock</c>, which holds the owner's process id. The kernel releases it
/// however the process ends, so a crash never leaves the directory locked; the file itself stays and means nothing by itself.
/// </summary>
internal sealed unsafe class DirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private readonly SafeFileHandle file;

    private DirectoryLock(SafeFileHandle file) => this.file = file;

    public static Result<DirectoryLock> Take(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var flags = OperatingSystem.IsMacOS() ? 0x2 | 0x200 | 0x1000000 : 0x2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC
        int descriptor;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            descriptor = open(name, flags, 0x180);
        }

        if (descriptor < 0)
        {
            return new Failure(Catalogue.StoreUnwritable, $"{path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> text = stackalloc byte[32];
        if (flock(descriptor, 2 | 4) != 0) // LOCK_EX | LOCK_NB
        {
            using (handle)
            {
                var owner = Encoding.ASCII.GetString(text[..RandomAccess.Read(handle, text, 0)]).Trim();
                return new Failure(Catalogue.StoreInUse, $"{directory} is used by process {(owner.Length == 0 ? "?" : owner)}")
                {
                    Data = new Dictionary<string, string> { ["pid"] = owner, ["directory"] = directory },
                };
            }
        }

        try
        {
            Environment.ProcessId.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
            text[length] = (byte)'\n';
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, text[..(length + 1)], 0);
            return new DirectoryLock(handle);
        }
        catch (IOException error)
        {
            handle.Dispose();
            return DataDirectory.ToFailure(error, directory);
        }
    }

    public void Dispose()
    {
        if (!file.IsClosed)
        {
            // Said, not left to the close: a child of this process between fork and exec has the descriptor too, and would keep the lock.
            _ = flock((int)file.DangerousGetHandle(), 8); // LOCK_UN
        }

        file.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int flock(int descriptor, int operation);
}
