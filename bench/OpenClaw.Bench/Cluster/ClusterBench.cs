using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Client.Wire;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Bench.Cluster;

/// <summary>
/// The whole way of a task on one machine: a client process, a manager on disk with <c>synchronous=FULL</c>, a worker, runner processes,
/// all over loopback gRPC. <c>cluster [--clw PATH] [--tasks N] [--slots N] [--json FILE]</c>
/// </summary>
internal static class ClusterBench
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var clw = Option(arguments, "--clw") ?? ".clw/bin/clw";
        var tasks = int.Parse(Option(arguments, "--tasks") ?? "100000", CultureInfo.InvariantCulture);
        var slots = int.Parse(Option(arguments, "--slots") ?? "2", CultureInfo.InvariantCulture);
        await using var cluster = await BenchCluster.StartAsync(clw, slots);
        var rows = new List<Row>();

        // Warm: compiled code, opened files, known run times.
        await BulkAsync(cluster, Math.Min(tasks, 20_000));
        for (var i = 0; i < 3; i++)
        {
            rows.AddRange(await BulkAsync(cluster, tasks));
        }

        rows.Add(await UnaryAsync(cluster, tasks / 2, inFlight: 64));
        rows.AddRange(await LatencyAsync(cluster, 500));
        rows.Add(await ShortAsync(cluster, "sleep", """{"ms":0}""", 5_000));
        Print(rows);
        if (Option(arguments, "--json") is { } file)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(rows, Indented));
        }

        return 0;
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static TaskSpec Noop() => TaskMessages.Spec("noop", "{\"padding\":\"" + new string('x', 85) + "\"}");

    private static async Task<List<Row>> BulkAsync(BenchCluster cluster, int count)
    {
        var before = cluster.CpuSeconds();
        var clock = Stopwatch.StartNew();
        var ids = new List<string>(count);
        var summary = await cluster.Client.SubmitManyAsync(
            Specs(count),
            new BulkOptions { BatchSize = 1000, OnAcknowledged = batch => ids.AddRange(batch.Ids) }
        );
        if (!summary.IsOk)
        {
            throw summary.Failure.AsException();
        }

        var submitted = clock.Elapsed;
        await EndedAsync(cluster, ids);
        var ended = clock.Elapsed;
        var after = cluster.CpuSeconds();
        var rows = new List<Row>
        {
            new("bulk submission while workers run", count / submitted.TotalSeconds, "tasks/s"),
            new("end to end, no-op, 100 bytes", count / ended.TotalSeconds, "tasks/s"),
        };
        foreach (var (name, seconds) in after.OrderBy(a => a.Key))
        {
            rows.Add(new($"CPU per task: {name}", (seconds - before.GetValueOrDefault(name)) * 1e6 / count, "µs"));
        }

        return rows;
    }

    private static async IAsyncEnumerable<TaskSpec> Specs(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return Noop();
        }

        await Task.CompletedTask;
    }

    private static async Task EndedAsync(BenchCluster cluster, List<string> ids)
    {
        var ended = 0;
        foreach (var chunk in ids.Chunk(50_000))
        {
            await foreach (var task in cluster.Client.WaitAsync(chunk))
            {
                ended++;
                if (task.State != TaskState.Succeeded)
                {
                    throw new InvalidOperationException($"{task.Id} ended as {task.State}: {task.Failure?.Message}");
                }
            }
        }

        if (ended != ids.Count)
        {
            throw new InvalidOperationException($"{ids.Count} tasks, {ended} outcomes");
        }
    }

    private static async Task<Row> UnaryAsync(BenchCluster cluster, int count, int inFlight)
    {
        var left = count;
        var ids = new List<string>[inFlight];
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(async n =>
                {
                    ids[n] = [];
                    while (Interlocked.Decrement(ref left) >= 0)
                    {
                        var answer = await cluster.Client.SubmitAsync(Noop());
                        ids[n].Add(answer.Value.Id);
                    }
                })
        );
        var rate = count / clock.Elapsed.TotalSeconds;
        await EndedAsync(cluster, [.. ids.SelectMany(i => i)]);
        return new($"one task per call, {inFlight} calls in flight", rate, "tasks/s");
    }

    private static async Task<List<Row>> LatencyAsync(BenchCluster cluster, int count)
    {
        var times = new List<double>(count);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i < count; i++)
        {
            await pace.WaitForNextTickAsync();
            var begin = Stopwatch.GetTimestamp();
            var answer = await cluster.Client.SubmitAsync(Noop());
            await EndedAsync(cluster, [answer.Value.Id]);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        return
        [
            new("submit → result at 100/s, p50", times[count / 2], "ms"),
            new("submit → result at 100/s, p99", times[count * 99 / 100], "ms"),
        ];
    }

    private static async Task<Row> ShortAsync(BenchCluster cluster, string type, string payload, int count)
    {
        var clock = Stopwatch.StartNew();
        var ids = new List<string>(count);
        await cluster.Client.SubmitManyAsync(
            Enumerable.Range(0, count).Select(_ => TaskMessages.Spec(type, payload)).ToAsyncEnumerable(),
            new BulkOptions { OnAcknowledged = batch => ids.AddRange(batch.Ids) }
        );
        await EndedAsync(cluster, ids);
        return new($"end to end, {type}", count / clock.Elapsed.TotalSeconds, "tasks/s");
    }

    private static string? Option(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is var at and >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;

    private static void Print(List<Row> rows)
    {
        var text = new StringBuilder();
        foreach (var group in rows.GroupBy(r => (r.What, r.Unit)))
        {
            var values = group.Select(r => r.Value).Order().ToList();
            text.AppendLine(CultureInfo.InvariantCulture, $"{group.Key.What, -46} {values[values.Count / 2], 12:N2} {group.Key.Unit}");
        }

        Console.Write(text);
    }

    internal sealed record Row(string What, double Value, string Unit);
}
