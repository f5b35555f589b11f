using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Tells when descriptors can be read or written: one epoll and one thread for the whole program. .NET does this for sockets alone;
/// for pipes it blocks a thread of the pool each. Linux only.
/// </summary>
internal sealed unsafe class Readiness
{
    public const uint Readable = 0x001;
    public const uint Writable = 0x004;
    private const uint OneShot = 1u << 30;
    private const int Add = 1;
    private const int Modify = 3;
    private const int CloseOnExec = 0x80000;
    private const int Batch = 64;

    // struct epoll_event is packed on x64, and nowhere else.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - 8;

    private readonly ConcurrentDictionary<long, Watch> watches = new();
    private readonly int epoll;
    private long lastId;

    [SupportedOSPlatform("linux")]
    private Readiness(int epoll)
    {
        this.epoll = epoll;
        new Thread(Serve, 256 << 10) { IsBackground = true, Name = "clw-readiness" }.Start();
    }

    /// <summary>Null where there is no epoll.</summary>
    public static Readiness? Shared => Lazily.Instance;

    private static class Lazily
    {
        public static readonly Readiness? Instance =
            Native.IsLinux && Native.epoll_create1(CloseOnExec) is >= 0 and var epoll ? new Readiness(epoll) : null;
    }

    [SupportedOSPlatform("linux")]
    private void Serve()
    {
        var events = stackalloc byte[Batch * 16];
        while (true)
        {
            var count = Native.epoll_wait(epoll, events, Batch, -1);
            for (var i = 0; i < count; i++)
            {
                var id = *(long*)(events + i * EventBytes + DataOffset);
                if (watches.TryGetValue(id, out var watch))
                {
                    watch.Ready();
                }
            }
        }
    }

    /// <summary>One descriptor. Closing the descriptor ends the watch; call <see cref="Forget"/> to free its entry.</summary>
    public sealed class Watch(Readiness owner, SafeHandle handle, Action ready)
    {
        private readonly long id = Interlocked.Increment(ref owner.lastId);
        private bool added;

        /// <summary>Asks to be told once. The callback runs on the one thread: it must be short and must not throw. False when the descriptor cannot be watched.</summary>
        public bool Arm(uint events)
        {
            var change = stackalloc byte[16];
            *(uint*)change = events | OneShot;
            *(long*)(change + DataOffset) = id;
            var referenced = false;
            try
            {
                handle.DangerousAddRef(ref referenced);
                owner.watches[id] = this;
                var operation = added ? Modify : Add;
                added = true;
                if (Native.IsLinux && Native.epoll_ctl(owner.epoll, operation, (int)handle.DangerousGetHandle(), change) == 0)
                {
                    return true;
                }
                Forget();
                return false;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
            finally
            {
                if (referenced)
                {
                    handle.DangerousRelease();
                }
            }
        }

        internal void Ready()
        {
            Forget();
            ready();
        }

        public void Forget() => owner.watches.TryRemove(id, out _);
    }
}
