namespace OpenClaw.Client.Plugins;

/// <summary>
/// A wish to stop, from the caller or from a signal. The system may deliver a signal while the program already ends, and taking back its
/// registration does not wait for that: a wish after the end is nobody's. Thread-safe.
/// </summary>
internal sealed class StopSignal(CancellationToken caller) : IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    private bool over;
    private int raising;

    public CancellationToken Token => source.Token;

    public void Raise()
    {
        lock (gate)
        {
            if (over)
            {
                return;
            }

            raising++;
        }

        // Outside the lock: whoever is told may take its time, or end us.
        try
        {
            source.Cancel();
        }
        finally
        {
            Leave(end: false);
        }
    }

    public void Dispose() => Leave(end: true);

    // The last one out disposes: a source must not go while it tells.
    private void Leave(bool end)
    {
        lock (gate)
        {
            raising -= end ? 0 : 1;
            if (over && end)
            {
                return;
            }

            over |= end;
            if (over && raising == 0)
            {
                source.Dispose();
            }
        }
    }
}
