using System.Diagnostics;
using System.Globalization;
using OpenClaw.Client;

namespace OpenClaw.Bench.Client;

/// <summary>
/// The public client's bulk submission: bench/run client [TASKS], against the cluster of this machine (OPENCLAW_MANAGER_DATA_DIR). The
/// type is one that nobody serves, so that the workers have no part in it, as in <c>clw bench --scenario submit</c>.
/// </summary>
internal static class ClientBench
{
    private const int Runs = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        var count = 200_000;
        if (args is [var given] && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count == 0))
        {
            Console.Error.WriteLine($"error: clw-usage: the number of tasks, not '{given}'");
            return 2;
        }

        try
        {
            await MeasureAsync(count);
            return 0;
        }
        catch (OpenClawException e)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }
    }

    private static async Task MeasureAsync(int count)
    {
        await using var client = await OpenClawClient.ConnectAsync();
        var request = new TaskRequest("bench-client-unserved")
        {
            Payload = new byte[100]
                .Select(_ => (byte)'1')
                .ToArray(),
        };
        await client.SubmitManyAsync(Enumerable.Repeat(request, 5000));
        for (var run = 1; run <= Runs; run++)
        {
            var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            var stored = await client.SubmitManyAsync(Enumerable.Repeat(request, count));
            var took = clock.Elapsed;
            process.Refresh();
            var micros = (process.TotalProcessorTime - before).TotalMicroseconds / count;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"SubmitManyAsync: {stored.Ids.Count / took.TotalSeconds:#,0} tasks/s, client {micros:0.0} µs of CPU each"
                )
            );
        }
    }
}
