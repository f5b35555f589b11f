using System.Runtime.CompilerServices;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>Tasks in bulk: with their outcomes, their submission alone, and working off what waits.</summary>
internal static class BulkScenarios
{
    public static async Task<BenchResult> EndToEndAsync(BenchRun run)
    {
        using var sampler = new OutcomeSampler(run);
        var ids = new List<string>();
        var submitted = TimeSpan.Zero;
        try
        {
            await run.BeginAsync("running");
            submitted = await SubmitAsync(run, sampler, ids);
            await sampler.EndedAsync();
        }
        catch (Exception e) when (IsInterrupted(run, e))
        {
            return await BrokenOffAsync(run, sampler, submitted);
        }

        await run.EndAsync();
        return await WithOutcomesAsync(run, ids) with { SubmitTook = submitted };
    }

    public static async Task<BenchResult> SubmitAsync(BenchRun run)
    {
        run.Target.Hold();
        var submitted = 0L;
        try
        {
            await run.BeginAsync("submitting");
            await SubmitAsync(
                run,
                _ => { },
                batch =>
                {
                    submitted += batch.Ids.Count;
                    run.Progress.Submitted(batch.Ids.Count);
                }
            );
        }
        catch (Exception e) when (IsInterrupted(run, e))
        {
            await run.EndAsync();
            return run.Result(submitted, new()) with { Interrupted = true, WorkersHeld = true, SubmitTook = run.Elapsed() };
        }

        var took = run.Elapsed();
        await run.EndAsync();
        return run.Result(submitted, new(), took) with { SubmitTook = took, WorkersHeld = true };
    }

    public static async Task<BenchResult> DrainAsync(BenchRun run)
    {
        using var sampler = new OutcomeSampler(run);
        var ids = new List<string>();
        try
        {
            run.Target.Hold();
            await run.BeginAsync("filling");
            await SubmitAsync(run, sampler, ids);
            await run.BeginAsync("draining");
            run.Target.LetGo();
            await sampler.EndedAsync();
        }
        catch (Exception e) when (IsInterrupted(run, e))
        {
            return await BrokenOffAsync(run, sampler, TimeSpan.Zero);
        }

        await run.EndAsync();
        return await WithOutcomesAsync(run, ids);
    }

    /// <summary>Whether this is what Ctrl-C looks like from inside a call.</summary>
    public static bool IsInterrupted(BenchRun run, Exception e) =>
        run.Cancellation.IsCancellationRequested && e is OperationCanceledException or FailureException;

    private static async Task<BenchResult> WithOutcomesAsync(BenchRun run, List<string> ids)
    {
        var tally = await run.CollectAsync(ids);
        return run.Result(ids.Count, tally, run.Until(tally.LastFinishedMs)) with
        {
            Latencies = [("submit → start", tally.Start), ("submit → result", tally.Result)],
        };
    }

    private static async Task<BenchResult> BrokenOffAsync(BenchRun run, OutcomeSampler sampler, TimeSpan submitTook)
    {
        await run.EndAsync();
        await sampler.AbandonAsync();
        var result = run.Result(run.Progress.Now().Submitted, sampler.Tally);
        return result with
        {
            Interrupted = true,
            SubmitTook = submitTook,
            Latencies = [("submit → start", sampler.Tally.Start), ("submit → result", sampler.Tally.Result)],
        };
    }

    private static Task<TimeSpan> SubmitAsync(BenchRun run, OutcomeSampler sampler, List<string> ids) =>
        SubmitAsync(
            run,
            sampler.Handed,
            batch =>
            {
                ids.AddRange(batch.Ids);
                sampler.Acknowledged(batch);
            }
        );

    // How long it took until the last acknowledgement.
    private static async Task<TimeSpan> SubmitAsync(BenchRun run, Action<long> handed, Action<BulkReceipt> acknowledged)
    {
        var options = new BulkOptions { BatchSize = run.Options.BatchSize, OnAcknowledged = acknowledged };
        var summary = (await run.Target.Client.SubmitManyAsync(SpecsAsync(run, handed, run.Cancellation), options, run.Cancellation)).Value;
        return summary.UnservedTypes.Count == 0
            ? run.Elapsed()
            : throw new Failure(
                Catalogue.TypeUnserved,
                $"No worker serves '{run.Options.Type}', and {summary.Acknowledged} tasks of it wait now",
                "See what is served: clw plugin list"
            ).AsException();
    }

    private static async IAsyncEnumerable<TaskSpec> SpecsAsync(
        BenchRun run,
        Action<long> handed,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        for (var index = 0L; !run.IsOver(index); index++)
        {
            if (run.Options.InFlight is { } most)
            {
                await run.Progress.RoomAsync(index, most, cancellation);
            }

            handed(index);
            yield return run.Options.NewTask(index);
        }
    }
}
