using System.Diagnostics;
using OpenClaw.Store;

namespace OpenClaw.Bench.Store;

/// <summary>Whole lives: each transaction submits, claims and ends one batch of tasks, as a busy manager's does.</summary>
internal static class LifeBench
{
    public static async Task RunAsync(string directory, int tasks, int batch)
    {
        await using var store = await Bench.OpenAsync(directory);
        var submit = Bench.Submit(batch);
        await store.ExecuteAsync([submit], default);
        var lane = submit.Lanes[0];
        List<ClaimedTask> held = [];
        var micros = new List<double>();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < tasks; i += batch)
        {
            var begin = Stopwatch.GetTimestamp();
            var claim = new ClaimOperation(Bench.Worker, [new LaneShare(lane, batch)], batch);
            await store.ExecuteAsync([Bench.Submit(batch), claim, new OutcomeOperation([.. held.Select(Bench.Success)])], default);
            held = claim.Claimed;
            micros.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
        }

        Console.WriteLine("-- whole lives, submit + claim + outcome in one transaction");
        Bench.Line($"lives in batches of {batch}", tasks, start);
        Bench.Percentiles("transaction", micros);
    }
}
