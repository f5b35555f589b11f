using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>Learns of the end of children: on Linux through a descriptor per process (pidfd) and one thread for all, else a thread each.</summary>
internal static class ChildWaiter
{
    public static void Watch(ChildProcess child)
    {
        if (Native.IsLinux && Readiness.Shared is { } readiness && Native.PidfdOpen(child.Id) is >= 0 and var descriptor)
        {
            var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            var watch = new Readiness.Watch(
                readiness,
                handle,
                () =>
                {
                    _ = child.TryReap();
                    handle.Dispose();
                }
            );
            if (watch.Arm(Readiness.Readable))
            {
                return;
            }
            handle.Dispose();
        }
        new Thread(child.WaitBlocking, 256 << 10) { IsBackground = true, Name = "clw-wait" }.Start();
    }
}
