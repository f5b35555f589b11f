using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>The C library's calls that .NET has no equal for. Numbers that differ between systems are chosen here.</summary>
internal static unsafe partial class Native
{
    private const string C = "libc";

    [SupportedOSPlatformGuard("linux")]
    public static readonly bool IsLinux = OperatingSystem.IsLinux();

    [SupportedOSPlatformGuard("macos")]
    public static readonly bool IsMac = OperatingSystem.IsMacOS();

    public const int EINTR = 4;
    public const int EPIPE = 32;
    public static readonly int EAGAIN = IsMac ? 35 : 11;

    public const int F_GETFD = 1;
    public const int F_SETFD = 2;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int FD_CLOEXEC = 1;
    public static readonly int F_DUPFD_CLOEXEC = IsMac ? 67 : 1030;
    public static readonly int O_CLOEXEC = IsMac ? 0x1000000 : 0x80000;
    public static readonly int O_NONBLOCK = IsMac ? 0x4 : 0x800;

    public const int P_ALL = 0;
    public const int P_PID = 1;
    public const int WNOHANG = 1;
    public const int WEXITED = 4;
    public static readonly int WNOWAIT = IsMac ? 0x20 : 0x1000000;

    [LibraryImport(C, SetLastError = true)]
    public static partial int posix_spawn(int* pid, byte* path, void* fileActions, void* attributes, byte** argv, byte** envp);

    [LibraryImport(C)]
    public static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(C)]
    public static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(C)]
    public static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);

    [LibraryImport(C)]
    public static partial int posix_spawn_file_actions_addclose(void* actions, int descriptor);

    [LibraryImport(C)]
    public static partial int posix_spawn_file_actions_addchdir_np(void* actions, byte* path);

    /// <summary>glibc since 2.34 only; look it up before calling.</summary>
    [SupportedOSPlatform("linux")]
    [LibraryImport("libc.so.6")]
    public static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);

    /// <summary>macOS only: in its library by name, so that a program that is linked on Linux does not look for it in Linux' one.</summary>
    [SupportedOSPlatform("macos")]
    [LibraryImport("libSystem")]
    public static partial int posix_spawn_file_actions_addinherit_np(void* actions, int descriptor);

    [LibraryImport(C)]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(C)]
    public static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport(C)]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(C)]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport(C)]
    public static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport(C)]
    public static partial int sigemptyset(void* signals);

    [LibraryImport(C)]
    public static partial int sigaddset(void* signals, int signal);

    [LibraryImport(C)]
    public static partial int pthread_sigmask(int how, void* signals, void* old);

    [LibraryImport(C)]
    public static partial nint signal(int signal, nint handler);

    /// <summary>Every library of the process.</summary>
    public static readonly nint RTLD_DEFAULT = IsMac ? -2 : 0;

    [LibraryImport(C, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint dlsym(nint library, string name);

    [LibraryImport(C, SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport(C, SetLastError = true)]
    public static partial int wait4(int pid, int* status, int options, void* usage);

    [LibraryImport(C, SetLastError = true)]
    public static partial int waitid(int type, int id, void* info, int options);

    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport(C, SetLastError = true)]
    public static partial int pipe(int* descriptors);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint read(int descriptor, void* buffer, nint count);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint write(int descriptor, void* buffer, nint count);

    [LibraryImport(C, SetLastError = true)]
    public static partial int open(byte* path, int flags);

    [LibraryImport(C)]
    public static partial int close(int descriptor);

    [LibraryImport(C, SetLastError = true)]
    public static partial int poll(void* descriptors, nuint count, int timeout);

    [LibraryImport(C, SetLastError = true)]
    public static partial int dup2(int from, int to);

    [LibraryImport(C, SetLastError = true)]
    public static partial int execve(byte* path, byte** argv, byte** envp);

    [LibraryImport(C)]
    public static partial int getppid();

    [LibraryImport(C)]
    public static partial uint getegid();

    [LibraryImport(C)]
    public static partial uint geteuid();

    [LibraryImport(C, SetLastError = true)]
    public static partial int link(byte* from, byte* to);

    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    public static partial int statx(int directory, byte* path, int flags, uint mask, void* status);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint lseek(int descriptor, nint offset, int whence);

    /// <summary>With old alone: what the process does about a signal now. The handler is the first word everywhere.</summary>
    [LibraryImport(C, SetLastError = true)]
    public static partial int sigaction(int signal, void* action, void* old);

    // open is variadic; on Apple's arm64 variadic arguments travel on the stack.
    [LibraryImport(C, EntryPoint = "open", SetLastError = true)]
    private static partial int open3(byte* path, int flags, nint mode);

    [LibraryImport(C, EntryPoint = "open", SetLastError = true)]
    private static partial int open9(byte* path, int flags, nint a2, nint a3, nint a4, nint a5, nint a6, nint a7, nint mode);

    public static int open(byte* path, int flags, int mode) =>
        IsMac && RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? open9(path, flags, 0, 0, 0, 0, 0, 0, mode)
            : open3(path, flags, mode);

    [LibraryImport(C, SetLastError = true)]
    public static partial int fchown(int descriptor, uint owner, uint group);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);

    /// <summary>Linux only.</summary>
    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    public static partial int prctl(int option, nint a, nint b, nint c, nint d);

    /// <summary>Linux only: PR_SET_NAME, of the calling thread. The kernel keeps 15 bytes.</summary>
    [SupportedOSPlatform("linux")]
    public static int SetThreadName(string name)
    {
        using var text = new NativeText([name]);
        return prctl(15, (nint)text.First, 0, 0, 0);
    }

    /// <summary>Linux only. The same number on every architecture that .NET knows.</summary>
    [SupportedOSPlatform("linux")]
    public static int PidfdOpen(int pid) => (int)syscall(434, pid, 0);

    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b);

    [LibraryImport(C, SetLastError = true)]
    public static partial int setrlimit(int resource, ulong* limit);

    [LibraryImport(C, SetLastError = true)]
    public static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport(C, SetLastError = true)]
    public static partial int access(byte* path, int mode);

    /// <summary>Linux only, as are the two after it.</summary>
    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, void* change);

    [SupportedOSPlatform("linux")]
    [LibraryImport(C, SetLastError = true)]
    public static partial int epoll_wait(int epoll, void* ready, int count, int timeout);

    // fcntl is variadic; on Apple's arm64 variadic arguments travel on the stack, so that the third one has to be the ninth word.
    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int fcntl3(int descriptor, int command, nint argument);

    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int fcntl9(int d, int c, nint a2, nint a3, nint a4, nint a5, nint a6, nint a7, nint argument);

    public static int fcntl(int descriptor, int command, nint argument) =>
        IsMac && RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? fcntl9(descriptor, command, 0, 0, 0, 0, 0, 0, argument)
            : fcntl3(descriptor, command, argument);

    /// <summary>Repeats a call that a signal interrupted.</summary>
    public static nint Read(int descriptor, Span<byte> buffer, out int error)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                var count = read(descriptor, p, buffer.Length);
                error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error != EINTR)
                {
                    return count;
                }
            }
        }
    }

    /// <summary>Repeats a call that a signal interrupted. May write less than it was given.</summary>
    public static nint Write(int descriptor, ReadOnlySpan<byte> buffer, out int error)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                var count = write(descriptor, p, buffer.Length);
                error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error != EINTR)
                {
                    return count;
                }
            }
        }
    }
}
