namespace OpenClaw.Hosting.Logs;

/// <summary>Wakes whoever waits for something to change. Costs nothing while nobody waits. Thread-safe.</summary>
public sealed class LogNews
{
    private TaskCompletionSource? next;

    /// <summary>Completes with the next <see cref="Tell"/>.</summary>
    public Task Next
    {
        get
        {
            var waiting = Volatile.Read(ref next);
            if (waiting is null)
            {
                var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = Interlocked.CompareExchange(ref next, made, null) ?? made;
            }

            return waiting.Task;
        }
    }

    public void Tell() => Interlocked.Exchange(ref next, null)?.TrySetResult();
}
