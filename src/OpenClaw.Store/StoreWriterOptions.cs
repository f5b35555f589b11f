namespace OpenClaw.Store;

/// <summary>The bounds of a <see cref="StoreWriter"/>. Weights are rows (<see cref="StoreOperation.Weight"/>).</summary>
public sealed record StoreWriterOptions
{
    /// <summary>A batch takes no further operation once it has this many rows; one operation that is larger goes alone.</summary>
    public int MaxBatchRows { get; init; } = 4096;

    /// <summary>Above this <see cref="StoreWriter.PostAsync"/> waits.</summary>
    public int InboxRows { get; init; } = 65_536;

    /// <summary>Above this <see cref="StoreWriter.Post"/> refuses with clw-store-busy.</summary>
    public int InboxHardLimitRows { get; init; } = 4 * 65_536;
}
