using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands.Metrics;

/// <summary>
/// <c>clw metrics watch</c>: the workers or the cluster, live, with the course of the last minutes. A pipe gets one look as plain text;
/// with <c>--json</c> a document for each refresh.
/// </summary>
internal static class MetricsWatch
{
    private static readonly TimeSpan Minutes = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(200);

    private static readonly Option<bool> Workers = new("--workers") { Description = "A row for each worker" };
    private static readonly Option<TimeSpan?> Interval = Options.Duration("--interval", "From one look to the next [2s]");
    private static readonly Option<string?> Sort = new("--sort")
    {
        Description = $"With --workers: by {string.Join(", ", WorkerRow.Columns)}; figures largest first",
        HelpName = "COLUMN",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "watch",
            "Show the cluster, or its workers, again and again until Ctrl-C",
            WatchAsync,
            [Workers, Interval, Sort, .. ClusterSession.Options]
        );

    private static async Task<int> WatchAsync(Invocation invocation)
    {
        var column = invocation.Get(Sort) ?? WorkerRow.Columns[0];
        if (!WorkerRow.Columns.Contains(column))
        {
            var near = NearestName.Find(column, WorkerRow.Columns) is { } found ? $"; did you mean {found}?" : "";
            throw new Failure(
                Catalogue.Usage,
                $"--sort: there is no column '{column}'{near}",
                $"One of them: {string.Join(", ", WorkerRow.Columns)}"
            ).AsException();
        }

        var interval = invocation.Get(Interval) ?? DefaultInterval;
        if (interval < LeastInterval)
        {
            throw new Failure(Catalogue.Usage, "--interval is at least 200ms").AsException();
        }

        using var client = ClusterSession.Open(invocation);
        async Task<WatchFrame> Look() =>
            invocation.Get(Workers) ? await WorkersAsync(invocation, client, column) : await ClusterAsync(invocation, client);
        if (invocation.Terminal.IsInteractive || invocation.Json)
        {
            return await Watch.RepeatAsync(invocation, Look, interval);
        }

        foreach (var line in (await Look()).Lines)
        {
            invocation.Terminal.WriteLine(line);
        }

        return (int)ExitCode.Ok;
    }

    private static async Task<WatchFrame> WorkersAsync(Invocation invocation, WireClient client, string column)
    {
        // All at once, over one connection.
        Task<QueryMetricsResponse> Ask(string query, TimeSpan range, TimeSpan? step = null) =>
            QueryAsync(client, query, range, step, ["worker"], invocation.Cancellation);
        var rates = Ask("rate(worker_attempts)", Minutes, Step);
        var crashes = Ask("worker_crash_rate", Minutes);
        var memories = Ask("worker_memory_bytes", Minutes, Step);
        var memory = Ask("worker_memory_bytes", Step);
        var cpu = Ask("rate(worker_cpu_seconds[1m])", Step);
        var p50 = Ask("worker_run_seconds{percentile=\"50\"}", Step);
        var p95 = Ask("worker_run_seconds{percentile=\"95\"}", Step);
        var restarts = Ask("increase(worker_restarts)", Day);
        var status = client.StatusAsync(invocation.Cancellation);
        await Task.WhenAll(rates, crashes, memories, memory, cpu, p50, p95, restarts, status);
        IReadOnlyList<double> Of(Task<QueryMetricsResponse> answer, string worker) =>
            answer.Result.Series.FirstOrDefault(s => MetricText.Label(s, "worker") == worker)?.Values.ToArray() ?? [];
        double One(Task<QueryMetricsResponse> answer, string worker) =>
            Of(answer, worker) is { Count: > 0 } values ? values[^1] : double.NaN;
        var rows = status.Result.Value.Workers.Select(w => new WorkerRow(w)
        {
            Rates = Of(rates, w.Id),
            CrashRate = One(crashes, w.Id),
            Memories = Of(memories, w.Id),
            Memory = One(memory, w.Id),
            Cpu = One(cpu, w.Id),
            P50 = One(p50, w.Id),
            P95 = One(p95, w.Id),
            Restarts = One(restarts, w.Id),
        });
        List<WorkerRow> sorted = [.. WorkerRow.Sorted(rows, column)];
        return new([.. WorkersTable.Lines(invocation.Terminal, sorted)], writer => WorkersTable.Write(writer, sorted));
    }

    private static async Task<WatchFrame> ClusterAsync(Invocation invocation, WireClient client)
    {
        async Task<ClusterFigure> Figure(string name, string key, string query, Func<double, string> show)
        {
            var course = QueryAsync(client, query, Minutes, Step, ["cluster"], invocation.Cancellation);
            var now = QueryAsync(client, query, Step, null, ["cluster"], invocation.Cancellation);
            await Task.WhenAll(course, now);
            static double[] First(QueryMetricsResponse answer) => answer.Series.Count > 0 ? [.. answer.Series[0].Values] : [];
            return new(name, key, First(await now).LastOrDefault(double.NaN), First(await course), show);
        }

        // What has never been counted, and a queue in which nothing waits, is not there: that is none.
        static string Many(double value) => MetricText.Number(double.IsNaN(value) ? 0 : double.Round(value, 2));
        var status = client.StatusAsync(invocation.Cancellation);
        var figures = await Task.WhenAll(
            Figure("tasks in /s", "submitted_per_second", "rate(tasks_submitted)", Many),
            Figure("tasks out /s", "finished_per_second", "rate(tasks_finished)", Many),
            Figure("queue depth", "queue_depth", "queue_depth{state=\"pending\"}", Many),
            Figure("crash rate", "crash_rate", "worker_crash_rate", MetricText.Percent),
            Figure("retries /s", "retries_per_second", "rate(task_retries)", Many),
            Figure("commit p95", "commit_seconds_p95", "p95(store_commit_seconds)", MetricText.Took)
        );
        var cluster = (await status).Value;
        return new([.. ClusterFigures.Lines(cluster, figures)], writer => ClusterFigures.Write(writer, cluster, figures));
    }

    private static async Task<QueryMetricsResponse> QueryAsync(
        WireClient client,
        string query,
        TimeSpan range,
        TimeSpan? step,
        IReadOnlyList<string> by,
        CancellationToken cancellation
    )
    {
        var request = new QueryMetricsRequest
        {
            Query = query,
            RangeMs = (long)range.TotalMilliseconds,
            StepMs = (long)(step?.TotalMilliseconds ?? 0),
        };
        request.By.AddRange(by);
        return (await client.QueryMetricsAsync(request, cancellation)).Value;
    }
}
