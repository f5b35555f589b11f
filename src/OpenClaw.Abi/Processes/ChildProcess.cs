using System.Runtime.InteropServices;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// A process that we started. Thread-safe. Waits for its own number alone, so that it gets along with everything else in the program
/// that waits for children, and gives up the number (reaps) at the moment that it learns of the end.
/// </summary>
public sealed class ChildProcess
{
    private readonly Lock gate = new();
    private readonly bool endGroup;
    private readonly bool ownGroup;
    private readonly TaskCompletionSource<ProcessEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool reaped;

    private ChildProcess(int id, ChildStart start)
    {
        Id = id;
        ownGroup = start.NewSession;
        endGroup = start.EndGroup && start.NewSession;
    }

    /// <summary>The process number. Once <see cref="Ended"/> is complete it may belong to somebody else.</summary>
    public int Id { get; }

    /// <summary>Completes once the process has ended and was reaped. Never fails, never is cancelled.</summary>
    public Task<ProcessEnd> Ended => ended.Task;

    /// <summary>Starts a process and returns when it runs its program. Takes about a millisecond; blocks for that long.</summary>
    /// <exception cref="ChildStartException">The system refused: no such file, not executable, no more processes.</exception>
    /// <exception cref="ArgumentException">An argument, a variable or a path holds a NUL character.</exception>
    public static ChildProcess Start(ChildStart start)
    {
        var child = Spawner.OnThread(() =>
        {
            // Under the lock, a reaper of orphans cannot take a child that ends at once before it is known as ours.
            lock (Family.Gate)
            {
                var started = new ChildProcess(Spawner.Spawn(start), start);
                Family.Add(started);
                return started;
            }
        });
        ChildWaiter.Watch(child);
        return child;
    }

    /// <summary>Sends a signal. False when the process has ended.</summary>
    public bool Signal(int signal)
    {
        lock (gate)
        {
            return !reaped && Native.kill(Id, signal) == 0;
        }
    }

    /// <summary>Sends a signal to the process group that the child leads. False when the child has ended, or leads none.</summary>
    public bool SignalGroup(int signal)
    {
        lock (gate)
        {
            return !reaped && ownGroup && Native.kill(-Id, signal) == 0;
        }
    }

    /// <summary>Reaps the process if it has ended. True when it is reaped, now or before.</summary>
    internal unsafe bool TryReap()
    {
        lock (gate)
        {
            if (reaped)
            {
                return true;
            }
            var info = stackalloc byte[Family.InfoBytes];
            // Look first: as long as the leader is not reaped its group's number is not reused, and what is left of the group can be ended.
            if (!Family.HasEnded(Native.P_PID, Id, info, out var error) && error == 0)
            {
                return false;
            }
            if (endGroup && error == 0)
            {
                _ = Native.kill(-Id, Signals.Kill);
            }
            int status;
            var usage = stackalloc byte[ProcessEnd.UsageBytes];
            int result;
            do
            {
                result = Native.wait4(Id, &status, Native.WNOHANG, usage);
            } while (result < 0 && Marshal.GetLastPInvokeError() == Native.EINTR);
            reaped = true;
            lock (Family.Gate)
            {
                Family.Remove(this);
            }
            // Somebody else in the program reaped it: the end is sure, its code is lost.
            ended.SetResult(
                result == Id
                    ? ProcessEnd.From(status, new ReadOnlySpan<byte>(usage, ProcessEnd.UsageBytes))
                    : new ProcessEnd(null, null, CoreDumped: false, 0, TimeSpan.Zero)
            );
            return true;
        }
    }

    /// <summary>Blocks until the process has ended. For systems that cannot be asked to tell.</summary>
    internal unsafe void WaitBlocking()
    {
        var info = stackalloc byte[Family.InfoBytes];
        while (Native.waitid(Native.P_PID, Id, info, Native.WEXITED | Native.WNOWAIT) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Native.EINTR)
            {
                break;
            }
        }
        _ = TryReap();
    }
}
