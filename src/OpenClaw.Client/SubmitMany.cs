namespace OpenClaw.Client;

/// <summary>How many tasks travel together. Immutable.</summary>
public sealed record SubmitManyOptions
{
    private readonly int batchSize = 500;
    private readonly int ahead = 8;

    /// <summary>Tasks of one transaction, 1 to 10,000; 500. All of them are stored, or none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in that range.</exception>
    public int BatchSize
    {
        get => batchSize;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10_000);
            batchSize = value;
        }
    }

    /// <summary>Batches sent before the first is answered, 1 to 16; 8. With <see cref="BatchSize"/> it bounds what is in memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in that range.</exception>
    public int Ahead
    {
        get => ahead;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 16);
            ahead = value;
        }
    }
}

/// <summary>One task of many is stored: it can no longer be lost.</summary>
/// <param name="Index">Its place among all that were given, from 0.</param>
/// <param name="Id">Its id.</param>
/// <param name="Batch">The tasks that were stored with it, in one transaction.</param>
public readonly record struct SubmitReceipt(long Index, string Id, SubmittedTasks Batch);

/// <summary>Tasks that are stored. Immutable.</summary>
/// <param name="Ids">Their ids, in the order in which they were given.</param>
/// <param name="Existing">How many of them existed already, by their keys.</param>
/// <param name="UnservedTypes">Types among them that no connected worker served at that moment: they wait until one does.</param>
public sealed record SubmittedTasks(IReadOnlyList<string> Ids, int Existing, IReadOnlyList<string> UnservedTypes);
