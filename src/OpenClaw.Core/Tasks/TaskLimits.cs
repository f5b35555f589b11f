namespace OpenClaw.Core.Tasks;

/// <summary>Limits that hold everywhere a task passes. A test holds that the client, the manager and the worker refuse alike.</summary>
public static class TaskLimits
{
    /// <summary>The largest payload, in bytes.</summary>
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>The largest result, in bytes.</summary>
    public const int MaxResultBytes = 1 << 20;

    /// <summary>The longest name of a type, queue, project, key or label, in UTF-8 bytes.</summary>
    public const int MaxNameBytes = 200;

    /// <summary>The longest message or reason kept, in characters; longer ones are cut.</summary>
    public const int MaxMessageChars = 4000;

    /// <summary>Lines kept with a failed attempt.</summary>
    public const int MaxLastLines = 50;

    public const int MinPriority = -1000;
    public const int MaxPriority = 1000;
    public const int MaxRetries = 1000;

    /// <summary>Labels of one task.</summary>
    public const int MaxLabels = 32;

    /// <summary>Lanes (combinations of project, queue and type) that a store keeps; a task of a further one is refused.</summary>
    public const int MaxLanes = 10_000;

    /// <summary>Types that one worker may serve.</summary>
    public const int MaxTypes = 10_000;

    /// <summary>The longest delay or timeout: 366 days.</summary>
    public static TimeSpan MaxSpan { get; } = TimeSpan.FromDays(366);

    public const string DefaultProject = "default";
    public const string DefaultQueue = "default";
}
