using System.Collections.Concurrent;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Client;

/// <summary>
/// The one token of a call: fires when the caller gives up or the time is used up. Its source is reused when nothing fired.
/// </summary>
internal struct CallClock : IDisposable
{
    private const int MaxIdle = 256;
    private static readonly ConcurrentQueue<CancellationTokenSource> Idle = new();

    private readonly CancellationToken caller;
    private readonly CancellationTokenSource? source;
    private CancellationTokenRegistration registration;

    private CallClock(CancellationTokenSource? source, CancellationToken caller)
    {
        this.caller = caller;
        this.source = source;
        if (source is not null && caller.CanBeCanceled)
        {
            registration = caller.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), source);
        }
    }

    public readonly CancellationToken Token => source?.Token ?? caller;

    public static CallClock Start(TimeSpan? timeout, CancellationToken caller)
    {
        // The timer's largest span is some 24 days; a longer time is no time limit on this side, the server still has it.
        if (timeout is not { } time || time.TotalMilliseconds > int.MaxValue)
        {
            return new(null, caller);
        }
        if (!Idle.TryDequeue(out var source))
        {
            source = new();
        }
        if (time <= TimeSpan.Zero)
        {
            source.Cancel();
        }
        else
        {
            // Rounded up, so that no call is shorter than asked.
            source.CancelAfter((int)Math.Ceiling(time.TotalMilliseconds));
        }
        return new(source, caller);
    }

    /// <summary>Why the token fired, or null if it did not.</summary>
    public readonly Failure? Reason(string what) =>
        caller.IsCancellationRequested ? TransportFailures.Cancelled(what)
        : source is { IsCancellationRequested: true } ? TransportFailures.Deadline(what)
        : null;

    public void Dispose()
    {
        registration.Dispose();
        if (source is null)
        {
            return;
        }
        if (Idle.Count < MaxIdle && source.TryReset())
        {
            Idle.Enqueue(source);
        }
        else
        {
            source.Dispose();
        }
    }
}
