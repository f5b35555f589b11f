using System.Runtime.InteropServices;

namespace OpenClaw.Abi.Processes;

/// <summary>The children that we know, and those that came to us because their parent died.</summary>
public static class Family
{
    private static readonly Dictionary<int, ChildProcess> Known = [];

    internal static Lock Gate { get; } = new();

    internal const int InfoBytes = 256;

    // siginfo_t: signo, errno, code, then the union; aligned to 8 bytes on Linux.
    private static readonly int PidOffset = Native.IsMac ? 12 : 16;

    internal static void Add(ChildProcess child) => Known[child.Id] = child;

    internal static void Remove(ChildProcess child)
    {
        if (Known.TryGetValue(child.Id, out var known) && ReferenceEquals(known, child))
        {
            _ = Known.Remove(child.Id);
        }
    }

    /// <summary>Is this number one of a child that we started and that was not reaped yet?</summary>
    public static bool Knows(int id)
    {
        lock (Gate)
        {
            return Known.ContainsKey(id);
        }
    }

    /// <summary>
    /// Reaps every child that has ended: those that we started complete their <see cref="ChildProcess.Ended"/>, others (orphans that
    /// a subreaper inherits) are dropped. Gives how many orphans there were. For a program that enabled <see cref="Subreaper"/>,
    /// at each SIGCHLD; nobody else may call it while other code in the program starts processes.
    /// </summary>
    public static unsafe int ReapAll()
    {
        var orphans = 0;
        var info = stackalloc byte[InfoBytes];
        while (HasEnded(Native.P_ALL, 0, info, out _))
        {
            var id = *(int*)(info + PidOffset);
            ChildProcess? child;
            lock (Gate)
            {
                if (!Known.TryGetValue(id, out child))
                {
                    orphans++;
                    int status;
                    _ = Native.wait4(id, &status, Native.WNOHANG, null);
                }
            }
            _ = child?.TryReap();
        }
        return orphans;
    }

    /// <summary>
    /// SIGKILLs a process that we did not start. Its number must be one that cannot have been reused since it was looked up: that of
    /// a descendant of ours, which nobody but us and its own parent can reap.
    /// </summary>
    public static void Kill(int id) => _ = Native.kill(id, Signals.Kill);

    /// <summary>Is there an ended child to reap? Leaves it there. <paramref name="error"/> is 0 when the answer is sure.</summary>
    internal static unsafe bool HasEnded(int type, int id, byte* info, out int error)
    {
        new Span<byte>(info, InfoBytes).Clear();
        int result;
        do
        {
            result = Native.waitid(type, id, info, Native.WEXITED | Native.WNOHANG | Native.WNOWAIT);
            error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        } while (error == Native.EINTR);
        return result == 0 && *(int*)(info + PidOffset) != 0;
    }
}
