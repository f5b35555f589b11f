using System.Diagnostics;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Bench.Store;

/// <summary>A long queue: memory of the process, time to open, to count, to list, and to claim from its head.</summary>
internal static class Backlog
{
    public static async Task RunAsync(string directory, int tasks)
    {
        Lane lane;
        await using (var store = await Bench.OpenAsync(directory))
        {
            Memory("empty store");
            var start = Stopwatch.GetTimestamp();
            var submit = Bench.Submit(1000);
            for (var i = 0; i < tasks; i += 1000)
            {
                submit = Bench.Submit(1000);
                await store.ExecuteAsync([submit], default);
            }

            lane = submit.Lanes[0];
            Bench.Line("inserts in batches of 1000", tasks, start);
            Memory($"{tasks:N0} waiting");
        }

        var open = Stopwatch.GetTimestamp();
        await using var again = (await SqliteTaskStore.OpenAsync(directory, new SqliteOptions(), default)).Value;
        Console.WriteLine($"open: {Stopwatch.GetElapsedTime(open).TotalMilliseconds:N1} ms");
        await TimeAsync("count states", async () => await again.CountStatesAsync(default));
        await TimeAsync("count lanes", async () => await again.CountLanesAsync(default));
        await TimeAsync("list 100 newest", async () => await again.ListAsync(new TaskFilter(), default));
        await TimeAsync(
            "list 10 held (none)",
            async () => await again.ListAsync(new TaskFilter { States = [Core.Tasks.TaskState.Running], Limit = 10 }, default)
        );
        await TimeAsync(
            "claim 200",
            async () => await again.ExecuteAsync([new ClaimOperation(Bench.Worker, [new LaneShare(lane, 200)], 200)], default)
        );
        Memory("after reading");
        Console.WriteLine($"file: {new FileInfo(again.Name).Length >> 20} MiB, log: {new FileInfo(again.Name + "-wal").Length >> 20} MiB");
    }

    private static async Task TimeAsync(string name, Func<Task> act)
    {
        await act();
        var start = Stopwatch.GetTimestamp();
        await act();
        Console.WriteLine($"{name}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:N2} ms");
    }

    private static void Memory(string when)
    {
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"memory, {when}: {process.WorkingSet64 >> 20} MiB resident, {GC.GetTotalMemory(false) >> 20} MiB managed");
    }
}
