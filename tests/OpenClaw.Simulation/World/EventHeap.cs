namespace OpenClaw.Simulation.World;

/// <summary>What will happen, by time and then by the order in which it was planned. A binary heap of small structures.</summary>
internal sealed class EventHeap
{
    private (long At, long Order, Action Run)[] items = new (long, long, Action)[1024];
    private long order;

    public int Count { get; private set; }

    public long NextAt => items[0].At;

    public void Add(long at, Action run)
    {
        if (Count == items.Length)
        {
            Array.Resize(ref items, Count * 2);
        }

        var added = (at, order++, run);
        var i = Count++;
        while (i > 0 && Before(added, items[(i - 1) / 2]))
        {
            items[i] = items[(i - 1) / 2];
            i = (i - 1) / 2;
        }

        items[i] = added;
    }

    public (long At, Action Run) Take()
    {
        var first = items[0];
        var last = items[--Count];
        items[Count] = default;
        var i = 0;
        while (true)
        {
            var child = (2 * i) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && Before(items[child + 1], items[child]))
            {
                child++;
            }

            if (!Before(items[child], last))
            {
                break;
            }

            items[i] = items[child];
            i = child;
        }

        if (Count > 0)
        {
            items[i] = last;
        }

        return (first.At, first.Run);
    }

    private static bool Before(in (long At, long Order, Action Run) a, in (long At, long Order, Action Run) b) =>
        a.At < b.At || (a.At == b.At && a.Order < b.Order);
}
