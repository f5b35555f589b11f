namespace OpenClaw.Manager.Core;

/// <summary>
/// Changes that the store refused (disk full), and those that have to happen behind them, until they are tried again. Bounded: who
/// fills it asks <see cref="IsFull"/> before it takes on more. Owned by <see cref="ManagerCore"/>.
/// </summary>
internal sealed class WaitingChanges(int mostChanges, long mostBytes)
{
    private List<Action> changes = [];

    public int Count => changes.Count;

    /// <summary>Bytes of results and failures that wait with them.</summary>
    public long Bytes { get; private set; }

    public bool IsFull => changes.Count >= mostChanges || Bytes >= mostBytes;

    public void Add(Action change, long bytes)
    {
        changes.Add(change);
        Bytes += bytes;
    }

    /// <summary>Takes them all out, in their order.</summary>
    public IReadOnlyList<Action> TakeAll()
    {
        var taken = changes;
        changes = [];
        Bytes = 0;
        return taken;
    }
}
