using System.Collections.Concurrent;

namespace OpenClaw.Rpc.Server;

/// <summary>
/// Bounds one wait for a peer: calls back when it lasts too long. Timers are reused, so that a wait that ends in time costs little.
/// </summary>
internal struct StallClock : IDisposable
{
    private const int MaxIdle = 256;
    private static readonly ConcurrentQueue<CancellationTokenSource> Idle = new();

    private CancellationTokenSource? source;
    private CancellationTokenRegistration registration;

    public readonly bool Runs => source is not null;

    public void Start(TimeSpan limit, Action<object?> late, object state)
    {
        if (limit == Timeout.InfiniteTimeSpan)
        {
            return;
        }
        source = Rent();
        registration = source.Token.UnsafeRegister(late, state);
        source.CancelAfter(limit);
    }

    private static CancellationTokenSource Rent() => Idle.TryDequeue(out var idle) ? idle : new();

    /// <summary>After this the callback does not run any more, and has ended if it ran.</summary>
    public void Dispose()
    {
        if (source is not { } used)
        {
            return;
        }
        source = null;
        registration.Dispose();
        if (Idle.Count < MaxIdle && used.TryReset())
        {
            Idle.Enqueue(used);
        }
        else
        {
            used.Dispose();
        }
    }
}
