using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Tasks;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Logs;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Api;

/// <summary><c>openclaw.v1.LogService</c>.</summary>
internal sealed class LogApi(OwnerLoop loop, ManagerCore core, ITaskStore store, LogShelf shelf, LogRelay relay, TimeProvider time)
{
    /// <summary>Lines before the end that a call may ask for.</summary>
    public const int MostLast = 10_000;

    /// <summary>Calls at the same time: each has a page of every log in memory, within its share of the budget.</summary>
    public const int MostCalls = 32;

    /// <summary>Characters of a place.</summary>
    private const int MostPlaceChars = 256;

    private readonly LogBudget budget = new();
    private int calls;

    public RpcService Create() => new RpcService(LogMethods.Service).ServerStreaming(LogMethods.Logs, LogsAsync);

    private async ValueTask<Failure?> LogsAsync(LogsRequest request, RpcWriter<LogLines> responses, RpcServerContext context)
    {
        var filter = LogMessages.ReadFilter(request.Filter);
        if (!filter.IsOk)
        {
            return filter.Failure;
        }

        if ((ProblemOf(request) ?? await NotKnownAsync(request, context.Cancellation)) is { } problem)
        {
            return problem;
        }

        try
        {
            if (Interlocked.Increment(ref calls) > MostCalls)
            {
                return new Failure(Catalogue.LogsBusy, $"{MostCalls} calls read the logs of this cluster already");
            }

            var here = new LogSurroundings(shelf, relay.AskAsync, () => loop.AskAsync(core.LogHolders), core.WorkersChanged, budget, time);
            await new LogGathering(
                request,
                filter.Value,
                here,
                lines => lines is null ? responses.FlushAsync() : responses.WriteAsync(lines),
                context.Cancellation
            ).RunAsync();
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref calls);
        }
    }

    private static Failure? ProblemOf(LogsRequest request)
    {
        if (request.Last is < 0 or > MostLast)
        {
            return new Failure(Catalogue.Usage, $"At most {MostLast:#,0} lines before the end can be asked for, not {request.Last}");
        }

        if (request.Filter?.Components.FirstOrDefault(c => !Components.All.Contains(c)) is { } unknown)
        {
            var near = NearestName.Find(unknown, Components.All) is { } name ? $"; did you mean {name}?" : "";
            return new Failure(Catalogue.Usage, $"There is no component '{unknown}'{near}");
        }

        return request.Places.FirstOrDefault(p => !IsPlace(p)) is { } wrong
            ? new Failure(Catalogue.Usage, $"'{LogText.SingleLine(wrong.Place)}' is no place in the log {LogText.SingleLine(wrong.Log)}")
            : null;
    }

    // A worker's places are its own to define (docs/wire.md): it says itself when it does not know one.
    internal static bool IsPlace(LogPosition position) =>
        LogFeed.IsOfWorker(position.Log)
            ? position.Place.Length is > 0 and <= MostPlaceChars && !position.Place.Any(char.IsControl)
            : LogPlace.TryParse(position.Place, out _);

    // Whoever reads on was let in before, and what it reads of may just not be known again yet.
    private async Task<Failure?> NotKnownAsync(LogsRequest request, CancellationToken cancellation)
    {
        if (request.Places.Count > 0)
        {
            return null;
        }

        if (request.Filter is { Task.Length: > 0 } filter)
        {
            if (!TaskId.TryParse(filter.Task, out var id))
            {
                return TaskApi.NotAnId(filter.Task);
            }

            // As lines have it.
            filter.Task = id.ToString();
            if ((await store.StatesAsync([id.Number], cancellation)).Count == 0)
            {
                return new Failure(Catalogue.TaskNotFound, $"There is no task {id}");
            }
        }

        var known = (await loop.AskAsync(core.LogHolders)).Select(h => h.Worker).ToList();
        if (request.Workers.FirstOrDefault(w => !known.Contains(w)) is not { } unknown)
        {
            return null;
        }

        var near = NearestName.Find(unknown, known) is { } name ? $"; did you mean {name}?" : "";
        return new Failure(Catalogue.WorkerUnknown, $"There is no worker '{unknown}'{near}");
    }
}
