using System.Diagnostics;
using System.Globalization;
using OpenClaw.Abi.Processes;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;

namespace OpenClaw.Bench.Scale;

/// <summary>
/// One manager (the real program, in a process of its own) and hundreds of workers with a connection each: what heartbeats and a steady
/// stream of tasks cost it, and how long all of them need to be well again after it was killed and started anew.
/// bench/run scale [WORKERS] [TASKS_PER_SECOND] [SECONDS]
/// </summary>
internal static class ScaleBench
{
    private const int Herds = 3;
    private const int BatchesPerSecond = 10;

    public static async Task<int> RunAsync(string[] args)
    {
        var numbers = new[] { 500, 5_000, 30 };
        for (var i = 0; i < args.Length; i++)
        {
            if (
                i >= numbers.Length
                || !int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])
                || numbers[i] == 0
            )
            {
                Console.Error.WriteLine($"error: clw-usage: bench/run scale [WORKERS] [TASKS_PER_SECOND] [SECONDS], not '{args[i]}'");
                return 2;
            }
        }

        var (workers, rate, seconds) = (numbers[0], numbers[1], numbers[2]);
        var home = Directory.CreateTempSubdirectory("clw-scale-");
        using var manager = new ManagerProcess(home.FullName);
        manager.Start();
        var crowd = new List<CrowdWorker>();
        try
        {
            using var client = manager.Connect();
            await AnswersAsync(client);
            string? Authorization() => "Bearer " + LocalCluster.ReadToken(manager.DataDirectory);
            for (var i = 0; i < workers; i++)
            {
                crowd.Add(new CrowdWorker(i, home.FullName, manager.Address.ToString(), Authorization, TimeProvider.System));
            }

            using var ticking = new Timer(_ => crowd.ForEach(w => w.Tick()), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
            await AllHealthyAsync(client, workers);
            await LoadAsync(client, manager, workers, rate, seconds);
            for (var herd = 0; herd < Herds; herd++)
            {
                manager.Kill();
                var clock = Stopwatch.StartNew();
                manager.Start();
                await AnswersAsync(client);
                var answers = clock.Elapsed;
                await AllHealthyAsync(client, workers);
                Print(
                    $"manager killed and started: it answers after {answers.TotalSeconds:0.0} s, all {workers} workers healthy after {clock.Elapsed.TotalSeconds:0.0} s"
                );
            }

            return 0;
        }
        finally
        {
            foreach (var worker in crowd)
            {
                await worker.DisposeAsync();
            }

            manager.Kill();
            home.Delete(recursive: true);
        }
    }

    private static async Task LoadAsync(WireClient client, ManagerProcess manager, int workers, int rate, int seconds)
    {
        // Warm first: compiled code is not what is measured.
        await SubmitAsync(client, rate, 5);
        var before = await SucceededAsync(client);
        var cpu = manager.Cpu;
        var clock = Stopwatch.StartNew();
        var submitting = SubmitAsync(client, rate, seconds);
        var (pss, unwell) = (0L, 0);
        while (!submitting.IsCompleted)
        {
            pss = Math.Max(pss, manager.Pss);
            var status = (await client.StatusAsync()).Value;
            unwell = Math.Max(unwell, status.Workers.Count(w => w.State != "healthy"));
            await Task.WhenAny(submitting, PauseAsync(1000));
        }

        var submitted = await submitting;
        while (await SucceededAsync(client) < before + submitted)
        {
            await PauseAsync(10);
        }

        var took = clock.Elapsed.TotalSeconds;
        var cores = (manager.Cpu - cpu).TotalSeconds / took;
        Print(
            $"{workers} workers, {submitted / took:#,0} tasks/s ended over {took:0.0} s: manager {cores:0.00} cores, {pss / 1048576.0:0} MiB; at most {unwell} workers not healthy"
        );
    }

    private static async Task<long> SubmitAsync(WireClient client, int rate, int seconds)
    {
        var batch = Enumerable.Repeat(TaskMessages.Spec("noop"), rate / BatchesPerSecond).ToList();
        var clock = Stopwatch.StartNew();
        var sent = 0L;
        for (var i = 0; i < seconds * BatchesPerSecond; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / BatchesPerSecond) - clock.Elapsed;
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, TimeProvider.System);
            }

            var answer = await client.SubmitManyAsync(batch.ToAsyncEnumerable());
            sent += answer.IsOk ? batch.Count : throw answer.Failure.AsException();
        }

        return sent;
    }

    private static async Task<long> SucceededAsync(WireClient client) =>
        (await client.StatusAsync()).Value.TasksByState.TryGetValue("SUCCEEDED", out var count) ? count : 0;

    private static async Task AnswersAsync(WireClient client)
    {
        while (!(await client.StatusAsync()).IsOk)
        {
            await PauseAsync(10);
        }
    }

    private static async Task AllHealthyAsync(WireClient client, int workers)
    {
        while (true)
        {
            var status = await client.StatusAsync();
            if (status.IsOk && status.Value.Workers.Count(w => w.State == "healthy") >= workers)
            {
                return;
            }

            await PauseAsync(20);
        }
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
