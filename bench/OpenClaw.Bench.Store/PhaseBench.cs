using System.Diagnostics;
using OpenClaw.Store;

namespace OpenClaw.Bench.Store;

/// <summary>Inserts, claims and outcomes one after the other, in transactions of one size.</summary>
internal static class PhaseBench
{
    public static async Task RunAsync(string directory, int tasks, int batch, bool unsafeNoSync)
    {
        await using var store = await Bench.OpenAsync(directory, unsafeNoSync);
        Console.WriteLine($"-- batches of {batch}{(unsafeNoSync ? ", without sync: what the processor alone needs" : "")}");
        var lane = await InsertAsync(store, tasks, batch);
        var claimed = new List<ClaimedTask>(tasks);
        var start = Stopwatch.GetTimestamp();
        while (claimed.Count < tasks)
        {
            var claim = new ClaimOperation(Bench.Worker, [new LaneShare(lane, batch)], batch);
            await store.ExecuteAsync([claim], default);
            claimed.AddRange(claim.Claimed);
        }

        Bench.Line("claims", tasks, start);
        var outcomes = claimed.Chunk(batch).Select(chunk => new OutcomeOperation([.. chunk.Select(Bench.Success)])).ToList();
        start = Stopwatch.GetTimestamp();
        foreach (var outcome in outcomes)
        {
            await store.ExecuteAsync([outcome], default);
        }

        Bench.Line("outcomes", tasks, start);
    }

    private static async Task<Lane> InsertAsync(ITaskStore store, int tasks, int batch)
    {
        var start = Stopwatch.GetTimestamp();
        var submit = Bench.Submit(batch);
        for (var i = 0; i < tasks; i += batch)
        {
            submit = Bench.Submit(batch);
            await store.ExecuteAsync([submit], default);
        }

        Bench.Line("inserts", tasks, start);
        return submit.Lanes[0];
    }
}
