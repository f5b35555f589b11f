using System.Collections.Frozen;

namespace OpenClaw.Manager.Dispatch;

/// <summary>How many tasks may be held at the same time, by queue and by type. Absent names have no limit.</summary>
public sealed record DispatchLimits
{
    public IReadOnlyDictionary<string, int> ByQueue { get; init; } = FrozenDictionary<string, int>.Empty;
    public IReadOnlyDictionary<string, int> ByType { get; init; } = FrozenDictionary<string, int>.Empty;
}
