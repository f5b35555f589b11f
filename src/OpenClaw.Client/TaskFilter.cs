namespace OpenClaw.Client;

/// <summary>Which tasks a list shall have: those that match everything that is set. Immutable.</summary>
public sealed record TaskFilter
{
    private readonly long limit = long.MaxValue;

    /// <summary>In one of these states; empty, the default: in any.</summary>
    public IReadOnlyList<TaskState> States { get; init; } = [];

    /// <summary>Of this type; null: of any.</summary>
    public string? Type { get; init; }

    /// <summary>Held by this worker, or held by it last; null: by any.</summary>
    public string? Worker { get; init; }

    /// <summary>In this queue; null: in any.</summary>
    public string? Queue { get; init; }

    /// <summary>Of this project; null: of any.</summary>
    public string? Project { get; init; }

    /// <summary>With this idempotency key; null: with any or none.</summary>
    public string? Key { get; init; }

    /// <summary>With all of these labels; empty, the default: with any.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>At most so many, 1 or more; no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public long Limit
    {
        get => limit;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            limit = value;
        }
    }
}
