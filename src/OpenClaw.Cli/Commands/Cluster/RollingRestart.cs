using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands.Cluster;

/// <summary>What a rolling restart needs of a cluster.</summary>
internal interface IRestartTarget
{
    /// <summary>Tells an incarnation to restart; false when it has ended already.</summary>
    Task<Result<bool>> RestartAsync(string worker, long incarnation);

    /// <summary>The named workers as they are now.</summary>
    Task<Result<StatusResponse>> LookAsync(IReadOnlyCollection<string> workers);
}

/// <summary>Something that happened to one worker on the way.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="From">The incarnation that ended, or shall end.</param>
/// <param name="To">The incarnation that came; 0: none yet.</param>
/// <param name="Held">Tasks that it held when it was told.</param>
/// <param name="Took">From the order to its return, or until it was given up.</param>
/// <param name="Failure">Why it was given up; null: it was not.</param>
internal sealed record RestartStep(string Worker, long From, long To, int Held, TimeSpan Took, Failure? Failure);

/// <summary>How it went. Workers that are in none of the lists were not named.</summary>
/// <param name="Restarted">In the order of their return.</param>
/// <param name="Failed">Told in vain, or not back in time.</param>
/// <param name="Left">Not touched, because of a failure or of an interruption.</param>
internal sealed record RestartReport(IReadOnlyList<RestartStep> Restarted, IReadOnlyList<RestartStep> Failed, IReadOnlyList<string> Left);

/// <summary>
/// Restarts workers, some at a time: the next is told when one is back. When one does not come back, no further one is told: what ails
/// it may ail them all. An interruption tells no further one either, and waits for those that were told.
/// </summary>
internal sealed class RollingRestart(IRestartTarget target, TimeProvider time, int parallel, TimeSpan patience)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly List<RestartStep> restarted = [];
    private readonly List<RestartStep> failed = [];
    private readonly Dictionary<string, (RestartStep Step, long Began)> underWay = new(StringComparer.Ordinal);

    /// <summary>Told of each worker when it is told, when it is back, and when it is given up.</summary>
    public Action<RestartStep>? Happened { get; init; }

    /// <param name="workers">As they were seen last: each is restarted unless its incarnation has ended meanwhile.</param>
    /// <param name="stop">No further one.</param>
    public async Task<RestartReport> RunAsync(IReadOnlyList<WorkerStatus> workers, CancellationToken stop)
    {
        var left = new Queue<WorkerStatus>(workers);
        while (true)
        {
            while (underWay.Count < parallel && failed.Count == 0 && !stop.IsCancellationRequested && left.TryDequeue(out var next))
            {
                await TellAsync(next);
            }

            if (underWay.Count == 0)
            {
                return new(restarted, failed, [.. left.Select(w => w.Id)]);
            }

            await Task.Delay(LookAgain, time, CancellationToken.None);
            await LookAsync();
        }
    }

    private async Task TellAsync(WorkerStatus worker)
    {
        var step = new RestartStep(worker.Id, worker.Incarnation, 0, worker.Held, TimeSpan.Zero, null);
        var began = time.GetTimestamp();
        var told = await target.RestartAsync(worker.Id, worker.Incarnation);
        if (!told.IsOk)
        {
            GiveUp(step with { Failure = told.Failure });
            return;
        }

        underWay[worker.Id] = (step, began);
        Happened?.Invoke(step);
    }

    private async Task LookAsync()
    {
        // A manager that is away for a moment is no worker's fault: the patience of each decides.
        var seen = await target.LookAsync(underWay.Keys);
        foreach (var (name, (step, began)) in underWay.ToList())
        {
            var now = seen.IsOk ? seen.Value.Workers.FirstOrDefault(w => w.Id == name) : null;
            var took = time.GetElapsedTime(began);
            if (now is not null && now.Incarnation > step.From && IsBack(now))
            {
                underWay.Remove(name);
                var back = step with { To = now.Incarnation, Took = took };
                restarted.Add(back);
                Happened?.Invoke(back);
            }
            else if (took > patience)
            {
                underWay.Remove(name);
                GiveUp(step with { Took = took, Failure = seen.Failure ?? NotBack(step, now, took) });
            }
        }
    }

    // One that is drained stays so: it is as well as it was.
    private static bool IsBack(WorkerStatus worker) =>
        worker.State == "healthy" || (worker.State == "draining" && worker.Drain is not null);

    private static Failure NotBack(RestartStep step, WorkerStatus? now, TimeSpan took) =>
        new(
            Catalogue.WorkerUnreachable,
            $"Worker {step.Worker} is not back {took.TotalSeconds:0} seconds after it was told to restart: it is "
                + (now is null ? "not here" : $"{now.State}{(now.Problem.Length > 0 ? $" ({now.Problem})" : "")}"),
            $"Read its log: clw logs --worker {step.Worker}"
        );

    private void GiveUp(RestartStep step)
    {
        failed.Add(step);
        Happened?.Invoke(step);
    }
}
