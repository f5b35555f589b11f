namespace OpenClaw.Client;

/// <summary>What a cluster is and how it does, at the moment of the answer. Immutable.</summary>
public sealed record ClusterStatus
{
    /// <summary>The cluster's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether everything is as it should be.</summary>
    public required bool IsHealthy { get; init; }

    /// <summary>What is not, one line each; never null.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The manager that answered.</summary>
    public required ManagerInfo Manager { get; init; }

    /// <summary>The workers; never null.</summary>
    public IReadOnlyList<WorkerInfo> Workers { get; init; } = [];

    /// <summary>Waiting tasks, ready and delayed.</summary>
    public long QueueDepth { get; init; }

    /// <summary>Those among them whose time has not come.</summary>
    public long Delayed { get; init; }

    /// <summary>How many may wait; 0 when the manager does not say.</summary>
    public long QueueCapacity { get; init; }

    /// <summary>How many tasks are kept, by state; never null.</summary>
    public IReadOnlyDictionary<TaskState, long> Tasks { get; init; } = new Dictionary<TaskState, long>();

    /// <summary>Waiting tasks whose type no connected worker serves, by type; never null.</summary>
    public IReadOnlyDictionary<string, long> Unserved { get; init; } = new Dictionary<string, long>();
}

/// <summary>A manager. Immutable.</summary>
public sealed record ManagerInfo
{
    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary><c>healthy</c>, <c>degraded</c> or <c>stopping</c>.</summary>
    public required string State { get; init; }

    /// <summary>Its version.</summary>
    public string Version { get; init; } = "";

    /// <summary>Where it listens.</summary>
    public string Address { get; init; } = "";

    /// <summary>Whether it leads.</summary>
    public bool IsLeader { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; init; }
}

/// <summary>A worker, as the manager sees it. Immutable.</summary>
public sealed record WorkerInfo
{
    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary><c>healthy</c>, <c>UNREACHABLE</c>, <c>draining</c>, <c>registering</c>, <c>flapping</c> or <c>stopped</c>.</summary>
    public required string State { get; init; }

    /// <summary>Where its health can be asked for.</summary>
    public string Address { get; init; } = "";

    /// <summary>The machine it runs on.</summary>
    public string Host { get; init; } = "";

    /// <summary>Its version.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its environment; empty for none.</summary>
    public string Environment { get; init; } = "";

    /// <summary>How many tasks it runs at a time.</summary>
    public int Slots { get; init; }

    /// <summary>How many it runs now.</summary>
    public int Running { get; init; }

    /// <summary>How many it holds: those that run and those that were sent ahead.</summary>
    public int Held { get; init; }

    /// <summary>The types that it serves; never null.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Its labels; never null.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>When it connected; null when it is not.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>When it was heard last; null when it never was.</summary>
    public DateTimeOffset? LastHeartbeat { get; init; }

    /// <summary>Why it is not healthy, code and text; null when it is.</summary>
    public string? Problem { get; init; }
}
