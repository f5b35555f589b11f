using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>What the programs hold when they have worked a little and rested.</summary>
internal static class MemoryScenario
{
    public static async Task<BenchResult> RunAsync(BenchRun run)
    {
        var interrupted = false;
        await run.BeginAsync("at rest");
        try
        {
            await Task.Delay(run.Options.Rest, run.Time, run.Cancellation);
        }
        catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested)
        {
            interrupted = true;
        }

        await run.EndAsync();
        return run.Result(0, new()) with { Interrupted = interrupted };
    }
}
