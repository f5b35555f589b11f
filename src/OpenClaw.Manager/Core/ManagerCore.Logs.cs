using OpenClaw.Hosting.Logs;

namespace OpenClaw.Manager.Core;

/// <summary>A worker as one who reads its logs sees it.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="State">How it does.</param>
/// <param name="Logs">The names of its logs; none: it cannot be asked, or has not said yet.</param>
/// <param name="Host">The machine, as it calls itself.</param>
/// <param name="IsHere">It can be asked now.</param>
internal sealed record LogHolder(string Worker, WorkerState State, IReadOnlyList<string> Logs, string Host, bool IsHere);

// Whose logs can be read.
internal sealed partial class ManagerCore
{
    /// <summary>Logs of one worker that are taken notice of.</summary>
    private const int MostLogs = 16;

    /// <summary>Told when a worker can be asked that could not before, or the other way round.</summary>
    public LogNews WorkersChanged { get; } = new();

    /// <summary>All workers that are known.</summary>
    public IReadOnlyList<LogHolder> LogHolders() =>
        [
            .. workers
                .Values.OrderBy(w => w.Ref.Worker, StringComparer.Ordinal)
                .Select(w => new LogHolder(
                    w.Ref.Worker,
                    w.State,
                    [.. (w.Info?.Logs ?? []).Take(MostLogs)],
                    w.Info?.Host ?? "",
                    w.IsConnected
                )),
        ];

    /// <summary>The session of a worker that can be asked; null when it cannot.</summary>
    public IWorkerSession? SessionOf(string worker) =>
        workers.TryGetValue(worker, out var known) && known.IsConnected ? known.Session : null;
}
