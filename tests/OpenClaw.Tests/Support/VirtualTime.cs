namespace OpenClaw.Tests.Support;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire on the thread that moves it, in order of their due
/// times and with the clock showing exactly that time. Thread-safe; callbacks run outside the lock.
/// </summary>
public sealed class VirtualTime(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock gate = new();
    private DateTimeOffset origin = start ?? new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly List<VirtualTimer> armed = [];
    private readonly List<(Func<TimeSpan, bool> Wanted, TaskCompletionSource<TimeSpan> Signal)> waiters = [];
    private TimeSpan elapsed;
    private long order;

    /// <summary>Since the start.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (gate)
            {
                return elapsed;
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return origin + elapsed;
        }
    }

    /// <summary>Sets the wall clock, as an operator or a time server does; timestamps and timers do not notice.</summary>
    public void SetWallClock(TimeSpan by)
    {
        lock (gate)
        {
            origin += by;
        }
    }

    public override long GetTimestamp() => Elapsed.Ticks;

    /// <summary>How many timers are armed.</summary>
    public int ArmedCount
    {
        get
        {
            lock (gate)
            {
                return armed.Count;
            }
        }
    }

    /// <summary>Moves the clock, firing what becomes due on the way, and what that arms within the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan target;
        lock (gate)
        {
            target = elapsed + by;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }

        lock (gate)
        {
            elapsed = elapsed > target ? elapsed : target;
        }
    }

    /// <summary>Moves the clock to the next armed timer and fires it; false when none is armed.</summary>
    public bool AdvanceToNext()
    {
        TimeSpan due;
        lock (gate)
        {
            if (armed.Count == 0)
            {
                return false;
            }

            due = armed.Min(t => t.Due);
        }

        Advance(due > Elapsed ? due - Elapsed : TimeSpan.Zero);
        return true;
    }

    /// <summary>Completes, with the time left, once a timer is armed whose time left satisfies the condition. The fact that a test waits for before it moves the clock.</summary>
    public Task<TimeSpan> WhenArmedAsync(Func<TimeSpan, bool> wanted)
    {
        lock (gate)
        {
            foreach (var timer in armed)
            {
                if (wanted(timer.Due - elapsed))
                {
                    return Task.FromResult(timer.Due - elapsed);
                }
            }

            var signal = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters.Add((wanted, signal));
            return signal.Task;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private VirtualTimer? TakeDue(TimeSpan until)
    {
        lock (gate)
        {
            var next = armed.Where(t => t.Due <= until).OrderBy(t => t.Due).ThenBy(t => t.Order).FirstOrDefault();
            if (next is null)
            {
                return null;
            }

            elapsed = next.Due > elapsed ? next.Due : elapsed;
            armed.Remove(next);
            if (next.Period > TimeSpan.Zero)
            {
                Arm(next, next.Period);
            }

            return next;
        }
    }

    private void Arm(VirtualTimer timer, TimeSpan after)
    {
        timer.Due = elapsed + after;
        timer.Order = order++;
        armed.Add(timer);
        for (var i = waiters.Count - 1; i >= 0; i--)
        {
            if (waiters[i].Wanted(after))
            {
                waiters[i].Signal.TrySetResult(after);
                waiters.RemoveAt(i);
            }
        }
    }

    private sealed class VirtualTimer(VirtualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private bool disposed;

        public TimeSpan Due { get; set; }

        public long Order { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner.gate)
            {
                if (disposed)
                {
                    return false;
                }

                owner.armed.Remove(this);
                Period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    owner.Arm(this, dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (owner.gate)
            {
                disposed = true;
                owner.armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
