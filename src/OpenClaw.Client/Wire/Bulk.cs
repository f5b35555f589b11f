namespace OpenClaw.Client.Wire;

/// <summary>How many tasks travel together. Immutable.</summary>
internal sealed record BulkOptions
{
    /// <summary>Tasks of one transaction, 1 to 10,000. All of them are stored, or none.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>Requests sent before the first is answered, 1 to 16.</summary>
    public int Ahead { get; init; } = 8;

    /// <summary>Told of each batch after its commit, in order, by one thread at a time.</summary>
    public Action<BulkReceipt>? OnAcknowledged { get; init; }

    /// <summary>As <see cref="OnAcknowledged"/>, and waited for: while it does not return, nothing more is sent.</summary>
    public Func<BulkReceipt, ValueTask>? OnAcknowledgedAsync { get; init; }
}

/// <summary>Tasks that are stored: they can no longer be lost.</summary>
/// <param name="First">Index of the first among all that were given, from 0.</param>
/// <param name="Ids">Their ids, in the order in which they were given.</param>
/// <param name="Existing">How many of them existed already, by key.</param>
/// <param name="UnservedTypes">Types among them that no connected worker served at that moment.</param>
internal sealed record BulkReceipt(long First, IReadOnlyList<string> Ids, int Existing, IReadOnlyList<string> UnservedTypes);

/// <summary>What became of a bulk submission.</summary>
/// <param name="Acknowledged">Tasks that are stored.</param>
/// <param name="Existing">How many of them existed already, by key.</param>
/// <param name="UnservedTypes">Types among them that no connected worker served at that moment.</param>
internal sealed record BulkSummary(long Acknowledged, long Existing, IReadOnlyList<string> UnservedTypes);
