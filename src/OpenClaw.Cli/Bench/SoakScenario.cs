using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>A steady rate for long, while what the cluster's programs hold is looked at again and again.</summary>
internal static class SoakScenario
{
    private const int Samples = 200;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static async Task<BenchResult> RunAsync(BenchRun run)
    {
        var before = await KeptAsync(run);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var sampling = SampleAsync(run, over.Token);
        BenchResult result;
        try
        {
            result = await CallScenarios.LatencyAsync(run);
        }
        finally
        {
            await over.CancelAsync();
        }

        var samples = await sampling;
        var kept = await KeptAsync(run) - before;
        return result with { Soak = SoakVerdict.Of(samples, result.Took, result.Submitted, result.Tally.Ended, kept) };
    }

    // What the manager has in its store, by its own counters.
    private static async Task<long> KeptAsync(BenchRun run) =>
        (await run.Target.Client.StatusAsync(CancellationToken.None)).Value.TasksByState.Values.Sum();

    private static async Task<List<Dictionary<string, Holding>>> SampleAsync(BenchRun run, CancellationToken over)
    {
        var wanted = (run.Options.Duration ?? TimeSpan.FromSeconds(run.Options.Tasks!.Value / run.Options.Rate!.Value)) / Samples;
        var interval =
            wanted < Shortest ? Shortest
            : wanted > Longest ? Longest
            : wanted;
        var samples = new List<Dictionary<string, Holding>>();
        using var timer = new PeriodicTimer(interval, run.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                samples.Add(run.Target.Processes.Hold());
            }
        }
        catch (OperationCanceledException)
        {
            // The soak is over.
        }

        return samples;
    }
}
