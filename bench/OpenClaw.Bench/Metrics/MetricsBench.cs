using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Bench.Scale;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Manager.Metrics;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Bench.Metrics;

/// <summary>
/// The history of metrics: a day of 300 series, asked by the real command of a real manager; what sampling and keeping costs.
/// bench/run metrics [SERIES]
/// </summary>
internal static class MetricsBench
{
    private const int Rounds = 15;
    private static readonly int Day = (int)(MetricTime.Retention / MetricTime.Step);

    public static async Task<int> RunAsync(string[] args)
    {
        var series = 300;
        if (args is [var given] && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out series) || series == 0))
        {
            Console.Error.WriteLine($"error: clw-usage: bench/run metrics [SERIES], not '{given}'");
            return 2;
        }

        var home = Directory.CreateTempSubdirectory("clw-metrics-bench-");
        try
        {
            using var manager = new ManagerProcess(home.FullName);
            await FillAsync(manager.DataDirectory, series);
            await AskAsync(manager, home.FullName, series);
            await KeepAsync(Path.Combine(home.FullName, "kept"), series);
            return 0;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static SeriesKey Key(int n) => new("openclaw_tasks_submitted_total", $"type=\"t\",queue=\"q{n:0000}\"");

    // Counters that run at different rates, the last of them a day ago until now.
    private static async Task FillAsync(string directory, int series)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var store = (await SqliteMetricStore.OpenAsync(directory, null, default)).Value;
        var random = new Random(1);
        var values = new double[series];
        var end = MetricTime.ChunkOf(MetricTime.SlotOf(TimeProvider.System.GetUtcNow()));
        for (var chunk = end - Day; chunk < end; chunk += MetricTime.ChunkSlots)
        {
            var rows = new List<MetricChunk>();
            for (var n = 0; n < series; n++)
            {
                var encoder = new ChunkEncoder();
                for (var i = 0; i < MetricTime.ChunkSlots; i++)
                {
                    values[n] += n % 3 == 0 ? 0 : random.Next(n + 1);
                    encoder.Append(i, values[n], fresh: false);
                }

                rows.Add(new(Key(n), chunk, encoder.ToArray()));
            }

            await store.WriteAsync(rows, default);
        }

        var bytes = await store.PruneAsync(0, long.MaxValue, default);
        Say(
            $"{series} series of a day, {series * (long)Day:#,0} samples: {bytes / 1048576.0:0.0} MiB on disk, {(double)bytes / series / Day:0.0} bytes a sample"
        );
    }

    private static async Task AskAsync(ManagerProcess manager, string home, int series)
    {
        manager.Start();
        using var client = manager.Connect();
        while (!(await client.StatusAsync()).IsOk)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var before = manager.Pss;
        foreach (
            var (name, words, request) in new[]
            {
                ("rate of a day, each series", "query rate(tasks_submitted[24h])", Request("rate(tasks_submitted[24h])", 0)),
                (
                    "course of a day in 60 steps, each series",
                    "query tasks_submitted --rate --range=24h --series",
                    Request("rate(tasks_submitted)", 1440)
                ),
                (
                    "course of a day in 144 steps, summed",
                    "query tasks_submitted --rate --range=24h --step=10m --by=cluster",
                    Request("rate(tasks_submitted)", 600)
                ),
                (
                    "course of a day, one series",
                    "query tasks_submitted{queue=\"q0001\"} --rate --range=24h --series",
                    Request("rate(tasks_submitted{queue=\"q0001\"})", 1440)
                ),
                ("crash rate of an hour", "query worker_crash_rate --range=1h", Request("worker_crash_rate", 0)),
            }
        )
        {
            var (server, command) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                var answer = (await client.QueryMetricsAsync(request)).Value;
                server.Add(clock.Elapsed.TotalMilliseconds);
                if (
                    round == 0
                    && request.Query.StartsWith("rate(tasks_submitted[", StringComparison.Ordinal)
                    && answer.Series.Count < series
                )
                {
                    throw new InvalidOperationException($"{answer.Series.Count} series came, not {series}");
                }

                clock.Restart();
                await CommandAsync(manager, home, words);
                command.Add(clock.Elapsed.TotalMilliseconds);
            }

            Say(
                $"{name}: call p50 {Middle(server):0} ms, worst {server.Max():0} ms; clw metrics from start to end p50 {Middle(command):0} ms"
            );
        }

        Say($"manager's PSS before the questions {before / 1048576.0:0.0} MiB, after {manager.Pss / 1048576.0:0.0} MiB");
        manager.Kill();
    }

    private static QueryMetricsRequest Request(string query, int step) =>
        new()
        {
            Query = query,
            RangeMs = (long)
                (query.Contains("crash", StringComparison.Ordinal) ? TimeSpan.FromHours(1) : MetricTime.Retention).TotalMilliseconds,
            StepMs = step * 1000L,
        };

    private static async Task CommandAsync(ManagerProcess manager, string home, string words)
    {
        var start = new ProcessStartInfo(
            Path.GetFullPath(".clw/bin/clw"),
            ["metrics", .. words.Split(' '), "--manager", manager.Address.ToString(), "--data-dir", manager.DataDirectory]
        )
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };
        start.Environment["OPENCLAW_CONFIG"] = "";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(await errors);
        }
    }

    // In this process: what a day of sampling and flushing costs, and what is held.
    private static async Task KeepAsync(string directory, int series)
    {
        Directory.CreateDirectory(directory);
        var clock = new SettableTime();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        async Task<IMetricStore> OpenAsync(Failure? damaged, CancellationToken cancellation) =>
            (await SqliteMetricStore.OpenAsync(directory, damaged, cancellation)).Value;
        await using var history = new MetricHistory(OpenAsync, new MetricHistoryOptions(), clock, NullLogger<MetricHistory>.Instance);
        await history.StartAsync(default);
        var values = new MetricValue[series];
        var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        const int Steps = 2160;
        for (var step = 0; step < Steps; step++)
        {
            clock.Now += MetricTime.Step;
            for (var n = 0; n < series; n++)
            {
                values[n] = new(Key(n), step * (n % 7), true);
            }

            history.Add(MetricTime.SlotOf(clock.Now), values);
            if (step % 3 == 0)
            {
                await history.FlushAsync(default);
            }
        }

        process.Refresh();
        var spent = process.TotalProcessorTime - cpu;
        var share = spent / (Steps * MetricTime.Step);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(history);
        Say(
            $"keeping {series} series: {spent.TotalMilliseconds / Steps:0.00} ms of CPU for each 10 s ({share * 100:0.000} % of a core), {held / 1048576.0:0.00} MiB of managed memory"
        );
    }

    private sealed class SettableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
