namespace OpenClaw.Hosting.Stopping;

/// <summary>
/// The one clock of a program's stop. Each piece of work holds the token of the last phase in which it may still run:
/// accepting loops that of <see cref="StopPhase.Accepting"/>, tasks that of <see cref="StopPhase.Draining"/>, kills that of
/// <see cref="StopPhase.Cancelling"/>, and writes to a ledger that of <see cref="StopPhase.Abandoning"/> alone, so that no
/// outcome is lost because its task was told to end. Thread-safe.
/// </summary>
public sealed class StopClock : IDisposable
{
    private readonly Lock gate = new();
    private readonly StopOptions options;
    private readonly TimeProvider time;
    private readonly ITimer timer;

    // One per phase that can end; cancelled outside the lock, in order.
    private readonly CancellationTokenSource[] ends = [new(), new(), new(), new()];
    private readonly CancellationToken[] tokens;
    private StopPhase phase;
    private long phaseBegan;
    private bool disposed;

    /// <param name="options">The grace of each phase; negative ones throw <see cref="ArgumentException"/>.</param>
    /// <param name="time">The clock.</param>
    public StopClock(StopOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Draining < TimeSpan.Zero || options.Cancelling < TimeSpan.Zero || options.Abandoning < TimeSpan.Zero)
        {
            throw new ArgumentException("a grace is negative", nameof(options));
        }

        this.options = options;
        this.time = time;
        tokens = [.. ends.Select(e => e.Token)];
        timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The running phase.</summary>
    public StopPhase Phase
    {
        get
        {
            lock (gate)
            {
                return phase;
            }
        }
    }

    /// <summary>Cancelled when phase <paramref name="last"/> is over. <see cref="StopPhase.Over"/> has none and throws <see cref="ArgumentOutOfRangeException"/>.</summary>
    public CancellationToken TokenFor(StopPhase last)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)last, (int)StopPhase.Over, nameof(last));
        return tokens[(int)last];
    }

    /// <summary>Asks for the stop; asked again (a second Ctrl-C), the running phase ends at once.</summary>
    public void Stop() => End(Phase);

    /// <summary>Ends <paramref name="which"/> because nothing is left for it to wait for; nothing happens when it is not the running phase.</summary>
    public void End(StopPhase which)
    {
        lock (gate)
        {
            if (disposed || which != phase || phase == StopPhase.Over)
            {
                return;
            }

            phase++;
            phaseBegan = time.GetTimestamp();
            timer.Change(phase == StopPhase.Over ? Timeout.InfiniteTimeSpan : Grace(phase), Timeout.InfiniteTimeSpan);
        }

        ends[(int)which].Cancel();
    }

    /// <summary>Completes when <paramref name="begun"/> or a later phase runs.</summary>
    public async Task WhenAsync(StopPhase begun, CancellationToken ct)
    {
        if (begun != StopPhase.Accepting)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = tokens[(int)begun - 1].Register(() => reached.TrySetResult());
            await reached.Task.WaitAsync(ct);
        }
    }

    /// <summary>Stops the clock where it stands; tokens keep their state.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
        }

        // The sources stay: a token may be asked for or cancelled while the program ends, and without timers they hold nothing.
        timer.Dispose();
    }

    private void OnTimer()
    {
        StopPhase running;
        lock (gate)
        {
            // It may have fired for the phase before, or a moment early: then the rest of this phase is still to come.
            running = phase;
            var rest = Grace(running) - time.GetElapsedTime(phaseBegan);
            if (disposed || running is StopPhase.Accepting or StopPhase.Over)
            {
                return;
            }

            if (rest > TimeSpan.Zero)
            {
                timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }
        }

        End(running);
    }

    private TimeSpan Grace(StopPhase of) =>
        of switch
        {
            StopPhase.Draining => options.Draining,
            StopPhase.Cancelling => options.Cancelling,
            StopPhase.Abandoning => options.Abandoning,
            _ => TimeSpan.Zero,
        };
}
