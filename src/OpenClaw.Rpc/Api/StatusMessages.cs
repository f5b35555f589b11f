using OpenClaw.V1;

namespace OpenClaw.Rpc.Api;

/// <summary>What an answer about workers says.</summary>
public static class StatusMessages
{
    /// <summary>The types that a worker of this answer serves; empty when none are known.</summary>
    /// <param name="status">The answer.</param>
    /// <param name="worker">One of its workers.</param>
    public static IReadOnlyList<WorkerType> TypesOf(this StatusResponse status, WorkerStatus worker)
    {
        ArgumentNullException.ThrowIfNull(status);
        return Of(status.TypeSets, worker);
    }

    /// <inheritdoc cref="TypesOf(StatusResponse, WorkerStatus)"/>
    public static IReadOnlyList<WorkerType> TypesOf(this DrainResponse status, WorkerStatus worker)
    {
        ArgumentNullException.ThrowIfNull(status);
        return Of(status.TypeSets, worker);
    }

    private static IReadOnlyList<WorkerType> Of(IReadOnlyList<WorkerTypes> sets, WorkerStatus worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return worker.TypeSet >= 1 && worker.TypeSet <= sets.Count ? sets[worker.TypeSet - 1].Types_ : [];
    }
}
