using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Manager.Metrics;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.V1;

namespace OpenClaw.Manager.Api;

/// <summary><c>openclaw.v1.MetricService</c>.</summary>
internal sealed class MetricApi(
    MetricHistory history,
    Func<CancellationToken, ValueTask<IReadOnlyList<MetricValue>>> values,
    string cluster,
    TimeProvider time
)
{
    /// <summary>Queries that are carried out at the same time; further ones wait.</summary>
    private const int MostAtOnce = 2;
    private const int MostLabels = 16;
    private static readonly TimeSpan DefaultRange = TimeSpan.FromMinutes(5);

    private readonly WeightedGate room = new(MostAtOnce);

    public RpcService Create() =>
        new RpcService(MetricMethods.Service).Unary(MetricMethods.QueryMetrics, QueryAsync).Unary(MetricMethods.ListMetrics, ListAsync);

    private async ValueTask<Result<QueryMetricsResponse>> QueryAsync(QueryMetricsRequest request, RpcServerContext context)
    {
        if (ProblemOf(request) is { } problem)
        {
            return problem;
        }

        var query = MetricQueryParser.Parse(request.Query);
        if (!query.IsOk)
        {
            return query.Failure;
        }

        await room.EnterAsync(1);
        try
        {
            // One value is of this moment; values over time are those of the slots that are whole.
            var isLive = request.StepMs == 0;
            var slot = MetricTime.SlotOf(time.GetUtcNow()) + (isLive ? 1 : 0);
            var range = request.RangeMs == 0 ? DefaultRange : TimeSpan.FromMilliseconds(request.RangeMs);
            var step = isLive ? (TimeSpan?)null : TimeSpan.FromMilliseconds(request.StepMs);
            var evaluation = QueryEvaluation.Create(
                query.Value,
                QueryWindow.Of(slot, range, step, query.Value.Window),
                [.. request.By],
                cluster
            );
            if (!evaluation.IsOk)
            {
                return evaluation.Failure;
            }

            var now = isLive ? await values(context.Cancellation) : [];
            var answer = await history.QueryAsync(evaluation.Value, now, context.Cancellation);
            return answer.IsOk ? ToWire(answer.Value) : answer.Failure;
        }
        finally
        {
            room.Leave(1);
        }
    }

    private static Failure? ProblemOf(QueryMetricsRequest request) =>
        request.RangeMs < 0 || request.RangeMs > MetricTime.Retention.TotalMilliseconds
            ? new Failure(Catalogue.Usage, "A range is at most 24h: further back nothing is kept")
        : request.StepMs < 0 || (request.StepMs > 0 && request.StepMs < MetricTime.Step.TotalMilliseconds)
            ? new Failure(Catalogue.Usage, "A step is at least 10s: that is how often metrics are sampled")
        : request.StepMs > MetricTime.Retention.TotalMilliseconds ? new Failure(Catalogue.Usage, "A step is at most 24h")
        : request.By.Count > MostLabels ? new Failure(Catalogue.Usage, $"At most {MostLabels} labels to sum by")
        : null;

    private static QueryMetricsResponse ToWire(QueryAnswer answer)
    {
        var window = answer.Window;
        var response = new QueryMetricsResponse
        {
            Name = answer.Name,
            Kind = answer.Kind.ToString().ToLowerInvariant(),
            FirstMs = MetricTime.TimeOf(window.End - ((long)window.StepSlots * (window.Steps - 1))).ToUnixTimeMilliseconds(),
            StepMs = (long)window.StepSlots * MetricTime.StepSeconds * 1000,
        };
        response.Notes.AddRange(answer.Notes);
        foreach (var series in answer.Series)
        {
            var wire = new MetricSeries();
            wire.Labels.AddRange(series.Labels.Select(l => new MetricLabel { Name = l.Key, Value = l.Value }));
            wire.Values.AddRange(series.Values);
            response.Series.Add(wire);
        }

        return response;
    }

    private ValueTask<Result<ListMetricsResponse>> ListAsync(ListMetricsRequest request, RpcServerContext context)
    {
        var response = new ListMetricsResponse();
        foreach (var row in MetricIndex.All)
        {
            var wire = new MetricDescription
            {
                Name = row.Name,
                Kind = row.Kind.ToString().ToLowerInvariant(),
                Help = row.Help,
            };
            wire.Labels.AddRange(row.Labels);
            response.Metrics.Add(wire);
        }

        return ValueTask.FromResult<Result<ListMetricsResponse>>(response);
    }
}
