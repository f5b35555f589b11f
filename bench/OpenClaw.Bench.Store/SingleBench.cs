using System.Diagnostics;
using OpenClaw.Store;

namespace OpenClaw.Bench.Store;

/// <summary>Single submissions through the writer, by some that each wait for their commit.</summary>
internal static class SingleBench
{
    public static async Task RunAsync(string directory, int waiting, TimeSpan duration)
    {
        await using var store = await Bench.OpenAsync(directory);
        await using var writer = new StoreWriter(store, new StoreWriterOptions(), error => Environment.FailFast("uncertain", error));
        Console.WriteLine($"-- single submissions, {waiting} waiting");
        var start = Stopwatch.GetTimestamp();
        var micros = new List<double>();
        await Task.WhenAll(
            Enumerable
                .Range(0, waiting)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        var own = new List<double>();
                        while (Stopwatch.GetElapsedTime(start) < duration)
                        {
                            var begin = Stopwatch.GetTimestamp();
                            var submit = Bench.Submit(1);
                            var committed = submit.Committed;
                            writer.Post(submit);
                            await committed;
                            own.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
                        }

                        lock (micros)
                        {
                            micros.AddRange(own);
                        }
                    })
                )
        );
        Bench.Line("submissions", micros.Count, start);
        Bench.Percentiles("post to commit", micros);
    }
}
