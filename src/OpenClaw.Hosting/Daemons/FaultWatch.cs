using OpenClaw.Abi.Processes;

namespace OpenClaw.Hosting.Daemons;

/// <summary>
/// Notices that the runtime gave up its handler of memory errors: after a signal from outside it does so, having written its dump, and the
/// process goes on as if nothing had been. Looking is a system call for each of four signals, five times a second; the supervisor, which
/// is told, does the rest.
/// </summary>
internal sealed class FaultWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private readonly IReadOnlyList<int> caught = SignalCare.CaughtFaults();
    private readonly ReadySignal parent;
    private readonly ITimer timer;
    private int told;

    private FaultWatch(ReadySignal parent, TimeProvider time)
    {
        this.parent = parent;
        timer = time.CreateTimer(_ => Look(), null, Every, Every);
    }

    /// <summary>Null where nobody would be told.</summary>
    public static FaultWatch? Start(ReadySignal? parent, TimeProvider time)
    {
        if (parent is null)
        {
            return null;
        }

        if (Environment.GetEnvironmentVariable("DOTNET_DbgEnableMiniDump") == "1")
        {
            ResourceLimits.LeaveCoreToRuntime();
        }

        return new FaultWatch(parent, time);
    }

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        if (SignalCare.FirstUncaught(caught) is { } signal && Interlocked.Exchange(ref told, 1) == 0)
        {
            parent.Hit(signal);
        }
    }
}
