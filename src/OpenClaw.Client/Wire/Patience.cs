using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Rpc;

namespace OpenClaw.Client.Wire;

/// <summary>The patience of one call: whether a failure is waited out, and how long. Belongs to the call's owner; not thread-safe.</summary>
/// <param name="caller">Whose addresses are asked in turn.</param>
/// <param name="options">Waits and limits.</param>
/// <param name="endless">For calls that wait by nature: no limit but the caller's token.</param>
internal sealed class Patience(Caller caller, WireOptions options, bool endless)
{
    /// <summary>How long a manager that should be there, and has not answered yet, is waited for: its supervisor may be starting it again.</summary>
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(5);

    // Made when the first call fails: nearly all never need it.
    private Backoff? backoff;
    private long since = options.Time.GetTimestamp();
    private int asked;

    /// <summary>The call went well: the next failure is a new one.</summary>
    public void Reset()
    {
        backoff?.Reset();
        since = options.Time.GetTimestamp();
        asked = 0;
    }

    /// <summary>True when the call is to be made again, after the wait that has then passed. False when the failure is the answer.</summary>
    public async Task<bool> WaitOutAsync(Failure failure, Repeat repeat, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested || caller.IsDisposed || !MayRepeat(failure, repeat))
        {
            return false;
        }

        if (failure.Entry == Catalogue.ConnectionLost || failure.Entry == Catalogue.ManagerStopping)
        {
            // Somebody was there a moment ago, and is worth waiting for.
            caller.Answered();
        }

        caller.MoveOn();
        if (++asked < caller.Count)
        {
            // Another address is asked at once.
            return true;
        }

        asked = 0;
        var waited = options.Time.GetElapsedTime(since);
        if (caller.HasAnswered ? !endless && waited >= options.Patience : !options.ExpectManager || waited >= FirstAnswer)
        {
            return false;
        }

        backoff ??= new(options.Backoff, new Random(HashCode.Combine(Environment.ProcessId, Environment.TickCount64)));
        return await PauseAsync(failure, backoff.Next(), cancellation);
    }

    /// <summary>Waits as long as was asked for. False when the caller gave up meanwhile.</summary>
    public async Task<bool> PauseAsync(Failure failure, TimeSpan wait, CancellationToken cancellation)
    {
        options.OnTrouble?.Invoke(failure, wait);
        try
        {
            await Task.Delay(wait, options.Time, cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static bool MayRepeat(Failure failure, Repeat repeat) =>
        failure.Entry.Kind == FailureKind.Unavailable && (repeat == Repeat.Always || CertainlyNotArrived(failure));

    /// <summary>
    /// Nothing was sent, or whoever answered said that nothing was done. After any other loss the call may have been carried out,
    /// whatever its failure is called: also on a connection that never answered anything.
    /// </summary>
    public static bool CertainlyNotArrived(Failure failure) =>
        failure.Entry == Catalogue.ManagerStopping || failure.Data.GetValueOrDefault(RpcChannel.SentKey) == "no";
}
