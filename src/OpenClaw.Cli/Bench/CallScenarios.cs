using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>One task for each call: as many as go with some calls in flight, or at a steady rate.</summary>
internal static class CallScenarios
{
    private const int DefaultInFlight = 64;
    private const int MostAtASteadyRate = 10_000;

    public static async Task<BenchResult> CallsAsync(BenchRun run)
    {
        var held = run.Target.IsOwn;
        if (held)
        {
            run.Target.Hold();
        }

        var answered = new LatencyHistogram();
        var ids = new List<string>();
        var interrupted = false;
        var handed = 0L;
        await run.BeginAsync("calling");
        try
        {
            await Task.WhenAll(Enumerable.Range(0, run.Options.InFlight ?? DefaultInFlight).Select(_ => CallAsync()));
        }
        catch (Exception e) when (BulkScenarios.IsInterrupted(run, e))
        {
            interrupted = true;
        }

        var took = run.Elapsed();
        await run.EndAsync();
        var tally = held || interrupted ? new() : await run.CollectAsync(ids);
        return run.Result(ids.Count, tally, took) with
        {
            SubmitTook = took,
            Interrupted = interrupted,
            WorkersHeld = held,
            Latencies = [("submit → acknowledged", answered)],
        };

        async Task CallAsync()
        {
            while (Interlocked.Increment(ref handed) - 1 is var index && !run.IsOver(index))
            {
                var at = await run.MomentAsync(index);
                var response = (await run.Target.Client.SubmitAsync(run.Options.NewTask(index), run.Cancellation)).Value;
                var span = run.Time.GetElapsedTime(at);
                run.Progress.Submitted(1);
                run.Progress.Took(span);
                lock (ids)
                {
                    answered.Add(span);
                    ids.Add(response.Id);
                }
            }
        }
    }

    public static async Task WarmUpAsync(BenchRun run, List<string> ids)
    {
        var left = run.Options.WarmUp;
        await Task.WhenAll(
            Enumerable
                .Range(0, run.Options.InFlight ?? DefaultInFlight)
                .Select(async _ =>
                {
                    while (Interlocked.Decrement(ref left) >= 0)
                    {
                        var id = (await run.Target.Client.SubmitAsync(run.Options.NewTask(-1), run.Cancellation)).Value.Id;
                        lock (ids)
                        {
                            ids.Add(id);
                        }
                    }
                })
        );
    }

    public static async Task<BenchResult> LatencyAsync(BenchRun run)
    {
        var (acknowledged, start, result) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        var tally = new BenchTally();
        var gate = new Lock();
        var open = new List<Task>();
        var interrupted = false;
        using var room = new SemaphoreSlim(run.Options.InFlight ?? MostAtASteadyRate);
        await run.BeginAsync("steady rate");
        try
        {
            for (var index = 0L; !run.IsOver(index); index++)
            {
                var at = await run.MomentAsync(index);
                await room.WaitAsync(run.Cancellation);
                open.RemoveAll(t => t.IsCompletedSuccessfully);
                open.Add(OneAsync(index, at));
            }

            await Task.WhenAll(open);
        }
        catch (Exception e) when (BulkScenarios.IsInterrupted(run, e))
        {
            interrupted = true;
            await Task.WhenAll(open.Select(t => t.ContinueWith(_ => { }, TaskScheduler.Default)));
        }

        await run.EndAsync();
        List<(string, LatencyHistogram)> latencies = [("submit → acknowledged", acknowledged), ("submit → result", result)];
        if (run.Target.IsLocal)
        {
            latencies.Insert(1, ("submit → start", start));
        }

        return run.Result(run.Progress.Now().Submitted, tally) with
        {
            Interrupted = interrupted,
            Latencies = latencies,
        };

        async Task OneAsync(long index, long at)
        {
            try
            {
                var due = run.Time.GetUtcNow() - run.Time.GetElapsedTime(at);
                var response = (await run.Target.Client.SubmitAsync(run.Options.NewTask(index), run.Cancellation)).Value;
                var answered = run.Time.GetElapsedTime(at);
                run.Progress.Submitted(1);
                await foreach (var task in run.Target.Client.WaitAsync([response.Id], run.Cancellation))
                {
                    var took = run.Time.GetElapsedTime(at);
                    run.Progress.Ended(1, took, task.State == TaskState.Succeeded);
                    lock (gate)
                    {
                        tally.Add(task);
                        acknowledged.Add(answered);
                        result.Add(took);
                        start.Add(StartOf(task) - due);
                    }
                }
            }
            finally
            {
                room.Release();
            }
        }
    }

    // The record is to the millisecond, cut off: half of one more is the best guess.
    private static DateTimeOffset StartOf(V1.Task task) =>
        DateTimeOffset.FromUnixTimeMilliseconds(task.StartedAtMs) + TimeSpan.FromMilliseconds(0.5);
}
